package backup_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"io"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kreidfeuer/kreidfeuer/persist/backup"
)

var records = []backup.Record{
	{Kind: backup.File, Name: "config.json", Content: []byte("{}")},
	{Kind: backup.Value, Name: "/schema", Content: []byte("\xa1\x00\x01")},
	{Kind: backup.Value, Name: "/local/value/empty", Content: nil},
}

func written(t testing.TB) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := backup.NewWriter(&b)
	for _, r := range records {
		err = errors.Join(err, w.Add(r))
	}
	if err := errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func read(b []byte) (list []backup.Record, err error) {
	r, err := backup.NewReader(bytes.NewReader(b))
	for err == nil {
		var one backup.Record
		if one, err = r.Next(); err == nil {
			list = append(list, one)
		}
	}
	return list, err
}

// TestForm holds the bytes to FORMAT.md.
func TestForm(t *testing.T) {
	const want = "6b726569646665756572206261636b757020310a" +
		"460000000b00000002" + "636f6e6669672e6a736f6e" + "7b7d" +
		"560000000700000003" + "2f736368656d61" + "a10001" +
		"560000001200000000" + "2f6c6f63616c2f76616c75652f656d707479" +
		"450000000000000020" + "21f5f437a2b0a3bc00ab5ba0712b388d915d22deb4a5564484fa68071f0bed71"
	b := written(t)
	if got := hex.EncodeToString(b); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	got, err := read(b)
	if !errors.Is(err, io.EOF) || !cmp.Equal(records, got, cmp.Comparer(func(a, b []byte) bool { return bytes.Equal(a, b) })) {
		t.Errorf("%v, %v", got, err)
	}
}

// TestDamaged cuts and changes a backup at every byte.
func TestDamaged(t *testing.T) {
	b := written(t)
	for i := range b {
		if _, err := read(b[:i]); !errors.Is(err, backup.ErrDamaged) && !errors.Is(err, backup.ErrNoBackup) {
			t.Errorf("cut at %d: %v", i, err)
		}
		changed := slices.Clone(b)
		changed[i] ^= 4
		if _, err := read(changed); !errors.Is(err, backup.ErrDamaged) && !errors.Is(err, backup.ErrNoBackup) {
			t.Errorf("changed at %d: %v", i, err)
		}
	}
}

func FuzzReader(f *testing.F) {
	f.Add(written(f))
	f.Fuzz(func(t *testing.T, b []byte) {
		if _, err := read(b); err == nil {
			t.Error("reading ended without an error")
		}
	})
}
