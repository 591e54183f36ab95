package beacon

import (
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/urfave/cli/v2"

	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/command"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/datadir"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/device"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/exit"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/keyfile"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/object"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/officer"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/shell"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/trust"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/identity"
	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
	"github.com/kreidfeuer/kreidfeuer/node/client"
)

// Station is "cert station".
func Station(e *shell.Env) *cli.Command {
	return command.Document(&cli.Command{
		Name:  "station",
		Usage: "bind a device to your authority, so that drafts go to it",
		Description: "An officer vouches that a device belongs to the own authority. Drafts that wait for a\n" +
			"signature then go to it, and it reminds of own warnings that are about to end. The\n" +
			"device is this data folder's, or the one that --peer names; kreidfeuer status shows a\n" +
			"device's peer ID. All stations of an authority must know of each other: the binding\n" +
			"spreads by itself once a device has it.\n\n" +
			"A device that runs here takes the binding at once; otherwise it does when it starts. An\n" +
			"officer's key holds one binding: a new one replaces it.\n\n" +
			"With --json it prints what cert show --json does.\n\n" +
			"Examples:\n" +
			"  kreidfeuer cert station --key weber.key\n" +
			"  kreidfeuer cert station --key braun.key --cert braun.pem --peer 12D3KooW... --name \"Laptop S3\" --valid 30d",
		Flags: append(officer.Flags(),
			&cli.StringFlag{Name: "peer", Usage: "the device with this peer `ID`", DefaultText: "this data folder's"},
			&cli.StringFlag{Name: "name", Usage: "call the device `NAME`", DefaultText: "the name in its configuration"},
			&cli.StringFlag{Name: "valid", Usage: "for `TIME`: 90d, 12h", DefaultText: "90d, or until the certificate's end"},
			&cli.StringFlag{Name: "out", Aliases: []string{"o"}, Usage: "write the binding to `FILE` instead, for cert import elsewhere"},
		),
		Action: func(c *cli.Context) error {
			if err := command.WantArgs(c, 0, 0, "none"); err != nil {
				return err
			}
			return bindStation(e, c)
		},
	}, exit.OK, exit.Usage, exit.Trust, exit.Data, exit.System, exit.Aborted)
}

// stationLife is how long a binding lasts unless --valid says otherwise, in
// seconds: a laptop that was lost stops getting drafts by itself.
const stationLife = 90 * 24 * 3600

func bindStation(e *shell.Env, c *cli.Context) error {
	id, name, err := stationDevice(e, c)
	if err != nil {
		return err
	}
	o, err := officer.Open(e, c)
	if err != nil {
		return err
	}
	created := e.Unix()
	end, err := shell.EndWithin(c, created, stationLife, min(o.Cert.Expires, o.Unit.Expires))
	if err != nil {
		return err
	}
	e.Notef("device    %s\nname      %s\nstation   of %s, %s\nbound by  %s, until %s",
		id, shell.OneLine(name), o.Unit.Authority, shell.OneLine(o.Unit.Name), shell.OneLine(o.Cert.Name), shell.Stamp(end))
	s, err := o.Open()
	if err != nil {
		return err
	}
	i := issuing(o)
	station, err := trust.Author(e, c, i, []*keyfile.Signer{s}, func(_ *keyfile.State, seq uint64, prev *wire.ID) (*wire.Envelope, error) {
		return identity.NewStation(i.Origin(seq, prev, created, end), []byte(id), name)
	})
	if err != nil {
		return err
	}
	if c.String("out") != "" {
		return trust.Finish(e, c, i.Pool, station, c.String("out"))
	}
	return keepStation(e, c, o.Dev, i.Pool, station)
}

// stationDevice is the device to bind and its name.
func stationDevice(e *shell.Env, c *cli.Context) (peer.ID, string, error) {
	name := c.String("name")
	if c.IsSet("peer") {
		id, err := peer.Decode(c.String("peer"))
		switch {
		case err != nil:
			return "", "", exit.Errorf(exit.Usage, "--peer %q is no peer ID: %w", c.String("peer"), err).Hintf("kreidfeuer status on the other device shows it: 12D3KooW...")
		case name == "":
			return "", "", exit.Errorf(exit.Usage, "the device has no name").Hintf("--name \"Laptop S3\"")
		}
		return id, name, nil
	}
	d, err := datadir.Find(e, c)
	if err != nil {
		return "", "", err
	}
	dev, err := d.OpenDevice()
	if err != nil {
		return "", "", err
	}
	if name == "" {
		cfg, err := d.OpenConfig()
		if err != nil {
			return "", "", err
		}
		if name = cfg.Name; name == "" {
			return "", "", exit.Errorf(exit.Usage, "the device has no name").Hintf("--name \"Laptop S3\"")
		}
	}
	return dev.Peer, name, nil
}

// keepStation gives a binding to the running device or, without one, keeps it
// with the pinned domain until the device starts.
func keepStation(e *shell.Env, c *cli.Context, dev *client.Client, pool *identity.Pool, station *wire.Envelope) error {
	if dev != nil {
		if _, err := submitTrust(e, c, dev, pool, station); err != nil {
			return err
		}
		e.Notef("The running device has taken the binding and passes it on.")
	} else {
		d, err := datadir.Find(e, c)
		if err != nil {
			return err
		}
		p, err := trust.PinOf(d, station.Domain())
		if err != nil {
			return err
		}
		station.Chain = pool.ChainFor(station)
		if err := trust.Extend(e, c, d, p, trust.Unchain([]*wire.Envelope{station})); err != nil {
			return err
		}
		e.Notef("The binding is kept. The device passes it on when it runs: kreidfeuer up")
	}
	if !e.JSON {
		return nil
	}
	j, err := object.Describe(pool, station)
	if err != nil {
		return err
	}
	return object.Print(e, j)
}

// submitTrust hands an object of lane trust to the running device.
func submitTrust(e *shell.Env, c *cli.Context, dev *client.Client, pool *identity.Pool, o *wire.Envelope) (apitype.Submitted, error) {
	if _, err := pool.Verify(o); err != nil {
		return apitype.Submitted{}, trust.Failure(err)
	}
	o.Chain = pool.ChainFor(o)
	s, err := dev.Submit(c.Context, o.EncodeFull())
	return s, device.Error(err)
}

// issuing is the officer's unit as an issuer.
func issuing(o *officer.Officer) *trust.Issuing {
	return &trust.Issuing{Pool: o.Pool, Domain: o.Unit.Domain, Issuer: o.Unit.ID, Cert: o.Unit}
}
