package model

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"slices"
	"time"

	"github.com/kreidfeuer/kreidfeuer/gossip/alert"
	"github.com/kreidfeuer/kreidfeuer/gossip/cap"
	"github.com/kreidfeuer/kreidfeuer/gossip/ledger"
	"github.com/kreidfeuer/kreidfeuer/gossip/recon"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/persist/retention"
	"github.com/kreidfeuer/kreidfeuer/sim/scenario"
)

// signers is how many persons of a unit sign what needs all signatures.
const signers = 2

// source is where an alert comes from: an entry of the scenario, which of its series,
// and whether it is only the second signature.
type source struct {
	entry, nth int
	second     bool
}

// announce makes the alerts of the scenario.
func (r *run) announce() error {
	for i := range r.s.Alerts {
		if err := r.draft(i, &r.s.Alerts[i]); err != nil {
			return err
		}
	}
	if len(r.alerts) > maxAlerts {
		return fmt.Errorf("%d alerts, at most %d", len(r.alerts), maxAlerts)
	}
	slices.SortStableFunc(r.alerts, func(a, b alertState) int { return cmp.Compare(a.at, b.at) })
	r.refer()
	n, words := len(r.group), (len(r.alerts)+63)/64
	if bytes := n * words * 8; bytes > 8<<30 {
		return fmt.Errorf("%d devices and %d alerts need %d MB", n, len(r.alerts), bytes>>20)
	}
	r.held = newHoldings(n, r.ranked())
	r.charges()
	r.shelve()
	r.tally.start(r)
	return r.gather()
}

// draft makes the alerts of one entry.
func (r *run) draft(entry int, a *scenario.Alert) error {
	state := alertState{size: uint32(a.Size), severity: cap.Severity(a.Severity), drill: a.Drill, place: -1, authority: a.Authority,
		level: signers, confirms: -1, confirmation: -1, incident: -1}
	if a.File != "" {
		text, err := r.open(a.File)
		if err != nil {
			return err
		}
		if err := r.read(&state, text); err != nil {
			return fmt.Errorf("%s: %w", a.File, err)
		}
		if a.Count > 1 { // a series of documents of one name would be one incident
			state.triple, state.references = cap.Reference{}, nil
		}
	} else {
		for state.kind = alert.KindAlert; state.kind.String() != a.Kind; state.kind++ {
		}
	}
	if a.Signatures == 1 {
		state.level = 1
		if need := alert.Signatures(state.kind, state.priority(), true, signers); need > 1 {
			return fmt.Errorf("alert %d: an %s that is %s needs all signatures", entry+1, state.kind, state.severity)
		}
	}
	if state.size == 0 {
		state.size = UsualSize
	}
	if a.Place != "" {
		state.place = slices.IndexFunc(r.s.Places, func(p scenario.Place) bool { return p.Name == a.Place })
	}
	from := slices.IndexFunc(r.s.Groups, func(g scenario.Group) bool { return g.Name == a.From })
	at := slices.Index(r.group, uint16(from))
	if at < 0 {
		return fmt.Errorf("group %s has no device that could issue", a.From)
	}
	state.station = uint32(at)
	lasts := cmp.Or(time.Duration(a.Expires), state.lasts, alert.DefaultLifetime*time.Second)
	when := time.Duration(a.At)
	for i := 0; i < a.Count && when < time.Duration(r.s.Duration); i, when = i+1, when+time.Duration(a.Every) {
		s := state
		s.at, s.source = millis(when), source{entry: entry, nth: i}
		s.created, s.name = s.at, r.chance.Uint64()
		s.lapse(when + max(0, lasts))
		r.alerts = append(r.alerts, s)
		if again := millis(when + time.Duration(a.Confirmed)); a.Confirmed > 0 && again < r.ended {
			s.at, s.source.second, s.level, s.name = again, true, signers, r.chance.Uint64()
			r.alerts = append(r.alerts, s)
		}
	}
	return nil
}

