package persist

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"

	"github.com/ipfs/go-datastore"
)

// Every value ends with the CRC-32C of its key and its content, so that a bit
// flipped by the disk, and a value under a wrong key, are seen when it is read.
const sumSize = 4

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func checksum(key string, content []byte) uint32 {
	return crc32.Update(crc32.Checksum([]byte(key), castagnoli), castagnoli, content)
}

func sealValue(key string, content []byte) []byte {
	return binary.BigEndian.AppendUint32(content[:len(content):len(content)], checksum(key, content))
}

var errChecksum = errors.New("checksum does not match")

func openValue(key string, value []byte) ([]byte, error) {
	n := len(value) - sumSize
	if n < 0 {
		return nil, &CorruptError{key, fmt.Errorf("%d bytes only", len(value))}
	}
	content := value[:n:n]
	if binary.BigEndian.Uint32(value[n:]) != checksum(key, content) {
		return nil, &CorruptError{key, errChecksum}
	}
	return content, nil
}

// read gets and checks the value of key.
func (s *Store) read(ctx context.Context, key string) ([]byte, error) {
	return readFrom(ctx, s.ds, key)
}

func readFrom(ctx context.Context, src source, key string) ([]byte, error) {
	value, err := src.Get(ctx, dsKey(key))
	if errors.Is(err, datastore.ErrNotFound) {
		return nil, ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", key, err)
	}
	return openValue(key, value)
}
