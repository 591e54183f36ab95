package persist_test

import (
	"testing"

	"github.com/ipfs/go-datastore"

	"github.com/kreidfeuer/kreidfeuer/persist"
	"github.com/kreidfeuer/kreidfeuer/persist/persisttest"
)

var (
	levelDB = persisttest.Backend{Name: "leveldb", Open: persist.OpenLevelDB}
	memory  = persisttest.Backend{Name: "memory", Volatile: true, Open: func(string) (datastore.Batching, error) { return persist.NewMemory() }}
	overlay = persisttest.Backend{Name: "overlay", Volatile: true, Open: func(string) (datastore.Batching, error) { return persist.NewOverlay() }}
)

func TestMain(m *testing.M) { persisttest.Main(m, levelDB) }

func TestLevelDB(t *testing.T)     { persisttest.Test(t, levelDB) }
func TestLevelDBKill(t *testing.T) { persisttest.TestKill(t, levelDB) }
func TestLevelDBFull(t *testing.T) { persisttest.TestFull(t, levelDB) }

func TestMemory(t *testing.T)  { persisttest.Test(t, memory) }
func TestOverlay(t *testing.T) { persisttest.Test(t, overlay) }

func BenchmarkLevelDB(b *testing.B) { persisttest.Benchmark(b, levelDB) }
func BenchmarkMemory(b *testing.B)  { persisttest.Benchmark(b, memory) }
