// Package peers holds the commands about neighbours: who is connected, and how a device's
// address is handed over.
package peers

import (
	"fmt"
	"slices"
	"strings"

	ma "github.com/multiformats/go-multiaddr"
	manet "github.com/multiformats/go-multiaddr/net"
	"github.com/urfave/cli/v2"

	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/command"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/device"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/exit"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/shell"
	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
)

// Command is "peers" with its subcommands.
func Command(e *shell.Env) *cli.Command {
	return command.Document(&cli.Command{
		Name:  "peers",
		Usage: "list the neighbours of this machine's device, hand addresses over",
		Description: "Lists connected neighbours first, then those the device knows and dials again.\n\n" +
			"Examples:\n" +
			"  kreidfeuer peers\n" +
			"  kreidfeuer peers --json",
		Subcommands: []*cli.Command{peersExportCommand(e), peersAddCommand(e)},
		Action: func(c *cli.Context) error {
			if err := command.WantArgs(c, 0, 0, "none"); err != nil {
				return err
			}
			dev, err := device.Client(e, c)
			if err != nil {
				return err
			}
			defer dev.Close()
			var rows []string
			for p, err := range dev.Peers(c.Context) {
				if err != nil {
					return device.Error(err)
				}
				if e.JSON {
					if err := e.PrintItem(apitype.SchemaPeerItem, p); err != nil {
						return err
					}
					continue
				}
				rows = append(rows, peerRow(p))
			}
			if !e.JSON {
				e.Table(e.Stdout, append([]string{"PEER\tSTATE\tNAME\tADDRESS"}, rows...))
			}
			return nil
		},
	}, exit.OK, exit.Usage, exit.Daemon, exit.System)
}

func peerRow(p apitype.Peer) string {
	state := "connected"
	if !p.Connected {
		state = "not connected"
	}
	if p.Static {
		state += ", static"
	}
	if p.Problem != "" {
		state += ", " + shell.OneLine(p.Problem)
	}
	name := p.Name
	if p.Authority != "" {
		name = fmt.Sprintf("%s (%s)", p.Name, p.Authority)
	}
	return fmt.Sprintf("%s\t%s\t%s\t%s", p.PeerID, state, shell.OneLine(name), strings.Join(p.Addresses, " "))
}

// Reachable leaves out the addresses that only this machine can dial, unless
// there are no others.
func Reachable(listen []string) []string {
	others := slices.DeleteFunc(slices.Clone(listen), func(s string) bool {
		a, err := ma.NewMultiaddr(s)
		return err == nil && manet.IsIPLoopback(a)
	})
	if len(others) == 0 {
		return listen
	}
	return others
}
