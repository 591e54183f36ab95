//go:build !demo

package demo

import (
	"context"

	"github.com/urfave/cli/v2"

	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/shell"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

// Hostile is empty: the program that people install contains no hostile peer.
func Hostile(*shell.Env) []*cli.Command { return nil }

// hostility would hold the running hostile peer.
type hostility struct{}

func (hostility) disarm() {}

func (s *story) attack(context.Context) error {
	s.scene(5, "A hostile peer: left out")
	s.Printf("   This program contains no hostile peer. \"make demo\" builds one that does.\n")
	return nil
}

func (s *story) damage(context.Context, *wire.Envelope) error { return nil }

func (s *story) flood(context.Context) error { return nil }
