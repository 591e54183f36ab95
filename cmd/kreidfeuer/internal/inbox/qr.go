package inbox

import (
	"bytes"
	"fmt"
	"image/png"
	"os"
	"os/signal"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/kreidfeuer/kreidfeuer/cmd/internal/qr"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/device"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/exit"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/shell"
	"github.com/kreidfeuer/kreidfeuer/gossip/brief"
	"github.com/kreidfeuer/kreidfeuer/gossip/frame"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

// Frames are the texts of the QR codes by which a device takes an alert along
// and checks it itself. The envelope is as transmitted, with its chain.
func Frames(envelope []byte) ([]string, error) { return framesWith(envelope, brief.Options{}) }

func framesWith(envelope []byte, o brief.Options) ([]string, error) {
	p, err := alertPieces(envelope, o)
	if err != nil {
		return nil, err
	}
	if p.Count() > maxCodes {
		return nil, fmt.Errorf("the warning takes %d codes, at most %d are drawn", p.Count(), maxCodes)
	}
	return frameTexts(p), nil
}

const (
	// maxCodes bounds the codes of one warning on paper: six rows of two. What takes
	// more is better carried as a file.
	maxCodes = 12

	// codeTime is how long a terminal shows each of several codes: a camera needs
	// half of it.
	codeTime = 600 * time.Millisecond
)

func qrFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "qr", Usage: "draw the signed warning as QR codes into `FILE.png`, to print or show"},
		&cli.BoolFlag{Name: "qr-terminal", Usage: "draw them on this terminal; several take turns until Ctrl-C"},
		&cli.BoolFlag{Name: "full", Usage: "with --qr: all texts and maps, in more codes"},
		&cli.BoolFlag{Name: "chain", Usage: "with --qr: all certificates too, for devices that have the root and nothing else"},
	}
}

// exportQR draws an alert for a camera.
func exportQR(e *shell.Env, c *cli.Context, name string) error {
	if c.IsSet("format") || c.IsSet("out") || c.IsSet("qr") && c.Bool("qr-terminal") {
		return exit.Errorf(exit.Usage, "--qr FILE.png, --qr-terminal or --format: one of them")
	}
	if out := c.String("qr"); (out == "" || out == "-") && c.IsSet("qr") && e.StdoutTerminal {
		return exit.Errorf(exit.Usage, "refusing to write a picture to a terminal").Hintf("name a file, or use --qr-terminal")
	}
	dev, d, err := openDetail(e, c, name)
	if err != nil {
		return err
	}
	defer dev.Close()
	raw, err := dev.Envelope(c.Context, d.ID)
	if err != nil {
		return device.Error(err)
	}
	p, err := alertPieces(raw, brief.Options{Parts: c.Bool("full"), Chain: c.Bool("chain")})
	if err != nil {
		return exit.Errorf(exit.No, "%w", err)
	}
	texts := frameTexts(p)
	if len(texts) > maxCodes {
		return exit.Errorf(exit.No, "the warning takes %d codes, at most %d are drawn", len(texts), maxCodes).
			Hintf("leave --full and --chain away, or carry it as a file: kreidfeuer carry export")
	}
	if c.Bool("qr-terminal") {
		return showCodes(e, c, texts)
	}
	sheet, err := qr.Sheet(texts)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := png.Encode(&b, sheet); err != nil {
		return err
	}
	if err := e.WriteOutput(c.String("qr"), b.Bytes()); err != nil {
		return err
	}
	if p.Needed() < len(texts) {
		e.Notef("%d Codes; beliebige %d davon genügen.", len(texts), p.Needed())
	}
	e.Notef("Einlesen: kreidfeuer carry import FOTO.jpg")
	return nil
}

// alertPieces are the frames of an envelope that brings its chain, as large as a code
// holds. For each four that are needed there is one more.
func alertPieces(raw []byte, o brief.Options) (*frame.Pieces, error) {
	envelope, err := wire.Decode(raw)
	if err != nil {
		return nil, err
	}
	message, err := brief.Write(envelope, brief.ChainOf(envelope), o)
	if err != nil {
		return nil, err
	}
	needed := (len(message) + frame.CodeMTU - 1) / frame.CodeMTU
	return frame.Split(message, frame.CodeMTU, (needed+3)/4)
}

func frameTexts(p *frame.Pieces) []string {
	texts := make([]string, p.Count())
	for i := range texts {
		texts[i] = frame.Text(p.Frame(i))
	}
	return texts
}

// showCodes draws codes on the terminal. Several take turns there; in a pipe they
// follow each other.
func showCodes(e *shell.Env, c *cli.Context, texts []string) error {
	drawn := make([]string, len(texts))
	for i, text := range texts {
		var err error
		if drawn[i], err = qr.Terminal(text); err != nil {
			return err
		}
		if len(texts) > 1 {
			drawn[i] += fmt.Sprintf("%d/%d\n", i+1, len(texts))
		}
	}
	if len(drawn) == 1 || !e.StdoutTerminal {
		e.Printf("%s", strings.Join(drawn, "\n"))
		return nil
	}
	ctx, stop := signal.NotifyContext(c.Context, os.Interrupt)
	defer stop()
	turn := time.NewTicker(codeTime)
	defer turn.Stop()
	for i := 0; ; i++ {
		e.Printf("\x1b[H\x1b[2J%s", drawn[i%len(drawn)])
		select {
		case <-ctx.Done():
			return nil
		case <-turn.C:
		}
	}
}

// NoteBrief says what a warning takes that was written for a radio.
func NoteBrief(e *shell.Env, o *wire.Envelope) {
	m, err := brief.Write(o, brief.ChainOf(o), brief.Options{})
	if err != nil {
		e.Warnf("%v", err)
		return
	}
	p, err := frame.Split(m, frame.RadioMTU, 0)
	if err != nil {
		e.Warnf("%v", err)
		return
	}
	e.Notef("Über Funk: %d Byte in %d Rahmen von höchstens %d.", len(m), p.Needed(), frame.RadioMTU)
}
