package carry

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/kreidfeuer/kreidfeuer/cmd/internal/qr"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/exit"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/shell"
	"github.com/kreidfeuer/kreidfeuer/gossip/frame"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
)

// maxMessages bounds the warnings taken of one command's pictures: each takes some
// 40 ms to expand, and a sheet of paper holds one.
const maxMessages = 256

// IsPicture reports whether a file that begins with head holds frames: a PNG or
// JPEG, or the texts that a phone's camera shows of codes, as somebody copied them.
func IsPicture(head []byte) bool {
	return bytes.HasPrefix(head, []byte("\x89PNG\r\n\x1a\n")) || bytes.HasPrefix(head, []byte("\xff\xd8\xff")) ||
		bytes.HasPrefix(head, []byte(frame.TextPrefix))
}

// pictures collects the frames of several pictures: a warning in several codes may
// be spread over them.
type pictures struct {
	names     []string
	assembler *frame.Assembler
	messages  [][]byte
	strange   int // codes that hold something else
	beyond    int // messages that are left out
}

func newPictures() *pictures { return &pictures{assembler: frame.NewAssembler(frame.Limits{})} }

// read takes the frames of one picture, or of a text with one in each line.
func (p *pictures) read(ctx context.Context, name string, in io.Reader) error {
	p.names = append(p.names, name)
	data, err := io.ReadAll(io.LimitReader(in, qr.MaxPicture+1))
	if err != nil {
		return exit.Errorf(exit.System, "read %s: %w", shell.InputName(name), err)
	}
	if bytes.HasPrefix(data, []byte(frame.TextPrefix)) {
		for line := range strings.Lines(string(data)) {
			p.take(strings.TrimRight(line, "\r\n"))
		}
		return nil
	}
	if err := qr.Read(ctx, data, p.take); err != nil {
		return exit.Errorf(exit.Data, "%s: %w", shell.InputName(name), err)
	}
	return nil
}

// label is all names for people.
func (p *pictures) label() string {
	var names []string
	for _, name := range p.names {
		names = append(names, shell.InputName(name))
	}
	return strings.Join(names, ", ")
}

// take reports whether there is no message with frames missing.
func (p *pictures) take(text string) (enough bool) {
	f, err := frame.ParseText(text)
	if err != nil {
		f, err = frame.ParseText(strings.TrimSpace(text)) // a space may belong to it, or to who copied it
	}
	if err == nil {
		var message []byte
		if message, err = p.assembler.Add("", f, 0); message != nil {
			p.add(message)
		}
	}
	if err != nil {
		p.strange++
	}
	return len(p.messages) > 0 && len(p.assembler.Progress()) == 0
}

func (p *pictures) add(message []byte) {
	for _, m := range p.messages {
		if bytes.Equal(m, message) {
			return
		}
	}
	if len(p.messages) >= maxMessages {
		p.beyond++
		return
	}
	p.messages = append(p.messages, message)
}

// problem says what is missing; nil if everything is here.
func (p *pictures) problem() error {
	names := p.label()
	for _, m := range p.assembler.Progress() {
		return exit.Errorf(exit.No, "%s: %d of the %d codes needed were read", names, m.Have, m.Needed).
			Hintf("photograph the others too and name all pictures at once; any %d different ones do", m.Needed)
	}
	switch {
	case p.beyond > 0:
		return exit.Errorf(exit.No, "%s: %d warnings more than the %d that are read at once", names, p.beyond, maxMessages).
			Hintf("read the rest by itself; for many, carry export makes a bundle")
	case len(p.messages) > 0:
		return nil
	case p.strange > 0:
		return exit.Errorf(exit.No, "%s: the codes in it hold no warnings of this network", names)
	}
	return exit.Errorf(exit.No, "%s: no code could be read", names).
		Hintf("hold the camera straight and near, in even light, with the whole code and its white margin in the picture")
}

// refusal says why a device did not take a warning. A short spelling does not bring
// what proves it.
func (p *pictures) refusal(ctx context.Context, dev Device, err error) error {
	f := exit.Classify(carryError(p.label(), err))
	var known *apitype.Error
	switch {
	case !errors.As(err, &known):
	case known.Code == apitype.CodeStorageFull:
		return exit.Errorf(f.Code, "%w", f.Err).Hintf("free some disk space, or make the data folder writable, and read it in again")
	case known.Reason == string(wire.ReasonUnknownIssuer) && trustsNobody(ctx, dev):
		return exit.Errorf(f.Code, "%w", f.Err).Hintf("this device has pinned no root and trusts nobody's warnings: kreidfeuer root pin comes first, then read it in again")
	case known.Reason == string(wire.ReasonUnknownIssuer):
		return exit.Errorf(f.Code, "%w", f.Err).Hintf("the codes name certificates that are not on this device: any neighbour, a bundle or carry sync brings them;" +
			" alert export --qr --chain and alert print --chain put them into the codes")
	}
	return f
}

func trustsNobody(ctx context.Context, dev Device) bool {
	s, err := dev.Status(ctx)
	return err == nil && len(s.Roots) == 0
}

// takenJSON is what carry import prints of a picture with --json.
type takenJSON struct {
	apitype.Submitted
	File string `json:"file"`
}

// importPictures hands over what the pictures held, each warning by itself.
func importPictures(ctx context.Context, e *shell.Env, dev Device, p *pictures) error {
	first := p.problem()
	for _, m := range p.messages {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		s, err := dev.TakeMessage(ctx, m)
		switch {
		case err != nil:
			first = errors.Join(p.refusal(ctx, dev, err), first)
		case e.JSON:
			err = e.PrintJSON(takenJSON{s, p.names[0]})
		case s.Known:
			e.Printf("%s war schon da: kreidfeuer alert show %.8s\n", s.ID, s.ID)
		default:
			e.Printf("%s aufgenommen: kreidfeuer alert show %.8s\n", s.ID, s.ID)
		}
		if err != nil && first == nil {
			first = err
		}
	}
	return first
}

// expandPictures is what the pictures held as a bundle, for carry inspect.
func expandPictures(ctx context.Context, e *shell.Env, dev Device, p *pictures) (*carriedFile, error) {
	if err := p.problem(); err != nil {
		return nil, err
	}
	var envelopes [][]byte
	for _, m := range p.messages {
		b, err := dev.ExpandMessage(ctx, m)
		if err != nil {
			return nil, p.refusal(ctx, dev, err)
		}
		envelopes = append(envelopes, b)
	}
	b, err := Packed(envelopes)
	if err != nil {
		return nil, fmt.Errorf("pack what was read: %w", err)
	}
	return &carriedFile{Reader: bytes.NewReader(b)}, nil
}
