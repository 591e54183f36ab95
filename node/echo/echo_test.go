package echo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/libp2p/go-libp2p/core/network"
)

func TestIsSilence(t *testing.T) {
	for _, c := range []struct {
		err     error
		silence bool
	}{
		{nil, false},
		{context.DeadlineExceeded, true},
		{io.ErrUnexpectedEOF, true},
		{errors.New("connection failed"), true},
		{network.ErrReset, true},
		{&network.StreamError{}, true},
		{&network.ConnError{Remote: true}, true},
		{fmt.Errorf("cannot reserve outbound stream: %w", network.ErrResourceLimitExceeded), false},
		{fmt.Errorf("read: %w", &network.StreamError{Remote: true, ErrorCode: network.StreamResourceLimitExceeded}), false},
	} {
		if got := IsSilence(c.err); got != c.silence {
			t.Errorf("%v: %t", c.err, got)
		}
	}
}
