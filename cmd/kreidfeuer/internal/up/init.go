package up

import (
	"os"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/command"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/datadir"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/exit"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/place"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/shell"
)

// Init is "init".
func Init(e *shell.Env) *cli.Command {
	return command.Document(&cli.Command{
		Name:  "init",
		Usage: "make this machine's device: its data folder, its key and its configuration",
		Description: "Makes the data folder, readable by its owner only, with the device's key and a\n" +
			"configuration that works as it is. Where a device exists already, init prints who\n" +
			"it is; --place replaces its places, everything else is changed in its config.json.\n" +
			"Where config.json was damaged or lost, all of these flags set again what it said.\n\n" +
			"Examples:\n" +
			"  kreidfeuer init\n" +
			"  kreidfeuer init --name \"Wache 1\" --place \"Kreis Ahrweiler\"\n" +
			"  kreidfeuer init --data /media/stick/device --port 7132",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "name", Usage: "call this device `NAME`", DefaultText: "the machine's name"},
			&cli.IntFlag{Name: "port", Usage: "listen on `PORT`, UDP and TCP", DefaultText: "7131, or another if it is taken"},
			&cli.StringSliceFlag{Name: "listen", Usage: "listen on this `MULTIADDR` only; may be repeated"},
			&cli.StringSliceFlag{Name: "peer", Usage: "always connect to the device at `MULTIADDR`; may be repeated"},
			&cli.StringSliceFlag{Name: "place", Usage: "show the warnings of `PLACE`: a district, a key or coordinates; may be repeated"},
		},
		Action: func(c *cli.Context) error {
			if err := command.WantArgs(c, 0, 0, "none"); err != nil {
				return err
			}
			d, err := datadir.Find(e, c)
			if err != nil {
				return err
			}
			cfg, err := initialConfig(c)
			if err != nil {
				return err
			}
			made, err := datadir.Make(e, d, cfg)
			if err != nil {
				return err
			}
			if !made && anySet(c) {
				if err := change(e, c, d, cfg); err != nil {
					return err
				}
			}
			return printDevice(e, d, made)
		},
	}, exit.OK, exit.No, exit.Usage, exit.Data, exit.System)
}

// initialConfig is the configuration that the flags ask for.
func initialConfig(c *cli.Context) (datadir.Config, error) {
	cfg := datadir.Config{Schema: datadir.ConfigSchema, Name: c.String("name")}
	if cfg.Name == "" {
		cfg.Name, _ = os.Hostname()
	}
	cfg.Listen = append(cfg.Listen, c.StringSlice("listen")...)
	if port := c.Int("port"); c.IsSet("port") {
		if len(cfg.Listen) > 0 {
			return datadir.Config{}, exit.Errorf(exit.Usage, "--port and --listen exclude each other")
		}
		if port < 1 || port > 65535 {
			return datadir.Config{}, exit.Errorf(exit.Usage, "--port %d: want 1 to 65535", port)
		}
		cfg.Listen = datadir.ListenOn(port)
	}
	cfg.Peers = append(cfg.Peers, c.StringSlice("peer")...)
	for _, s := range c.StringSlice("place") {
		p, err := place.Parse(s)
		if err != nil {
			return datadir.Config{}, err
		}
		cfg.Places = append(cfg.Places, p)
	}
	if err := cfg.Check(); err != nil {
		return datadir.Config{}, exit.Errorf(exit.Usage, "%w", err)
	}
	return cfg, nil
}

// deviceJSON is the result of init --json.
type deviceJSON struct {
	Schema string         `json:"schema"` // kreidfeuer.device/1
	Made   bool           `json:"made"`   // false: it was there already
	Name   string         `json:"name"`
	Peer   string         `json:"peer"`
	Data   string         `json:"data"`
	Config datadir.Config `json:"config"`
}

// printDevice says who the device is.
func printDevice(e *shell.Env, d datadir.Dir, made bool) error {
	dev, err := d.OpenDevice()
	if err != nil {
		return err
	}
	cfg, err := d.OpenConfig()
	if err != nil {
		return err
	}
	for _, p := range configProblems(cfg.Lost) {
		e.Warnf("%s", hinted(p))
	}
	if e.JSON {
		return e.PrintJSON(deviceJSON{"kreidfeuer.device/1", made, cfg.Name, dev.Peer.String(), d.Path, cfg})
	}
	listen := "port 7131 on all interfaces"
	if len(cfg.Listen) > 0 {
		listen = strings.Join(cfg.Listen, " ")
	}
	places := "every warning is shown"
	if len(cfg.Places) > 0 {
		var names []string
		for _, p := range cfg.Places {
			names = append(names, p.Name)
		}
		places = strings.Join(names, "; ")
	}
	e.Table(e.Stdout, []string{
		"device\t" + shell.OneLine(cfg.Name), "peer ID\t" + dev.Peer.String(), "data\t" + d.Path,
		"listens on\t" + listen, "places\t" + shell.OneLine(places),
	})
	if made {
		e.Notef("A device was made. Pin the root of an authority with kreidfeuer root pin, then start it with kreidfeuer up.")
	}
	return nil
}
