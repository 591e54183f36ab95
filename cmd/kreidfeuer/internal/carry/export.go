package carry

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/command"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/device"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/exit"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/place"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/shell"
	"github.com/kreidfeuer/kreidfeuer/gossip/bundle"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
)

// Export is "carry export".
func Export(e *shell.Env) *cli.Command {
	return command.Document(&cli.Command{
		Name:      "export",
		Usage:     "write what this device holds into a bundle",
		ArgsUsage: "FILE",
		Description: "Writes what has not ended, the most severe first, and all certificates and\n" +
			"revocations, which prove it. FILE may be - for standard output. It works whether the\n" +
			"device is running or not.\n\n" +
			"Examples:\n" +
			"  kreidfeuer carry export warnings.kfb\n" +
			"  kreidfeuer carry export --lane live --since 24h --area 'Kreis Ahrweiler' today.kfb\n" +
			"  kreidfeuer carry export - | ssh hilltop kreidfeuer carry import -",
		Flags: []cli.Flag{
			&cli.StringSliceFlag{Name: "lane", Usage: "only `LANE` live, drill or mail, beside trust; may be repeated"},
			&cli.StringFlag{Name: "since", Usage: "only what came to this device since `TIME`: 24h, 7d, 2026-11-22T08:00"},
			&cli.StringFlag{Name: "area", Usage: "no warnings that certainly do not concern `PLACE`: a district, a Land or a key"},
		},
		Action: func(c *cli.Context) error {
			if err := command.WantArgs(c, 1, 1, "the file to write"); err != nil {
				return err
			}
			f, err := bundleFilter(e, c)
			if err != nil {
				return err
			}
			return exportBundle(e, c, f, c.Args().First())
		},
	}, exit.OK, exit.Usage, exit.Data, exit.Busy, exit.System)
}

func bundleFilter(e *shell.Env, c *cli.Context) (f apitype.BundleFilter, err error) {
	f.Lanes = c.StringSlice("lane")
	for _, text := range f.Lanes {
		if _, err := wire.ParseLane(text); err != nil {
			return f, exit.Errorf(exit.Usage, "unknown lane %q", text).Hintf("--lane live, drill or mail; trust always goes along")
		}
	}
	if f.Since, err = parseSince(e, c.String("since")); err != nil {
		return f, err
	}
	if text := c.String("area"); text != "" {
		p, err := place.Parse(text)
		if err != nil {
			return f, err
		}
		if p.ARS == "" {
			return f, exit.Errorf(exit.Usage, "--area %q: want a district, a Land or a Regionalschlüssel", text)
		}
		f.Area = p.ARS
	}
	return f, nil
}

// exportedJSON is what carry export prints with --json.
type exportedJSON struct {
	Schema    string         `json:"schema"` // kreidfeuer.exported/1
	File      string         `json:"file"`
	Envelopes int            `json:"envelopes"`
	Bytes     int64          `json:"bytes"`
	Lanes     map[string]int `json:"lanes"`
}

func exportBundle(e *shell.Env, c *cli.Context, f apitype.BundleFilter, name string) error {
	if name == "-" && e.StdoutTerminal {
		return exit.Errorf(exit.Usage, "refusing to write binary data to a terminal").Hintf("name a file, or write into a pipe")
	}
	return With(e, c, false, func(ctx context.Context, dev Device) error {
		out := exportedJSON{Schema: "kreidfeuer.exported/1", File: name, Lanes: map[string]int{}}
		bar := e.Progress("export", 0)
		write := func(w io.Writer) error {
			return EachExported(ctx, dev, f, w, func(raw []byte) error {
				out.Envelopes++
				out.Bytes += int64(len(raw))
				bar.Add(len(raw))
				if en, err := wire.Decode(raw); err == nil {
					out.Lanes[en.Header.Lane.String()]++
				}
				return nil
			})
		}
		var err error
		if name == "-" {
			err = write(e.Stdout)
		} else {
			err = e.StreamFile(name, 0o666, write)
		}
		bar.End()
		if err != nil || name == "-" {
			return err
		}
		return printExported(e, &out)
	})
}

func printExported(e *shell.Env, out *exportedJSON) error {
	if e.JSON {
		return e.PrintJSON(out)
	}
	var lanes []string
	for _, l := range wire.Lanes {
		if n := out.Lanes[l.String()]; n > 0 {
			lanes = append(lanes, fmt.Sprintf("%d %s", n, l))
		}
	}
	count := fmt.Sprint(out.Envelopes)
	if len(lanes) > 0 {
		count += " (" + strings.Join(lanes, ", ") + ")"
	}
	e.Printf("wrote\t%s\nenvelopes\t%s\nsize\t%s\n", shell.OneLine(out.File), count, shell.Size(out.Bytes))
	return nil
}

// EachExported calls f for each envelope of a device's bundle, while the bundle is
// written to w, and makes sure that it is whole.
func EachExported(ctx context.Context, dev Device, filter apitype.BundleFilter, w io.Writer, f func(raw []byte) error) error {
	in, out := io.Pipe()
	done := make(chan error, 1)
	go func() {
		err := dev.ExportBundle(ctx, filter, out)
		out.CloseWithError(err)
		done <- err
	}()
	end := func(err error) error {
		in.CloseWithError(err) // a writer that still waits ends with it
		if failed := <-done; failed != nil && (err == nil || errors.Is(err, failed)) {
			err = failed
		}
		return device.Error(err)
	}
	r := bundle.NewReader(io.TeeReader(in, w))
	for {
		raw, err := r.Next()
		if err == io.EOF {
			return end(nil)
		}
		if errors.As(err, new(*bundle.DamageError)) {
			err = fmt.Errorf("the device's bundle is not whole: %w", err)
		}
		if err == nil {
			err = f(raw)
		}
		if err != nil {
			return end(err)
		}
	}
}
