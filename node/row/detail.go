package row

import (
	"fmt"
	"strings"
	"time"

	"github.com/kreidfeuer/kreidfeuer/gossip/alert"
	"github.com/kreidfeuer/kreidfeuer/gossip/cap"
	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
)

// Detail adds an alert's texts.
func Detail(d *apitype.AlertDetail, a *alert.Alert) error {
	condition := alert.Condition{Drill: a.Drill(), Unconfirmed: d.Unconfirmed, ImportedBy: d.Origin.By}
	d.Short = map[int]string{}
	for _, limit := range []int{alert.ShortWEA, alert.LongWEA, alert.ShortDisplay, alert.DEAlert} {
		d.Short[limit] = a.Short(limit, condition)
	}
	d.Incomplete = []string{}
	for _, i := range a.Missing() {
		d.Incomplete = append(d.Incomplete, a.Parts[i].Kind.String())
	}
	for i := range a.CAP.Info {
		d.Infos = append(d.Infos, infoOf(&a.CAP.Info[i]))
	}
	var xml strings.Builder
	incomplete := len(d.Incomplete) > 0 // then required elements may not be here yet
	if err := cap.Write(&xml, a.CAP, cap.WriteOptions{Fidelity: incomplete}); err != nil {
		return fmt.Errorf("write alert %s as CAP: %w", d.ID, err)
	}
	d.XML = xml.String()
	return nil
}

func infoOf(in *cap.Info) apitype.Info {
	out := apitype.Info{
		Language: in.Language, Categories: texts(in.Category), Event: in.Event, Responses: texts(in.ResponseType),
		Urgency: string(in.Urgency), Severity: string(in.Severity), Certainty: string(in.Certainty),
		Effective: timeOf(in.Effective), Onset: timeOf(in.Onset), Expires: timeOf(in.Expires), SenderName: in.SenderName,
		Headline: in.Headline, Description: in.Description, Instruction: in.Instruction, Contact: in.Contact, Web: in.Web,
		Areas: []apitype.Area{}, Instructions: []string{},
	}
	for i := range in.Area {
		a := &in.Area[i]
		area := apitype.Area{Description: a.AreaDesc, Geocodes: []apitype.Geocode{}, Polygons: texts(a.Polygon), Circles: texts(a.Circle)}
		for _, g := range a.Geocode {
			area.Geocodes = append(area.Geocodes, apitype.Geocode{Name: g.ValueName, Value: g.Value})
		}
		out.Areas = append(out.Areas, area)
	}
	return out
}

func texts[T ~string](list []T) []string {
	out := make([]string, 0, len(list))
	for _, v := range list {
		out = append(out, string(v))
	}
	return out
}

func timeOf(t cap.Time) time.Time {
	seconds, ok := t.Unix()
	if !ok {
		return time.Time{}
	}
	return time.Unix(seconds, 0).UTC()
}