// refer numbers what each station issues, and turns the names that follow-ups give into
// numbers. An end holds as long as what it ends.
func (r *run) refer() {
	number, sequences := map[source]uint32{}, map[uint32]uint64{}
	for i := range r.alerts {
		number[r.alerts[i].source] = uint32(i)
	}
	for i := range r.alerts {
		a := &r.alerts[i]
		if from := a.source; from.second {
			from.second = false
			a.confirms = int32(number[from])
			first := &r.alerts[a.confirms]
			first.confirmation, a.sequence = int32(i), first.sequence
		} else {
			sequences[a.station]++
			a.sequence = sequences[a.station]
		}
		entry := &r.s.Alerts[a.source.entry]
		for _, name := range entry.Follows {
			k := r.s.Alert(name)
			for nth := range r.s.Alerts[k].Count {
				if entry.Paired(&r.s.Alerts[k]) && nth != a.source.nth {
					continue
				}
				if t, is := number[source{entry: k, nth: nth}]; is {
					a.follows = append(a.follows, t)
					if a.kind.Ends() && entry.Expires == 0 {
						a.expires, a.ends = max(a.expires, r.alerts[t].expires), max(a.ends, r.alerts[t].ends)
					}
				}
			}
		}
	}
}

// maxLasts bounds how long a document may hold, in seconds: what it lasts counts
// nanoseconds in 63 bits.
const maxLasts = 250 * 365 * 24 * 3600

// lapse has it hold until a time of the scenario.
func (a *alertState) lapse(at time.Duration) {
	a.expires, a.ends = millis(at), epoch+uint64(at/time.Second)
}

// priority is its severity as envelopes carry it.
func (a *alertState) priority() wire.Priority { return wire.Priority(a.severity.Rank()) }

func (a *alertState) lane() wire.Lane {
	if a.drill {
		return wire.LaneDrill
	}
	return wire.LaneLive
}

// idOf is the envelope ID of an alert: of two signatures it is the same.
func (r *run) idOf(alert uint32) (id wire.ID) {
	if first := r.alerts[alert].confirms; first >= 0 {
		alert = uint32(first)
	}
	id[0] = 1
	binary.BigEndian.PutUint64(id[1:], mix(uint64(alert), 0x6964))
	binary.BigEndian.PutUint32(id[9:], alert)
	return id
}

// fact is what the lifecycle knows of an alert.
func (r *run) fact(number uint32) alert.Fact {
	a := &r.alerts[number]
	f := alert.Fact{ID: r.idOf(number), Lane: a.lane(), Authority: a.authority, Sequence: a.sequence, Kind: a.kind, Severity: a.priority(),
		Created: epoch + uint64(a.created/1000), Expires: a.ends, Level: a.level, Needed: signers,
		Triple: a.triple, RefTriples: a.references, Concern: alert.ConcernYes}
	f.Emergency = f.Kind == alert.KindAlert && f.Level < signers && f.Severity >= wire.PrioritySevere
	for _, t := range a.follows {
		f.Refs = append(f.Refs, r.idOf(t))
	}
	return f
}

// entry is what the ledger knows of it.
func (r *run) entry(number uint32) *ledger.Entry {
	a := &r.alerts[number]
	return &ledger.Entry{Item: wire.Item{ID: r.idOf(number), Level: a.level}, Place: wire.Place{Lane: a.lane()}, Kind: wire.TypeAlert,
		Priority: a.priority(), Sequence: a.sequence, Expires: a.ends, Size: r.stored(number), Whole: true, Full: a.level >= signers}
}

// ranked lists the alerts by the rank by which devices keep them, warnings first.
func (r *run) ranked() []uint32 {
	entries, order := make([]*ledger.Entry, len(r.alerts)), make([]uint32, len(r.alerts))
	for i := range r.alerts {
		entries[i], order[i] = r.entry(uint32(i)), uint32(i)
	}
	slices.SortStableFunc(order, func(x, y uint32) int {
		a, b := entries[x], entries[y]
		return cmp.Or(cmp.Compare(a.Lane, b.Lane), ledger.CompareRank(a, b))
	})
	return order
}

// closes is from when on nobody passes an alert on any more.
func (a *alertState) closes() uint32 {
	at := recon.Closes(a.ends) + retention.KeepEnded - epoch
	return uint32(min(at, maxHours*3600) * 1000)
}
