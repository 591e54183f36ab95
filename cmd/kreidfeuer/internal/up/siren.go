package up

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"os"
	"os/exec"
	"sync"
	"time"

	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
)

const (
	// sirenTimeout ends a command that hangs, so that it cannot pile up.
	sirenTimeout = 2 * time.Minute
	// maxSirens bounds commands running at once; further alerts wait.
	maxSirens = 4
)

// siren starts a command for what people have to hear: an alarm, and its end.
type siren struct {
	command string
	log     *slog.Logger
	running sync.WaitGroup
	slots   chan struct{}
}

func newSiren(command string, log *slog.Logger) *siren {
	return &siren{command: command, log: log, slots: make(chan struct{}, maxSirens)}
}

// hear starts the command if the event is an alarm for one of this device's
// places or the end of one. Exercises and tests never start it.
func (s *siren) hear(ctx context.Context, ev *apitype.Event) {
	a := ev.Alert
	if s.command == "" || a.Lane != "live" || a.Test || !a.Alarm && !a.Silence || a.Concerns == apitype.ConcernsNo {
		return
	}
	input, err := json.Marshal(ev)
	if err != nil {
		s.log.Error("describe alert for the siren", "err", err)
		return
	}
	select {
	case s.slots <- struct{}{}:
	case <-ctx.Done():
		return
	}
	s.running.Go(func() {
		defer func() { <-s.slots }()
		s.run(ctx, input, a.ID)
	})
}

func (s *siren) run(ctx context.Context, input []byte, id string) {
	ctx, cancel := context.WithTimeout(ctx, sirenTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, s.command)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(input), os.Stderr, os.Stderr
	cmd.WaitDelay = time.Second
	if err := cmd.Run(); err != nil {
		s.log.Error("the siren's command failed", "command", s.command, "alert", id, "err", err)
	}
}

// wait waits for the commands that are running.
func (s *siren) wait() { s.running.Wait() }
