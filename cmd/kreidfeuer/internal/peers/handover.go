package peers

import (
	"bytes"
	"context"
	"image/png"
	"slices"
	"strings"

	"github.com/libp2p/go-libp2p/core/peer"
	ma "github.com/multiformats/go-multiaddr"
	"github.com/urfave/cli/v2"

	"github.com/kreidfeuer/kreidfeuer/cmd/internal/qr"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/carry"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/command"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/datadir"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/device"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/exit"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/shell"
	"github.com/kreidfeuer/kreidfeuer/node/discovery"
)

func peersExportCommand(e *shell.Env) *cli.Command {
	return command.Document(&cli.Command{
		Name:      "export",
		Usage:     "write this device's card: where others reach it, signed",
		ArgsUsage: "[FILE]",
		Description: "The card is one line of text, or a QR code. Another device takes it with peers add.\n" +
			"It holds peer ID and addresses, nothing about people. The device must be running.\n\n" +
			"Examples:\n" +
			"  kreidfeuer peers export --qr-terminal\n" +
			"  kreidfeuer peers export --qr card.png",
		Flags: []cli.Flag{
			&cli.BoolFlag{Name: "qr-terminal", Usage: "draw the card as a QR code in the terminal"},
			&cli.StringFlag{Name: "qr", Usage: "draw the card as a QR code into the PNG `FILE`"},
		},
		Action: func(c *cli.Context) error {
			if err := command.WantArgs(c, 0, 1, "at most one file"); err != nil {
				return err
			}
			card, err := card(e, c)
			if err != nil {
				return err
			}
			switch {
			case c.Bool("qr-terminal"):
				drawn, err := qr.Terminal(card)
				if err != nil {
					return err
				}
				e.Printf("%s", drawn)
				return nil
			case c.String("qr") != "":
				sheet, err := qr.Sheet([]string{card})
				if err != nil {
					return err
				}
				var picture bytes.Buffer
				if err := png.Encode(&picture, sheet); err != nil {
					return err
				}
				return e.WriteOutput(c.String("qr"), picture.Bytes())
			}
			return e.WriteOutput(c.Args().First(), []byte(card+"\n"))
		},
	}, exit.OK, exit.Usage, exit.Data, exit.Daemon, exit.System)
}

// card is the card of the device that runs on the data folder.
func card(e *shell.Env, c *cli.Context) (string, error) {
	d, err := datadir.Find(e, c)
	if err != nil {
		return "", err
	}
	own, err := d.OpenDevice()
	if err != nil {
		return "", err
	}
	dev, err := device.Client(e, c)
	if err != nil {
		return "", err
	}
	defer dev.Close()
	status, err := dev.Status(c.Context)
	if err != nil {
		return "", device.Error(err)
	}
	var addrs []ma.Multiaddr
	for _, s := range Reachable(status.Listen) {
		if info, err := peer.AddrInfoFromString(s); err == nil {
			addrs = append(addrs, info.Addrs...)
		}
	}
	card, err := discovery.NewCard(own.Key, addrs, e.Now())
	if err != nil {
		return "", exit.Errorf(exit.System, "%w", err).Hintf("is this machine in a network?")
	}
	return card, nil
}

func peersAddCommand(e *shell.Env) *cli.Command {
	return command.Document(&cli.Command{
		Name:      "add",
		Usage:     "connect to a device whose card or address somebody handed over, from now on",
		ArgsUsage: "FILE|CARD|MULTIADDR",
		Description: "Takes a card as a file, as text or as a picture of its QR code (PNG, JPEG), or a\n" +
			"multiaddr with peer ID. It is kept in config.json and dialed whenever the device runs;\n" +
			"one that runs dials at once.\n\n" +
			"Examples:\n" +
			"  kreidfeuer peers add card.png\n" +
			"  kreidfeuer peers add /ip4/192.0.2.7/udp/7131/quic-v1/p2p/12D3KooW...",
		Action: func(c *cli.Context) error {
			if err := command.WantArgs(c, 1, 1, "a file, a card or an address"); err != nil {
				return err
			}
			addrs, err := handedOver(c.Context, e, c.Args().First())
			if err != nil {
				return err
			}
			return addPeer(e, c, addrs)
		},
	}, exit.OK, exit.Usage, exit.Data, exit.System)
}

// handedOver reads the addresses of one peer, with its ID, from what a person gives.
func handedOver(ctx context.Context, e *shell.Env, arg string) ([]string, error) {
	if strings.HasPrefix(arg, "/") && strings.Contains(arg, "/p2p/") {
		if _, err := peer.AddrInfoFromString(arg); err != nil {
			return nil, exit.Errorf(exit.Usage, "peer %q: %w", arg, err)
		}
		return []string{arg}, nil
	}
	text := arg
	if len(arg) < len(discovery.CardPrefix) || !strings.EqualFold(arg[:len(discovery.CardPrefix)], discovery.CardPrefix) {
		content, err := e.ReadInput(arg)
		if err != nil {
			return nil, err
		}
		if text = string(content); carry.IsPicture(content) {
			text = ""
			if err := qr.Read(ctx, content, func(found string) bool { text = found; return strings.HasPrefix(found, discovery.CardPrefix) }); err != nil {
				return nil, exit.Errorf(exit.Usage, "%s: %w", shell.InputName(arg), err)
			}
		}
	}
	card, err := discovery.ParseCard(text)
	if err != nil {
		return nil, exit.Errorf(exit.Usage, "%w", err).Hintf("kreidfeuer peers export makes one on the other device")
	}
	var addrs []string
	for _, a := range card.Addrs {
		addrs = append(addrs, a.String()+"/p2p/"+card.ID.String())
	}
	return addrs, nil
}

// addPeer keeps a peer's addresses, in place of those it had, and tells a device
// that runs.
func addPeer(e *shell.Env, c *cli.Context, addrs []string) error {
	d, err := datadir.Find(e, c)
	if err != nil {
		return err
	}
	cfg, err := d.OpenConfig()
	if err != nil {
		return err
	}
	info, err := peer.AddrInfoFromString(addrs[0])
	if err != nil {
		return err
	}
	own, err := d.OpenDevice()
	if err != nil {
		return err
	}
	if info.ID == own.Peer {
		return exit.Errorf(exit.Usage, "this is the device's own card")
	}
	suffix := "/p2p/" + info.ID.String()
	cfg.Peers = slices.DeleteFunc(cfg.Peers, func(s string) bool { return strings.HasSuffix(s, suffix) })
	cfg.Peers = append(cfg.Peers, addrs...)
	b, err := cfg.Encode()
	if err != nil {
		return err
	}
	if err := e.WriteFile(d.Config(), b, 0o600); err != nil {
		return err
	}
	dev, err := device.Running(e, c)
	if err != nil {
		return err
	}
	when := "when the device is started"
	if dev != nil {
		defer dev.Close()
		if _, err := dev.AddPeer(c.Context, addrs); err != nil {
			return device.Error(err)
		}
		when = "now"
	}
	e.Notef("%s is dialed %s; addresses: %d", info.ID, when, len(addrs))
	return nil
}
