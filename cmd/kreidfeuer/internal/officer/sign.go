package officer

import (
	"errors"
	"fmt"

	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/armor"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/device"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/dialogue"
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

// Sending is how an alert is to be signed and where it goes.
type Sending struct {
	dialogue.Screen
	Role   wire.Role
	Out    string // file; empty: the running device
	Yes    bool   // do not ask
	Dialog *dialogue.Dialog
}

// Issued is a signed alert.
type Issued struct {
	Envelope *wire.Envelope
	Alert    *alert.Alert
	Verified identity.Verified
	Missing  int // signatures until it is accepted
}

// Issue shows what is about to be issued, has it confirmed, signs and delivers it.
func (o *Officer) Issue(m *compose.Message, s Sending) (*Issued, error) {
	a, err := o.preview(m, s.Role)
	if err != nil {
		return nil, err
	}
	if s.Out == "" && o.Dev == nil {
		return nil, NoDevice()
	}
	if a.Header.Lane == wire.LaneLive && s.Yes {
		return nil, dialogue.ErrYes
	}
	s.Details = append(s.Details, fmt.Sprintf("Es unterschreibt: %s, %s", PersonText(o.Cert), o.Unit.Name))
	if !s.Yes {
		if err := s.Dialog.Confirm(a, s.Screen); err != nil {
			return nil, err
		}
	}
	done, err := o.sign(a, m, s.Role)
	if err != nil {
		return nil, err
	}
	return done, o.Deliver(done, s.Out)
}

// NoDevice is the failure when nothing runs here that could send.
func NoDevice() error {
	return exit.Errorf(exit.Daemon, "no device is running here to send it").
		Hintf("start kreidfeuer up in another terminal, or write the signed alert to a file with --out FILE")
}

// PersonText names the person of a certificate with the function.
func PersonText(c *identity.Certificate) string {
	if c.Function == "" {
		return c.Name
	}
	return c.Name + " (" + c.Function + ")"
}

// preview is the alert of a message with the header it will have, held against
// what the officer may sign before anybody is asked anything.
func (o *Officer) preview(m *compose.Message, role wire.Role) (*alert.Alert, error) {
	a, err := alert.Of(m.CAP)
	if err != nil {
		return nil, exit.Errorf(exit.No, "%w", err)
	}
	if a.Header, err = alert.Header(m.CAP); err != nil {
		return nil, exit.Errorf(exit.No, "%w", err)
	}
	demand := a.Demand()
	for _, c := range []*identity.Certificate{o.Unit, o.Cert} {
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

func (o *Officer) checkEmergency(a *alert.Alert) error {
	switch {
	case a.Kind != alert.KindAlert:
		return exit.Errorf(exit.Usage, "an emergency signature makes new warnings only")
	case alert.Signatures(a.Kind, a.Severity, false, int(o.Unit.Scope.Needed)) <= 1:
		return exit.Errorf(exit.Usage, "--emergency is not needed: one signature is enough for this").Hintf("leave it away")
	case o.Unit.Scope.Emergency == 0 || o.Cert.Scope.Emergency == 0:
		return exit.Errorf(exit.Trust, "%s may not sign alone in an emergency", o.Cert.Name).Hintf("a second officer must approve it: leave --emergency away")
	}
	return nil
}

// sign makes the next envelope of the officer's key, with its chain, and holds it
// against the rules that every device applies.
func (o *Officer) sign(a *alert.Alert, m *compose.Message, role wire.Role) (*Issued, error) {
	payload, parts, err := o.payload(m)
	if err != nil {
		return nil, exit.Errorf(exit.No, "%w", err)
	}
	s, err := o.Open()
	if err != nil {
		return nil, err
	}
	h := a.Header
	known, err := trust.KnownHead(o.Env, o.C, o.Unit.Domain, s.Key.Public(), h.Lane)
	if err != nil {
		return nil, err
	}
	var done *Issued
	_, err = s.Author(h.Lane, known, func(_ *keyfile.State, seq uint64, prev *wire.ID) (*wire.Envelope, error) {
		h.Domain, h.Authority, h.Issuer = &o.Unit.Domain, o.Unit.Authority, &o.Unit.ID
		h.Sequence, h.Previous = seq, prev
		e, err := wire.New(h, payload)
		if err != nil {
			return nil, exit.Errorf(exit.No, "%w", err)
		}
		e.Parts = parts
		done, err = o.Finish(s.Key.Sign(e, o.Cert.Ref(), role))
		return e, err
	})
	return done, err
}

// payload is what is signed, with the parts that it names.
func (o *Officer) payload(m *compose.Message) (payload []byte, parts [][]byte, err error) {
	if !o.C.Bool("brief") {
		return alert.Payload(m.CAP, m.Extras)
	}
	payload, err = alert.WholePayload(m.CAP, m.Extras)
	return payload, nil, err
}

// Finish attaches the chain and judges a signed alert as every device will.
func (o *Officer) Finish(e *wire.Envelope) (*Issued, error) {
	e.Chain = o.Pool.ChainFor(e)
	if n := len(e.EncodeFull()); n > wire.MaxTransmission {
		return nil, exit.Errorf(exit.No, "the alert takes %d bytes with its texts and maps, at most %d travel", n, wire.MaxTransmission).
			Hintf("shorten texts, drop pictures, simplify polygons")
	}
	return JudgeAlert(o.Pool, e)
}

// JudgeAlert verifies an alert and says how many signatures it lacks.
func JudgeAlert(pool *identity.Pool, e *wire.Envelope) (*Issued, error) {
	v, err := pool.Verify(e)
	if err != nil {
		return nil, trust.Failure(err)
	}
	a, err := inbox.OpenAlert(e)
	if err != nil {
		return nil, err
	}
	done := &Issued{Envelope: e, Alert: a, Verified: v}
	err = alert.Check(&v, a)
	if errors.Is(err, &wire.Refusal{Reason: wire.ReasonBadQuorum}) {
		done.Missing = alert.Signatures(a.Kind, a.Severity, v.Emergency, v.Needed) - int(v.Level)
		err = nil
	}
	return done, err
}

// Deliver writes a signed alert to a file, publishes it, or hands it to the
// stations of its authority if signatures are missing.
func (o *Officer) Deliver(d *Issued, out string) error {
	if out != "" {
		return writeIssued(o.Env, d, out)
	}
	if o.C.Bool("brief") {
		inbox.NoteBrief(o.Env, d.Envelope)
	}
	ctx, raw := o.C.Context, d.Envelope.EncodeFull()
	if d.Missing > 0 {
		draft, err := o.Dev.PutDraft(ctx, raw)
		if err != nil {
			return device.Error(err)
		}
		return PrintDraft(o.Env, &draft)
	}
	submitted, err := o.Dev.Submit(ctx, raw)
	if err != nil {
		return device.Error(err)
	}
	return PrintSubmitted(o.Env, d, &submitted)
}

func writeIssued(e *shell.Env, d *Issued, out string) error {
	b, err := armor.Encode(d.Envelope)
	if err != nil {
		return err
	}
	if err := e.WriteOutput(out, b); err != nil {
		return err
	}
	if d.Missing > 0 {
		e.Notef("NOCH NICHT herausgegeben: %s. Freigabe: kreidfeuer alert approve %s", inbox.MissingText(d.Missing), out)
	} else {
		e.Notef("Vollständig unterschrieben, noch nicht gesendet: kreidfeuer alert publish %s", out)
	}
	return nil
}
