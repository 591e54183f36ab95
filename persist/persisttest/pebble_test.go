package persisttest

import (
	"log"
	"os"
	"testing"

	"github.com/cockroachdb/pebble/v2"
	"github.com/ipfs/go-datastore"
	pebbleds "github.com/ipfs/go-ds-pebble"
)

// Pebble is kept in the tests for comparison; FORMAT.md says why it is not a
// backend of the program.
var pebbleDB = Backend{Name: "pebble", Open: func(dir string) (datastore.Batching, error) {
	return pebbleds.NewDatastore(dir, pebbleds.WithPebbleOpts(&pebble.Options{
		MemTableSize: 2 << 20, MemTableStopWritesThreshold: 2, MaxOpenFiles: 64, FormatMajorVersion: pebble.FormatNewest,
		Logger: quiet{},
	}), pebbleds.WithCacheSize(2<<20)) // written without sync; the store's Sync syncs the journal
}}

// quiet keeps what Pebble does on a fatal error, and drops its chatter.
type quiet struct{}

func (quiet) Infof(string, ...any)  {}
func (quiet) Errorf(string, ...any) {}

// Fatalf ends the process, as in Pebble's own logger.
func (quiet) Fatalf(format string, args ...any) { log.Fatalf(format, args...) }

func TestMain(m *testing.M) { Main(m, pebbleDB) }

func TestPebble(t *testing.T) { Test(t, pebbleDB) }

func TestPebbleKill(t *testing.T) { TestKill(t, pebbleDB) }

func BenchmarkPebble(b *testing.B) { Benchmark(b, pebbleDB) }

// TestPebbleFull shows what FORMAT.md says of Pebble; it is slow because it hangs.
func TestPebbleFull(t *testing.T) {
	if os.Getenv("KREIDFEUER_PEBBLE_FULL") == "" {
		t.Skip("fails, which is why Pebble is not a backend; KREIDFEUER_PEBBLE_FULL=1 runs it")
	}
	TestFull(t, pebbleDB)
}
