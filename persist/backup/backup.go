// Package backup is the form of a backup: one checksummed stream of the files of
// a data folder and the values of its store. FORMAT.md of package persist
// specifies it.
package backup

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"io"
)

// Kind says what a record is.
type Kind byte

// The kinds.
const (
	File  Kind = 'F' // of the data folder, named by its path there with '/'
	Value Kind = 'V' // of the store, named by its key
	end   Kind = 'E' // the digest of all that stands before it
)

// Record is one file or value.
type Record struct {
	Kind    Kind
	Name    string
	Content []byte
}

const (
	magic = "kreidfeuer backup 1\n"

	// maxName bounds names: a key of the store with two IDs, several times over.
	maxName = 1024

	// maxContent bounds contents: local state that grew for years, and far more
	// than any envelope or part.
	maxContent = 16 << 20

	headSize = 1 + 4 + 4
)

var (
	// ErrNoBackup: the stream does not begin as a backup does.
	ErrNoBackup = errors.New("this is no backup by kreidfeuer, or one by a newer version")
	// ErrDamaged: a backup that was cut off or changed.
	ErrDamaged = errors.New("the backup is damaged or not whole")
)

// Writer writes a backup. Close completes it.
type Writer struct {
	w   io.Writer
	sum hash.Hash
}

// NewWriter begins a backup on w.
func NewWriter(w io.Writer) (*Writer, error) {
	x := &Writer{w: w, sum: sha256.New()}
	return x, x.write([]byte(magic))
}

// Add writes one record.
func (x *Writer) Add(r Record) error {
	if len(r.Name) > maxName || len(r.Content) > maxContent {
		return fmt.Errorf("back up %.80q: %d bytes are too many", r.Name, len(r.Content))
	}
	return x.add(r)
}

func (x *Writer) add(r Record) error {
	b := make([]byte, 0, headSize+len(r.Name)+len(r.Content))
	b = append(b, byte(r.Kind))
	b = binary.BigEndian.AppendUint32(b, uint32(len(r.Name)))
	b = binary.BigEndian.AppendUint32(b, uint32(len(r.Content)))
	return x.write(append(append(b, r.Name...), r.Content...))
}

// Close writes the end, by which a reader knows that nothing is missing. It does
// not close the writer below.
func (x *Writer) Close() error { return x.add(Record{Kind: end, Content: x.sum.Sum(nil)}) }

func (x *Writer) write(b []byte) error {
	x.sum.Write(b)
	_, err := x.w.Write(b)
	return err
}

// Reader reads a backup.
type Reader struct {
	r   io.Reader
	sum hash.Hash
}

// NewReader reads the beginning of a backup, or returns [ErrNoBackup].
func NewReader(r io.Reader) (*Reader, error) {
	x := &Reader{r: r, sum: sha256.New()}
	b := make([]byte, len(magic))
	if _, err := io.ReadFull(r, b); err != nil && !isCut(err) {
		return nil, err
	}
	if string(b) != magic {
		return nil, ErrNoBackup
	}
	x.sum.Write(b)
	return x, nil
}

// Next returns the next record; io.EOF after the last, if the backup is whole
// and as it was written. Until then nothing that was read can be relied on.
func (x *Reader) Next() (Record, error) {
	before := x.sum.Sum(nil)
	head, err := x.read(headSize)
	if err != nil {
		return Record{}, err
	}
	r := Record{Kind: Kind(head[0])}
	name, content := binary.BigEndian.Uint32(head[1:]), binary.BigEndian.Uint32(head[5:])
	if name > maxName || content > maxContent || r.Kind != File && r.Kind != Value && r.Kind != end {
		return Record{}, ErrDamaged
	}
	b, err := x.read(int(name))
	if err != nil {
		return Record{}, err
	}
	r.Name = string(b)
	if r.Content, err = x.read(int(content)); err != nil {
		return Record{}, err
	}
	if r.Kind != end {
		return r, nil
	}
	if r.Name != "" || !bytes.Equal(r.Content, before) {
		return Record{}, ErrDamaged
	}
	return Record{}, io.EOF
}

// read reads n bytes, in memory that grows as they come.
func (x *Reader) read(n int) ([]byte, error) {
	var b bytes.Buffer
	if _, err := io.CopyN(io.MultiWriter(&b, x.sum), x.r, int64(n)); isCut(err) {
		return nil, fmt.Errorf("%w: it breaks off", ErrDamaged)
	} else if err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

func isCut(err error) bool { return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) }
