package main

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/kreidfeuer/kreidfeuer/sim/model"
	"github.com/kreidfeuer/kreidfeuer/sim/scenario"
)

// maxLaid bounds the devices that check lays out for all combinations after the first
// together: a hundred thousand take a quarter of a second.
const maxLaid = scenario.MaxDevices

// rehearse does of every variant of a scenario what can fail before anything is played.
// The error joins what was found; what several variants share is in it once. After the
// first one it lays out at most so many devices; untried counts the variants of which
// it therefore has read the files only.
func (s *source) rehearse(ctx context.Context, all []scenario.Variant, most int) (untried int, err error) {
	base, err := scenario.Parse(s.text)
	if err != nil {
		return 0, err
	}
	r := rehearsal{source: s, most: most, unread: map[string]error{}, laid: map[[sha256.Size]byte]bool{}, known: map[string]bool{}}
	for _, v := range append([]scenario.Variant{{Scenario: base}}, all...) {
		if ctx.Err() != nil {
			return 0, ctx.Err()
		}
		err := r.files(v.Scenario)
		if err == nil {
			err = r.lay(v.Scenario)
		}
		r.note(v.Name, err)
	}
	return r.untried, errors.Join(r.found...)
}

// rehearsal is what is known after some variants.
type rehearsal struct {
	*source
	most    int                        // devices to lay out after the first stage
	unread  map[string]error           // by file; nil: it can be read
	laid    map[[sha256.Size]byte]bool // by what a stage depends on
	known   map[string]bool            // errors in found, without the variant's name
	found   []error
	devices int // laid out after the first stage
	untried int
}

// note adds the errors of a variant that none before it had.
func (r *rehearsal) note(name string, err error) {
	for _, e := range leaves(err, "") {
		if r.known[e.Error()] {
			continue
		}
		r.known[e.Error()] = true
		if name != "" {
			e = fmt.Errorf("with %s: %w", name, e)
		}
		r.found = append(r.found, e)
	}
}

// files opens the files that a scenario names.
func (r *rehearsal) files(sc *scenario.Scenario) error {
	var missing []error
	for _, name := range sc.Files() {
		if _, tried := r.unread[name]; !tried {
			_, r.unread[name] = r.open(name)
		}
		missing = append(missing, r.unread[name])
	}
	return errors.Join(missing...)
}

// lay lays the devices of a scenario out, as playing it does, unless one like it was.
func (r *rehearsal) lay(sc *scenario.Scenario) error {
	text, err := json.Marshal([]any{sc.Duration, sc.Places, sc.Links, sc.Groups, sc.Authorities, sc.Alerts, sc.Adversaries})
	if err != nil {
		return err
	}
	key := sha256.Sum256(text)
	switch n := sc.Devices(); {
	case r.laid[key]:
		return nil
	case len(r.laid) == 0: // whatever it takes
	case r.devices+n > r.most:
		r.untried++
		return nil
	default:
		r.devices += n
	}
	r.laid[key] = true
	_, err = model.NewStage(model.Config{Scenario: sc, Seed: sc.Seeds[0], Open: r.open})
	return err
}

// filesOf are the files that variants name, each once.
func filesOf(all []scenario.Variant) (names []string) {
	for _, v := range all {
		for _, name := range v.Scenario.Files() {
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}
