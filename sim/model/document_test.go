package model

import (
	"fmt"
	"os"
	"testing"

	"github.com/kreidfeuer/kreidfeuer/sim/scenario"
)

const flood = `<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2"><identifier>flood-1</identifier><sender>lst</sender>
<sent>2026-11-22T10:00:00+01:00</sent><status>%s</status><msgType>Alert</msgType><scope>Public</scope><info><language>de</language>
<category>Met</category><event>Hochwasser</event><urgency>Immediate</urgency><severity>Severe</severity><certainty>Observed</certainty>
<expires>2026-11-22T12:00:00+01:00</expires><headline>Hochwasser</headline><area><areaDesc>Kreis Ahrweiler</areaDesc>
<geocode><valueName>ARS</valueName><value>071310000000</value></geocode></area></info></alert>`

const districtsJSON = `{"type":"FeatureCollection","features":[
{"type":"Feature","properties":{"ARS":"07131"},"geometry":{"type":"Polygon","coordinates":[[[7.0,50.5],[7.05,50.5],[7.05,50.53],[7.0,50.53],[7.0,50.5]]]}},
{"type":"Feature","properties":{"ARS":"07138"},"geometry":{"type":"Polygon","coordinates":[[[7.4,50.6],[7.45,50.6],[7.45,50.63],[7.4,50.63],[7.4,50.6]]]}}]}`

const countries = `schema: kreidfeuer.scenario/1
name: districts
title: A document and two districts
duration: 4h
places:
  - {name: ahrweiler, kind: districts, file: kreise.geojson, key: ARS=07131}
  - {name: neuwied, kind: districts, file: kreise.geojson, key: ARS=07138}
links: {net: {latency: 20ms}}
groups:
  - {name: station, count: 1, at: ahrweiler, links: [net], role: station}
  - {name: here, count: 40, at: ahrweiler, links: [net]}
  - {name: there, count: 60, at: neuwied, links: [net]}
alerts: [{at: 1m, from: station, severity: Minor, file: flood.xml}]
`

// TestDocument: a CAP document says whom its alert concerns, how grave it is, how
// long it holds and on which lane it travels.
func TestDocument(t *testing.T) {
	for status, drill := range map[string]bool{"Actual": false, "Exercise": true} {
		s, err := scenario.Parse([]byte(countries))
		if err != nil {
			t.Fatal(err)
		}
		files := map[string]string{"flood.xml": fmt.Sprintf(flood, status), "kreise.geojson": districtsJSON}
		res, err := Run(t.Context(), Config{Scenario: s, Open: func(name string) ([]byte, error) {
			if text, ok := files[name]; ok {
				return []byte(text), nil
			}
			return nil, os.ErrNotExist
		}})
		if err != nil {
			t.Fatal(err)
		}
		a := res.Alerts[0]
		if a.Concerned != 40 || a.Reached != 40 || a.Severity != "Severe" || a.Drill != drill {
			t.Errorf("%s: %d of %d concerned reached, %s, drill %t: want 40 of the 40 in the district named, Severe, drill %t",
				status, a.Reached, a.Concerned, a.Severity, a.Drill, drill)
		}
		if carried := res.Traffic.Deliveries; carried != 100 {
			t.Errorf("%s: %d devices were given it, want all 100: everybody carries what concerns others", status, carried)
		}
	}
}
