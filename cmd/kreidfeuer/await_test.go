package main

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/kreidfeuer/kreidfeuer/node/client"
)

// await DIR TEXT waits until the status of the device that runs on the data
// folder DIR, as JSON, holds TEXT.
func await(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: await DIR TEXT")
	}
	dev, err := client.New(client.Config{Data: ts.MkAbs(args[0])})
	ts.Check(err)
	defer dev.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond) // another process: nothing to wait on
	defer tick.Stop()
	for {
		s, err := dev.Status(ctx)
		b, _ := json.Marshal(s)
		if err == nil && strings.Contains(string(b), args[1]) {
			return
		}
		select {
		case <-ctx.Done():
			ts.Fatalf("the status does not hold %q: %s, %v", args[1], b, err)
		case <-tick.C:
		}
	}
}

// address DIR NAME puts an address of the device that runs on the data folder
// DIR into the variable NAME.
func address(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: address DIR NAME")
	}
	dev, err := client.New(client.Config{Data: ts.MkAbs(args[0])})
	ts.Check(err)
	defer dev.Close()
	s, err := dev.Status(context.Background())
	ts.Check(err)
	if len(s.Listen) == 0 {
		ts.Fatalf("the device listens nowhere")
	}
	ts.Setenv(args[1], s.Listen[0])
}
