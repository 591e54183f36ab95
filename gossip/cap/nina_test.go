package cap

import "testing"

func TestNINACorpus(t *testing.T) {
	for _, f := range corpus(t) {
		if f.kind != "json" { continue }
		a, o, ps, err := ParseNINA(f.data, nil)
		t.Log(f.name, o, err, Sniff(f.data))
		for _, p := range ps { t.Log(p) }
		if a != nil { t.Logf("%+v", a.Infos()) }
	}
}
func (a *Alert) Infos() any { if len(a.Info)>0 { i:=a.Info[0]; if len(i.Area)>0 && len(i.Area[0].Polygon)>0 {i.Area[0].Polygon=i.Area[0].Polygon[:0]}; return []any{a.References,i} }; return a }
