package node

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"sync"
	"time"

	"github.com/kreidfeuer/kreidfeuer/gossip"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/identity"
	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
	"github.com/kreidfeuer/kreidfeuer/persist"
)

const (
	// maxDrafts bounds the drafts kept; the oldest answered ones go first.
	maxDrafts = 200
	// draftPatience is how long a draft may wait before the device alarms.
	draftPatience = 10 * time.Minute
)

// draft is an alert that lacks signatures, as stored.
type draft struct {
	Envelope []byte    `json:"envelope"`
	Received time.Time `json:"received"`
	From     string    `json:"from,omitempty"` // peer ID of the station that handed it over
	State    string    `json:"state"`
	Comment  string    `json:"comment,omitempty"`
	Overdue  bool      `json:"overdue,omitempty"` // waited too long, and that was told
}

// drafts are this station's drafts by envelope ID.
type drafts struct {
	mu     sync.Mutex
	all    map[wire.ID]*draft
	handed map[handover]int // signatures that a station has of a draft; forgotten at a restart
}

func (d *drafts) load(ctx context.Context, local persist.Local) error {
	d.all, d.handed = map[wire.ID]*draft{}, map[handover]int{}
	for v, err := range local.List(ctx, localDrafts) {
		var corrupt *persist.CorruptError
		if errors.As(err, &corrupt) {
			continue
		}
		if err != nil {
			return fmt.Errorf("read drafts: %w", err)
		}
		var one draft
		if err := json.Unmarshal(v.Content, &one); err != nil {
			continue
		}
		if e, err := wire.Decode(one.Envelope); err == nil {
			d.all[e.ID()] = &one
		}
	}
	return nil
}

// put keeps a draft, durably. One that is known with as many signatures is kept
// as it is.
func (n *Node) putDraft(ctx context.Context, e *wire.Envelope, change func(*draft)) error {
	n.drafts.mu.Lock()
	defer n.drafts.mu.Unlock()
	d := n.drafts.all[e.ID()]
	if d == nil {
		if err := n.makeRoom(ctx); err != nil {
			return err
		}
		d = &draft{Envelope: e.EncodeFull(), Received: n.deps.Now().UTC(), State: apitype.DraftPending}
		n.drafts.all[e.ID()] = d
	} else if old, err := wire.Decode(d.Envelope); err == nil && len(old.Signers) < len(e.Signers) {
		whole := *e // what was published comes without its parts
		if len(whole.Parts) == 0 {
			whole.Parts, whole.Chain = old.Parts, old.Chain
		}
		d.Envelope = whole.EncodeFull()
	}
	if change != nil {
		change(d)
	}
	return n.deps.Store.Local().Put(ctx, localDrafts+"/"+e.ID().String(), mustJSON(d))
}

// makeRoom forgets the oldest draft that was answered or has ended: else those
// that nobody ever answered would fill the drawer for good. Pending ones that may
// still be approved are never forgotten.
func (n *Node) makeRoom(ctx context.Context) error {
	if len(n.drafts.all) < maxDrafts {
		return nil
	}
	var oldest wire.ID
	clock := n.anyClock()
	for id, d := range n.drafts.all {
		if (d.State != apitype.DraftPending || d.ended(clock)) && (oldest.IsZero() || d.Received.Before(n.drafts.all[oldest].Received)) {
			oldest = id
		}
	}
	if oldest.IsZero() {
		return fmt.Errorf("%d drafts wait for an answer already", maxDrafts)
	}
	delete(n.drafts.all, oldest)
	maps.DeleteFunc(n.drafts.handed, func(h handover, _ int) bool { return h.draft == oldest })
	return n.deps.Store.Local().Delete(ctx, localDrafts+"/"+oldest.String())
}

// ended reports whether the alert would be over if it were approved now.
func (d *draft) ended(now identity.Clock) bool {
	e, err := wire.Decode(d.Envelope)
	return err != nil || now.ExpiredFor(e.Header.Expires, 0)
}

// keepDraft keeps a draft and tells of it once.
func (n *Node) keepDraft(ctx context.Context, e *wire.Envelope, from string) error {
	n.drafts.mu.Lock()
	old := n.drafts.all[e.ID()]
	n.drafts.mu.Unlock()
	if err := n.putDraft(ctx, e, func(d *draft) {
		if old == nil {
			d.From = from
		}
	}); err != nil {
		return err
	}
	if old == nil {
		n.announceDraft(ctx, e.ID())
	}
	return nil
}

// settleDrafts notes and tells that drafts were published.
func (n *Node) settleDrafts(ctx context.Context, records []gossip.Record) {
	for i := range records {
		e := records[i].Envelope
		n.drafts.mu.Lock()
		d := n.drafts.all[e.ID()]
		n.drafts.mu.Unlock()
		if d == nil || d.State == apitype.DraftPublished {
			continue
		}
		if err := n.putDraft(ctx, e, func(d *draft) { d.State = apitype.DraftPublished }); err != nil {
			n.log.Error("note published draft", "id", e.ID(), "err", err)
		}
		n.announceDraft(ctx, e.ID())
	}
}

// nagDrafts alarms once for every draft that waited too long.
func (n *Node) nagDrafts(ctx context.Context) {
	n.drafts.mu.Lock()
	var late []*wire.Envelope
	for _, d := range n.drafts.all {
		if d.State == apitype.DraftPending && !d.Overdue && n.deps.Now().Sub(d.Received) >= draftPatience {
			if e, err := wire.Decode(d.Envelope); err == nil {
				late = append(late, e)
			}
		}
	}
	n.drafts.mu.Unlock()
	for _, e := range late {
		if err := n.putDraft(ctx, e, func(d *draft) { d.Overdue = true }); err != nil {
			n.log.Error("note late draft", "id", e.ID(), "err", err)
		}
		n.announceDraft(ctx, e.ID())
	}
}

// announceDraft tells how a draft stands.
func (n *Node) announceDraft(ctx context.Context, id wire.ID) {
	d, err := n.Draft(ctx, id)
	if err != nil {
		n.log.Error("describe draft", "id", id, "err", err)
		return
	}
	n.announce(ctx, apitype.Event{Kind: apitype.EventDraft, Draft: &d.DraftSummary})
}
