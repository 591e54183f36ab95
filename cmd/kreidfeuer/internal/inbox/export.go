package inbox

import (
	"strconv"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/command"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/device"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/exit"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/shell"
)

// Export is "alert export".
func Export(e *shell.Env) *cli.Command {
	return command.Document(&cli.Command{
		Name:      "export",
		Usage:     "write one warning as CAP, as its signed envelope, as text or as QR codes",
		ArgsUsage: "ID",
		Description: "Formats: xml (CAP 1.2), wire (the signed envelope with its chain, which proves\n" +
			"itself to everybody who has pinned the root), text, and texts of at most 90, 360, 500 and\n" +
			"1395 characters for displays, radio and Cell Broadcast. --qr draws the signed warning as\n" +
			"QR codes: a device with kreidfeuer reads them off a photo with carry import and checks\n" +
			"the warning itself. A phone without kreidfeuer shows a text that begins with KF1: and\n" +
			"opens no page; copied into a file, carry import reads that too.\n\n" +
			"Examples:\n" +
			"  kreidfeuer alert export 7kq3abcd --format xml --out warning.xml\n" +
			"  kreidfeuer alert export 7kq3abcd --qr warning.png\n" +
			"  kreidfeuer alert export 7kq3abcd --format short-90",
		Flags: append([]cli.Flag{
			&cli.StringFlag{Name: "format", Usage: "write `FORMAT` xml, wire, text, short-90, short-360, short-500 or short-1395", Value: "xml"},
			&cli.StringFlag{Name: "out", Aliases: []string{"o"}, Usage: "write to `FILE`", DefaultText: "standard output"},
			langFlag(),
		}, qrFlags()...),
		Action: func(c *cli.Context) error {
			if err := command.WantArgs(c, 1, 1, "the alert's ID"); err != nil {
				return err
			}
			return exportAlert(e, c, c.Args().First())
		},
	}, exit.OK, exit.No, exit.Usage, exit.Daemon, exit.System)
}

func exportAlert(e *shell.Env, c *cli.Context, name string) error {
	if c.Bool("qr-terminal") || c.IsSet("qr") {
		return exportQR(e, c, name)
	}
	format, out := c.String("format"), c.String("out")
	short, isShort := strings.CutPrefix(format, "short-")
	switch {
	case isShort, format == "xml", format == "text":
	case format == "wire" && (out == "" || out == "-") && e.StdoutTerminal:
		return exit.Errorf(exit.Usage, "refusing to write binary data to a terminal").Hintf("name a file with --out, or write into a pipe")
	case format == "wire":
	default:
		return exit.Errorf(exit.Usage, "unknown format %q", format).Hintf("xml, wire, text, short-90, short-360, short-500 or short-1395")
	}
	dev, d, err := openDetail(e, c, name)
	if err != nil {
		return err
	}
	defer dev.Close()
	if format != "wire" {
		warnIncomplete(e, d)
	}
	var content []byte
	switch format {
	case "xml":
		content = []byte(d.XML)
	case "wire":
		content, err = dev.Envelope(c.Context, d.ID)
	case "text":
		var text string
		text, err = alertText(c, dev, d)
		content = []byte(text)
	default:
		n, _ := strconv.Atoi(short)
		text, ok := d.Short[n]
		if !ok {
			return exit.Errorf(exit.Usage, "unknown format %q", format).Hintf("short-90, short-360, short-500 or short-1395")
		}
		content = []byte(text + "\n")
	}
	if err != nil {
		return device.Error(err)
	}
	return e.WriteOutput(out, content)
}
