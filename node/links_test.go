package node

import (
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/kreidfeuer/kreidfeuer/node/discovery"
)

func TestLinkProblem(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	refused := fmt.Errorf("dial: %w", &net.OpError{Op: "dial", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)})
	late := errors.Join(errors.New("all dials failed"), os.ErrDeadlineExceeded)
	for _, c := range []struct {
		name  string
		known discovery.Known
		want  string
		kind  string
	}{
		{"fast", discovery.Known{Connected: true, Exchange: 30 * time.Millisecond}, "", ""},
		{"slow", discovery.Known{Connected: true, Exchange: 6400 * time.Millisecond}, "slow link: a kilobyte each way took 6s", "slow-link"},
		{"never dialed", discovery.Known{Heard: now}, "", ""},
		{"failed once", discovery.Known{Heard: now, Fails: 1, Failure: late}, "no answer in time", ""},
		{"heard", discovery.Known{Heard: now.Add(-time.Minute), Fails: 2, Failure: late}, "it is heard, and dialing it fails: no answer in time", "unanswered"},
		{"gone", discovery.Known{Heard: now.Add(-time.Hour), Fails: 9, Failure: late}, "no answer in time", ""},
		{"refused", discovery.Known{Fails: 3, Failure: refused}, "nobody listens at its address", ""},
	} {
		if got := linkProblem(c.known, now); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
		var kinds []string
		for _, p := range linkProblems([]discovery.Known{c.known}, now) {
			kinds = append(kinds, p.Kind)
		}
		if got := strings.Join(kinds, " "); got != c.kind {
			t.Errorf("%s: status tells of %q, want %q", c.name, got, c.kind)
		}
	}
}
