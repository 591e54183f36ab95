package main

import (
	"errors"
	"fmt"

	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/armor"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/device"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/exit"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/inbox"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/keyfile"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/shell"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/trust"
	"github.com/kreidfeuer/kreidfeuer/gossip/alert"
	"github.com/kreidfeuer/kreidfeuer/gossip/alert/compose"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/identity"
)

// sending is how an alert is to be signed and where it goes.
type sending struct {
	screen
	role   wire.Role
	out    string // file; empty: the running device
	yes    bool   // do not ask
	dialog *dialog
}

// issued is a signed alert.
type issued struct {
	envelope *wire.Envelope
	alert    *alert.Alert
	verified identity.Verified
	missing  int // signatures until it is accepted
}

// issue shows what is about to be issued, has it confirmed, signs and delivers it.
func (o *officer) issue(m *compose.Message, s sending) (*issued, error) {
	a, err := o.preview(m, s.role)
	if err != nil {
		return nil, err
	}
	if s.out == "" && o.dev == nil {
		return nil, noDevice()
	}
	if a.Header.Lane == wire.LaneLive && s.yes {
		return nil, errYes
	}
	s.details = append(s.details, fmt.Sprintf("Es unterschreibt: %s, %s", personText(o.cert), o.unit.Name))
	if !s.yes {
		if err := s.dialog.confirm(a, s.screen); err != nil {
			return nil, err
		}
	}
	done, err := o.sign(a, m, s.role)
	if err != nil {
		return nil, err
	}
	return done, o.deliver(done, s.out)
}

func noDevice() error {
	return exit.Errorf(exit.Daemon, "no device is running here to send it").
		Hintf("start kreidfeuer up in another terminal, or write the signed alert to a file with --out FILE")
}

func personText(c *identity.Certificate) string {
	if c.Function == "" {
		return c.Name
	}
	return c.Name + " (" + c.Function + ")"
}

// preview is the alert of a message with the header it will have, held against
// what the officer may sign before anybody is asked anything.
func (o *officer) preview(m *compose.Message, role wire.Role) (*alert.Alert, error) {
	a, err := alert.Of(m.CAP)
	if err != nil {
		return nil, exit.Errorf(exit.No, "%w", err)
	}
	if a.Header, err = alert.Header(m.CAP); err != nil {
		return nil, exit.Errorf(exit.No, "%w", err)
	}
	demand := a.Demand()
	for _, c := range []*identity.Certificate{o.unit, o.cert} {
		if err := c.Scope.Permit(demand); err != nil {
			return nil, exit.Errorf(exit.Trust, "%s may not issue this: %w", c.Name, err).
				Hintf("kreidfeuer cert show lists what the certificate permits; else the authority above issues it")
		}
	}
	if role == wire.RoleEmergency {
		return a, o.checkEmergency(a)
	}
	return a, nil
}

func (o *officer) checkEmergency(a *alert.Alert) error {
	switch {
	case a.Kind != alert.KindAlert:
		return exit.Errorf(exit.Usage, "an emergency signature makes new warnings only")
	case alert.Signatures(a.Kind, a.Severity, false, int(o.unit.Scope.Needed)) <= 1:
		return exit.Errorf(exit.Usage, "--emergency is not needed: one signature is enough for this").Hintf("leave it away")
	case o.unit.Scope.Emergency == 0 || o.cert.Scope.Emergency == 0:
		return exit.Errorf(exit.Trust, "%s may not sign alone in an emergency", o.cert.Name).Hintf("a second officer must approve it: leave --emergency away")
	}
	return nil
}

// sign makes the next envelope of the officer's key, with its chain, and holds it
// against the rules that every device applies.
func (o *officer) sign(a *alert.Alert, m *compose.Message, role wire.Role) (*issued, error) {
	payload, parts, err := o.payload(m)
	if err != nil {
		return nil, exit.Errorf(exit.No, "%w", err)
	}
	s, err := o.open()
	if err != nil {
		return nil, err
	}
	h := a.Header
	known, err := trust.KnownHead(o.env, o.c, o.unit.Domain, s.Key.Public(), h.Lane)
	if err != nil {
		return nil, err
	}
	var done *issued
	_, err = s.Author(h.Lane, known, func(_ *keyfile.State, seq uint64, prev *wire.ID) (*wire.Envelope, error) {
		h.Domain, h.Authority, h.Issuer = &o.unit.Domain, o.unit.Authority, &o.unit.ID
		h.Sequence, h.Previous = seq, prev
		e, err := wire.New(h, payload)
		if err != nil {
			return nil, exit.Errorf(exit.No, "%w", err)
		}
		e.Parts = parts
		done, err = o.finish(s.Key.Sign(e, o.cert.Ref(), role))
		return e, err
	})
	return done, err
}

// payload is what is signed, with the parts that it names.
func (o *officer) payload(m *compose.Message) (payload []byte, parts [][]byte, err error) {
	if !o.c.Bool("brief") {
		return alert.Payload(m.CAP, m.Extras)
	}
	payload, err = alert.WholePayload(m.CAP, m.Extras)
	return payload, nil, err
}

// finish attaches the chain and judges a signed alert as every device will.
func (o *officer) finish(e *wire.Envelope) (*issued, error) {
	e.Chain = o.pool.ChainFor(e)
	if n := len(e.EncodeFull()); n > wire.MaxTransmission {
		return nil, exit.Errorf(exit.No, "the alert takes %d bytes with its texts and maps, at most %d travel", n, wire.MaxTransmission).
			Hintf("shorten texts, drop pictures, simplify polygons")
	}
	return judgeAlert(o.pool, e)
}

// judgeAlert verifies an alert and says how many signatures it lacks.
func judgeAlert(pool *identity.Pool, e *wire.Envelope) (*issued, error) {
	v, err := pool.Verify(e)
	if err != nil {
		return nil, trust.Failure(err)
	}
	a, err := inbox.OpenAlert(e)
	if err != nil {
		return nil, err
	}
	done := &issued{envelope: e, alert: a, verified: v}
	err = alert.Check(&v, a)
	if errors.Is(err, &wire.Refusal{Reason: wire.ReasonBadQuorum}) {
		done.missing = alert.Signatures(a.Kind, a.Severity, v.Emergency, v.Needed) - int(v.Level)
		err = nil
	}
	return done, err
}

// deliver writes a signed alert to a file, publishes it, or hands it to the
// stations of its authority if signatures are missing.
func (o *officer) deliver(d *issued, out string) error {
	if out != "" {
		return writeIssued(o.env, d, out)
	}
	if o.c.Bool("brief") {
		inbox.NoteBrief(o.env, d.envelope)
	}
	ctx, raw := o.c.Context, d.envelope.EncodeFull()
	if d.missing > 0 {
		draft, err := o.dev.PutDraft(ctx, raw)
		if err != nil {
			return device.Error(err)
		}
		return printDraft(o.env, &draft)
	}
	submitted, err := o.dev.Submit(ctx, raw)
	if err != nil {
		return device.Error(err)
	}
	return printSubmitted(o.env, d, &submitted)
}

func writeIssued(e *shell.Env, d *issued, out string) error {
	b, err := armor.Encode(d.envelope)
	if err != nil {
		return err
	}
	if err := e.WriteOutput(out, b); err != nil {
		return err
	}
	if d.missing > 0 {
		e.Notef("NOCH NICHT herausgegeben: %s. Freigabe: kreidfeuer alert approve %s", inbox.MissingText(d.missing), out)
	} else {
		e.Notef("Vollständig unterschrieben, noch nicht gesendet: kreidfeuer alert publish %s", out)
	}
	return nil
}
