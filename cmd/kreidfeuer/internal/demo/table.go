package demo

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/shell"
	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
)

// links are the neighbours of a device in the mesh.
func (s *story) links(i int) []int {
	list := slices.Clone(demoMesh[i].peers)
	for j := range demoMesh {
		if slices.Contains(demoMesh[j].peers, i) {
			list = append(list, j)
		}
	}
	slices.Sort(list)
	return list
}

func (s *story) neighbours(i int) string {
	text := ""
	for _, j := range s.links(i) {
		if text != "" {
			text += ", "
		}
		text += s.devices[j].name
	}
	return text
}

// distance counts the links between two devices that are alive.
func (s *story) distance(from, to *demoDevice) int {
	steps := map[int]int{slices.Index(s.devices, from): 0}
	for grown := true; grown; {
		grown = false
		for i, n := range steps {
			for _, j := range s.links(i) {
				if known, ok := steps[j]; !s.devices[j].dead && (!ok || known > n+1) {
					steps[j], grown = n+1, true
				}
			}
		}
	}
	return steps[slices.Index(s.devices, to)]
}

func (s *story) alive() []*demoDevice {
	return slices.DeleteFunc(slices.Clone(s.devices), func(d *demoDevice) bool { return d.dead })
}

// table waits until every device that is alive tells of an alert, holds it to
// check, and prints what each made of it.
func (s *story) table(ctx context.Context, at time.Time, from *demoDevice, id string, check func(*apitype.AlertEvent, *demoDevice) error) error {
	rows := []string{"   DEVICE\tDISTANCE\tAFTER\tVERIFIED\tSIGNED BY\tSTATE\tCONCERNS"}
	for _, d := range s.alive() {
		ev, err := d.await(ctx, id, func(*apitype.AlertEvent) bool { return true })
		if err != nil {
			return fmt.Errorf("%s: %w", d.name, err)
		}
		if check != nil {
			if err := check(ev.Alert, d); err != nil {
				return err
			}
		}
		rows = append(rows, fmt.Sprintf("   %s\t%d\t%s\t%s\t%s\t%s\t%s", d.name, s.distance(from, d), after(at, ev, d), last(ev.Alert.Chain),
			signedBy(ev.Alert), inWords(ev.Alert.State), ev.Alert.Concerns))
	}
	s.columns(rows)
	return nil
}

// columns prints rows in columns, also into a pipe: a story is for people.
func (s *story) columns(rows []string) {
	people := *s.Env
	people.StdoutTerminal = true
	people.Table(s.Stdout, rows)
}

// after is the time from publishing to the device's event, whose clock is wrong
// by a known offset.
func after(at time.Time, ev apitype.Event, d *demoDevice) string {
	offset, err := time.ParseDuration(d.offset)
	if err != nil {
		return "?"
	}
	return ev.Time.Add(-offset).Sub(at).Round(time.Millisecond).String()
}

// inWords is a state for people who see eight wrong clocks.
func inWords(state apitype.AlertState) string {
	if state == apitype.StateUnknown {
		return "shown (clock in doubt)"
	}
	return string(state)
}

func last(names []string) string {
	if len(names) == 0 {
		return "-"
	}
	return shell.OneLine(names[len(names)-1])
}

func signedBy(a *apitype.AlertEvent) string {
	text := ""
	for i, sg := range a.Signers {
		if i > 0 {
			text += ", "
		}
		text += shell.OneLine(sg.Name)
	}
	return fmt.Sprintf("%s (%d of %d)", text, a.Level, a.Needed)
}
