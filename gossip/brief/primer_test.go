package brief

import (
	"bytes"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"testing"

	"github.com/kreidfeuer/kreidfeuer/gossip/alert"
	"github.com/kreidfeuer/kreidfeuer/gossip/alert/compose"
	"github.com/kreidfeuer/kreidfeuer/gossip/cap"
	"github.com/kreidfeuer/kreidfeuer/gossip/compact"
	"github.com/kreidfeuer/kreidfeuer/gossip/region"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/identity"
)

var writePrimer = flag.Bool("primer", false, "write the primer anew")

// TestPrimer writes the primer anew with -primer. That is a new version of the
// format: with it goes a new kind of message.
func TestPrimer(t *testing.T) {
	if !*writePrimer {
		t.Skip("the primer is fixed")
	}
	var b bytes.Buffer
	for _, r := range region.All() {
		b.WriteString(r.String() + "\n")
	}
	b.WriteString(phrases)
	random := rand.New(rand.NewPCG(1, 2))
	for i := range 12 {
		b.Write(sampleCore(t, random, i, true))
	}
	random = rand.New(rand.NewPCG(1, 2))
	for i := range 140 {
		b.Write(sampleCore(t, random, i, false))
	}
	if b.Len() > 48<<10 {
		t.Fatalf("%d bytes", b.Len())
	}
	if err := os.WriteFile("primer.bin", b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	t.Log(b.Len())
}

// followUp is an update or end of an alert.
func followUp(t *testing.T, random *rand.Rand, m *compose.Message, i int) *compose.Message {
	a, err := alert.Of(m.CAP)
	if err == nil {
		a.Header, err = alert.Header(m.CAP)
	}
	if err != nil {
		t.Fatal(err)
	}
	a.ID[0] = 1
	for j := range hashSize {
		a.ID[1+j] = byte(random.Uint32())
	}
	bytesOf := func() *bytes.Reader {
		var b [alert.RandomBytes]byte
		for j := range b {
			b[j] = byte(random.Uint32())
		}
		return bytes.NewReader(b[:])
	}
	m.CAP.Identifier = alert.Identifier(a.Header.Created, [alert.RandomBytes]byte{byte(random.Uint32()), byte(random.Uint32()), byte(random.Uint32()), byte(random.Uint32()), byte(random.Uint32())})
	by := compose.Author{Domain: wire.ID{1, 2}, Authority: "x", Name: "Leitstelle", Offset: 60 * (1 + i%2), Now: a.Header.Created + uint64(random.IntN(20000))}
	prev := []*alert.Alert{a}
	switch kind := i % 4; {
	case kind == 2:
		m, err = compose.Withdraw(prev, by, bytesOf())
	case kind == 3 && a.CAP.Info[0].Headline != "":
		m, err = compose.Update(prev, compose.DraftOf(a, by), bytesOf())
	default:
		m, err = compose.AllClear(prev, by, bytesOf())
	}
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// sampleCore is a folded core as offices may write it; follow-ups stand first, because
// what was read last weighs most.
func sampleCore(t *testing.T, random *rand.Rand, i int, follows bool) []byte {
	keys := []string{"07131", "05378", "14521", "09162", "03241", "08111", "13003", "07", "01060", "12071"}
	severities := []cap.Severity{cap.Extreme, cap.Severe, cap.Extreme, cap.Severe, cap.Moderate, cap.Minor}
	hours := []uint64{1, 2, 3, 4, 6, 8, 12, 24, 48, 6, 12, 24}
	author := compose.Author{Domain: wire.ID{1, 2}, Authority: "x", Offset: 60 * (1 + i%2), Now: 1792000000 + uint64(random.IntN(5*365*86400))}
	d := compose.Draft{Author: author, Lane: wire.LaneLive, Template: compose.Templates[i%len(compose.Templates)].Name,
		Severity: severities[random.IntN(len(severities))], Expires: author.Now + 3600*hours[random.IntN(len(hours))]}
	if i%8 == 7 {
		d.Lane = wire.LaneDrill
	}
	if random.IntN(3) == 0 {
		d.Onset = author.Now + uint64(random.IntN(24))*1800
	}
	area := compose.Area{Key: keys[random.IntN(len(keys))]}
	if i%3 > 0 {
		area.Circles = []cap.Circle{cap.Circle(fmt.Sprintf("%.3f,%.3f %d", 47.5+7*random.Float64(), 6+9*random.Float64(), 1+random.IntN(30)))}
		if i%6 > 2 {
			area.Key, area.Name = "", "Umkreis"
		}
	}
	if i < len(compose.Templates) {
		area = compose.Area{Key: "07131"}
	}
	d.Areas = []compose.Area{area}
	m, err := compose.Compose(d, bytes.NewReader(make([]byte, 5)))
	if err != nil {
		t.Fatal(err)
	}
	a := m.CAP
	if i >= len(compose.Templates) { // German alone, with coded fields
		a.Info = a.Info[:1]
		a.Info[0].SenderName = ""
		a.Info[0].Description = ""
		if i%8 > 0 {
			a.Info[0].Headline, a.Info[0].Instruction, a.Info[0].Parameter = "", "", nil
			a.Info[0].Event = []string{"Hochwasser", "Stromausfall", "Rauch", "Gefahrstoff", "Waldbrand", "Evakuierung"}[random.IntN(6)]
			a.Info[0].ResponseType = []cap.ResponseType{[]cap.ResponseType{cap.Shelter, cap.Evacuate, cap.Prepare, cap.Avoid, cap.Monitor, cap.Execute}[random.IntN(6)]}
			a.Info[0].Category = []cap.Category{[]cap.Category{cap.Geo, cap.Met, cap.Safety, cap.Fire, cap.Health, cap.Infra, cap.CBRNE}[random.IntN(7)]}
		}
	}
	for j := range a.Info {
		if len(a.Info[j].Area[0].Circle) > 0 && i%12 > 6 {
			g := &a.Info[j].Area[0].Geocode
			*g = append(*g, cap.NamedValue{ValueName: "ellipse", Value: fmt.Sprintf("%d %d", 1+random.IntN(20), 5*random.IntN(36))})
		}
	}
	if follows {
		m = followUp(t, random, m, i)
		a = m.CAP
	}
	core, err := compact.EncodeWhole(a, m.Extras)
	var parts [][]byte
	if i%16 == 15 || i < len(compose.Templates) && i%2 == 1 {
		core, parts, err = compact.Encode(a, m.Extras)
	}
	if err != nil {
		t.Fatal(err)
	}
	b, _, ok := fold(core, &identity.Certificate{Origin: identity.Origin{Domain: author.Domain}, Subject: identity.Subject{Authority: author.Authority}})
	if !ok {
		t.Fatalf("core does not fold: %s, %s", a.Identifier, alert.Sender(author.Domain, author.Authority))
	}
	return append(b, bytes.Join(parts, nil)...)
}
