package inbox

import (
	"bytes"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/command"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/device"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/exit"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/shell"
	"github.com/kreidfeuer/kreidfeuer/gossip/alert"
	"github.com/kreidfeuer/kreidfeuer/gossip/brief"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
	"github.com/kreidfeuer/kreidfeuer/node/client"
	"github.com/kreidfeuer/kreidfeuer/node/web"
)

// Print is "alert print".
func Print(e *shell.Env) *cli.Command {
	return command.Document(&cli.Command{
		Name:      "print",
		Usage:     "write one warning as a page of A4 to put up, with QR codes",
		ArgsUsage: "ID",
		Description: "The page is one HTML file that needs nothing else: open it in a browser and print\n" +
			"it there, on paper or into a PDF. German stands in large letters, English below, black\n" +
			"on white. A device with kreidfeuer reads the QR codes off a photo (carry import) and\n" +
			"checks the warning itself, if it has its issuer's certificates: one that has the root and\n" +
			"nothing else needs --chain, which takes more codes. A FILE that ends in .txt gets plain text, without codes.\n\n" +
			"Examples:\n" +
			"  kreidfeuer alert print 7kq3abcd -o warning.html\n" +
			"  kreidfeuer alert print 7kq3abcd -o warning.txt",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "out", Aliases: []string{"o"}, Usage: "write to `FILE`, .html or .txt", DefaultText: "HTML to standard output"},
			&cli.BoolFlag{Name: "chain", Usage: "in the codes all certificates too, for devices that have the root and nothing else"},
		},
		Action: func(c *cli.Context) error {
			if err := command.WantArgs(c, 1, 1, "the alert's ID"); err != nil {
				return err
			}
			return printAlert(e, c, c.Args().First())
		},
	}, exit.OK, exit.No, exit.Usage, exit.Daemon, exit.System)
}

func printAlert(e *shell.Env, c *cli.Context, name string) error {
	out := c.String("out")
	kind := strings.ToLower(filepath.Ext(out))
	if out == "" || out == "-" {
		kind = ".html"
	}
	switch kind {
	case ".html", ".htm", ".txt":
	case ".pdf":
		return exit.Errorf(exit.Usage, "no PDF is written").Hintf("-o %s.html, then print the page from a browser: every one writes PDF, in every script", strings.TrimSuffix(out, filepath.Ext(out)))
	default:
		return exit.Errorf(exit.Usage, "unknown kind of file %q", out).Hintf("want .html or .txt")
	}
	dev, d, err := openDetail(e, c, name)
	if err != nil {
		return err
	}
	defer dev.Close()
	warnIncomplete(e, d)
	content, err := paper(e, c, dev, d, kind)
	if err != nil {
		return err
	}
	return e.WriteOutput(out, content)
}

// paper is an alert as it is put up.
func paper(e *shell.Env, c *cli.Context, dev *client.Client, d *apitype.AlertDetail, kind string) ([]byte, error) {
	if kind == ".txt" {
		return plainPaper(e, c, dev, d)
	}
	p := web.Print{Zone: e.Now().Location(), Printed: e.Now()}
	envelope, err := dev.Envelope(c.Context, d.ID)
	if err != nil {
		return nil, device.Error(err)
	}
	if p.Frames, err = framesWith(envelope, brief.Options{Chain: c.Bool("chain")}); err != nil {
		e.Warnf("the page has no QR codes: %v", err) // it is worth more than its codes
	}
	var b bytes.Buffer
	err = web.WritePrint(&b, d, p)
	return b.Bytes(), err
}

// plainPaper is an alert as text, German and English, and who vouches for it.
func plainPaper(e *shell.Env, c *cli.Context, dev *client.Client, d *apitype.AlertDetail) ([]byte, error) {
	_, a, err := Held(c, dev, d.ID)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	for _, language := range []string{"de", "en"} {
		fmt.Fprintf(&b, "%s\n", alert.Text(a, language, alert.Condition{Drill: d.Lane == wire.LaneDrill.String(), Unconfirmed: d.Unconfirmed, ImportedBy: d.Origin.By}))
	}
	for _, row := range vouchers(e, d) {
		label, text, _ := strings.Cut(row, "\t")
		if label != "Betrifft" && label != "Empfangen" { // of this device alone
			fmt.Fprintf(&b, "%s: %s\n", label, text)
		}
	}
	return b.Bytes(), nil
}
