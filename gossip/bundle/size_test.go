package bundle

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
)

type zeros struct{ read int64 }

func (z *zeros) Read(b []byte) (int, error) {
	clear(b)
	z.read += int64(len(b))
	return len(b), nil
}

// TestEndlessFile: of a file without end no more is read than a bundle may have,
// whether it holds noise or records.
func TestEndlessFile(t *testing.T) {
	const limit = 1 << 20
	end := func(r *Reader) error {
		r.max = limit
		for range 1 << 20 {
			if _, err := r.Next(); err != nil && !errors.As(err, new(*DamageError)) {
				return err
			}
		}
		return nil
	}
	z := &zeros{}
	if err := end(NewReader(io.MultiReader(strings.NewReader(preamble), z))); err == nil || z.read > int64(limit+2*bufferSize) {
		t.Errorf("%v after %d bytes of noise", err, z.read)
	}
	records := bytes.Repeat(appendRecord(nil, kindEnvelope, make([]byte, 1000)), 2*limit/1000)
	if err := end(NewReader(io.MultiReader(strings.NewReader(preamble), bytes.NewReader(records)))); err == nil || err == io.EOF {
		t.Errorf("%v after all records", err)
	}
}
