package cap

import (
	"slices"
	"strings"
)

// Clone returns a deep copy.
func (a *Alert) Clone() *Alert {
	c := *a
	c.Code, c.Empty = slices.Clone(a.Code), slices.Clone(a.Empty)
	c.Signature = slices.Clone(a.Signature)
	for k, s := range c.Signature {
		c.Signature[k] = slices.Clone(s)
	}
	c.Info = slices.Clone(a.Info)
	for k := range c.Info {
		i := &c.Info[k]
		i.Category, i.ResponseType = slices.Clone(i.Category), slices.Clone(i.ResponseType)
		i.EventCode, i.Parameter = slices.Clone(i.EventCode), slices.Clone(i.Parameter)
		i.Resource, i.Area, i.Empty = slices.Clone(i.Resource), slices.Clone(i.Area), slices.Clone(i.Empty)
		for j := range i.Resource {
			i.Resource[j].Empty = slices.Clone(i.Resource[j].Empty)
		}
		for j := range i.Area {
			area := &i.Area[j]
			area.Polygon, area.Circle = slices.Clone(area.Polygon), slices.Clone(area.Circle)
			area.Geocode, area.Empty = slices.Clone(area.Geocode), slices.Clone(area.Empty)
		}
	}
	return &c
}

// Upgrade returns a copy in strict CAP 1.2 of an alert that was read
// leniently: it changes spelling, never meaning, and reports each change. What
// is missing it does not invent; whether Write accepts the result, Write says.
func Upgrade(a *Alert) (*Alert, []Problem) {
	r := &report{}
	u := a.Clone()
	if u.Version != V12 && u.Version != "" {
		r.tell(path{}, "upgrade", "written as CAP 1.2 instead of %s", u.Version)
	}
	u.Version = V12
	if u.Password != "" {
		u.Password = ""
		r.tell(path{}, "upgrade", "password, which CAP 1.2 does not have, is dropped")
	}
	u.Empty = slices.DeleteFunc(u.Empty, func(s string) bool { return s == "password" })
	r.respell(path{}.child("sent", 0), &u.Sent)
	for k := range u.Info {
		r.upgradeInfo(path{}.child("info", k+1), &u.Info[k])
	}
	return u, r.list()
}

func (r *report) upgradeInfo(p path, i *Info) {
	r.respell(p.child("effective", 0), &i.Effective)
	r.respell(p.child("onset", 0), &i.Onset)
	r.respell(p.child("expires", 0), &i.Expires)
	if i.Certainty == VeryLikely {
		i.Certainty = Likely // CAP 1.2 section 3.2.2, certainty, note
		r.tell(p.child("certainty", 0), "upgrade", "Very Likely is Likely in CAP 1.2")
	}
	if len(i.Category) == 0 {
		i.Category = []Category{OtherCategory}
		r.tell(p, "upgrade", "category, which CAP 1.0 leaves open, becomes Other")
	}
	for k := range i.Resource {
		if res := &i.Resource[k]; res.MimeType == "" && !slices.Contains(res.Empty, "mimeType") {
			res.MimeType = "application/octet-stream"
			r.tell(p.child("resource", k+1), "upgrade", "mimeType is missing; taken as unknown")
		}
	}
	for k := range i.Area {
		at := p.child("area", k+1)
		for j := range i.Area[k].Polygon {
			r.closeRing(at.child("polygon", j+1), &i.Area[k].Polygon[j])
		}
	}
}

// respell brings a time into the strict form.
func (r *report) respell(p path, t *Time) {
	if *t == "" || capDateTime.MatchString(string(*t)) {
		return
	}
	unix, ok := t.Unix()
	offset, _ := t.Offset()
	strict := MakeTime(unix, offset)
	if !ok || strict == "" {
		return
	}
	r.tell(p, "upgrade", "%q is written as %s", excerpt(string(*t)), strict)
	*t = strict
}

// closeRing removes brackets and repeats the first point of an open ring.
func (r *report) closeRing(p path, ring *Polygon) {
	points, err := ring.Points()
	if err != nil || len(points) < 3 {
		return
	}
	pairs := strings.FieldsFunc(string(*ring), geometrySpace)
	if points[0] != points[len(points)-1] {
		pairs = append(pairs, pairs[0])
	}
	if text := Polygon(strings.Join(pairs, " ")); text != *ring {
		*ring = text
		r.tell(p, "upgrade", "the ring is written closed and without brackets")
	}
}
