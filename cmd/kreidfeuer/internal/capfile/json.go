package capfile

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/kreidfeuer/kreidfeuer/gossip/cap"
)

// alertSchema names the JSON form of alerts.
const alertSchema = "kreidfeuer.cap/1"

// alertJSON is an alert in JSON: every name is CAP's own element name (CAP 1.2,
// 3.2), every value the text of the element as it stood in the document, and
// every element that may stand several times is a list. Elements that a document
// lacks are left out. Beside the elements there are
//
//	schema     "kreidfeuer.cap/1"
//	cap        the CAP version of the document: "1.0", "1.1" or "1.2"
//	signature  XML signatures of the document, each as XML text
//	empty      names of optional elements that stood there without text
type alertJSON struct {
	Schema      string     `json:"schema"`
	CAP         string     `json:"cap"`
	Identifier  string     `json:"identifier"`
	Sender      string     `json:"sender"`
	Sent        string     `json:"sent"`
	Status      string     `json:"status"`
	MsgType     string     `json:"msgType"`
	Password    string     `json:"password,omitempty"`
	Source      string     `json:"source,omitempty"`
	Scope       string     `json:"scope,omitempty"`
	Restriction string     `json:"restriction,omitempty"`
	Addresses   string     `json:"addresses,omitempty"`
	Code        []string   `json:"code,omitempty"`
	Note        string     `json:"note,omitempty"`
	References  string     `json:"references,omitempty"`
	Incidents   string     `json:"incidents,omitempty"`
	Info        []infoJSON `json:"info,omitempty"`
	Signature   []string   `json:"signature,omitempty"`
	Empty       []string   `json:"empty,omitempty"`
}

type infoJSON struct {
	Language     string         `json:"language,omitempty"`
	Category     []string       `json:"category,omitempty"`
	Event        string         `json:"event,omitempty"`
	ResponseType []string       `json:"responseType,omitempty"`
	Urgency      string         `json:"urgency,omitempty"`
	Severity     string         `json:"severity,omitempty"`
	Certainty    string         `json:"certainty,omitempty"`
	Audience     string         `json:"audience,omitempty"`
	EventCode    []valueJSON    `json:"eventCode,omitempty"`
	Effective    string         `json:"effective,omitempty"`
	Onset        string         `json:"onset,omitempty"`
	Expires      string         `json:"expires,omitempty"`
	SenderName   string         `json:"senderName,omitempty"`
	Headline     string         `json:"headline,omitempty"`
	Description  string         `json:"description,omitempty"`
	Instruction  string         `json:"instruction,omitempty"`
	Web          string         `json:"web,omitempty"`
	Contact      string         `json:"contact,omitempty"`
	Parameter    []valueJSON    `json:"parameter,omitempty"`
	Resource     []resourceJSON `json:"resource,omitempty"`
	Area         []areaJSON     `json:"area,omitempty"`
	Empty        []string       `json:"empty,omitempty"`
}

type resourceJSON struct {
	ResourceDesc string   `json:"resourceDesc,omitempty"`
	MimeType     string   `json:"mimeType,omitempty"`
	Size         string   `json:"size,omitempty"`
	URI          string   `json:"uri,omitempty"`
	DerefURI     string   `json:"derefUri,omitempty"`
	Digest       string   `json:"digest,omitempty"`
	Empty        []string `json:"empty,omitempty"`
}

type areaJSON struct {
	AreaDesc string      `json:"areaDesc,omitempty"`
	Polygon  []string    `json:"polygon,omitempty"` // "lat,lon lat,lon …"
	Circle   []string    `json:"circle,omitempty"`  // "lat,lon km"
	Geocode  []valueJSON `json:"geocode,omitempty"`
	Altitude string      `json:"altitude,omitempty"` // feet
	Ceiling  string      `json:"ceiling,omitempty"`  // feet
	Empty    []string    `json:"empty,omitempty"`
}

type valueJSON struct {
	ValueName string `json:"valueName"`
	Value     string `json:"value"`
}

func toAlertJSON(a *cap.Alert) alertJSON {
	return alertJSON{
		Schema: alertSchema, CAP: string(a.Version), Identifier: a.Identifier, Sender: a.Sender, Sent: string(a.Sent),
		Status: string(a.Status), MsgType: string(a.MsgType), Password: a.Password, Source: a.Source, Scope: string(a.Scope),
		Restriction: a.Restriction, Addresses: a.Addresses, Code: a.Code, Note: a.Note, References: a.References,
		Incidents: a.Incidents, Signature: texts[string](a.Signature), Empty: a.Empty,
		Info: each(a.Info, toInfoJSON),
	}
}

func toInfoJSON(i cap.Info) infoJSON {
	return infoJSON{
		Language: i.Language, Category: texts[string](i.Category), Event: i.Event, ResponseType: texts[string](i.ResponseType),
		Urgency: string(i.Urgency), Severity: string(i.Severity), Certainty: string(i.Certainty), Audience: i.Audience,
		Effective: string(i.Effective), Onset: string(i.Onset), Expires: string(i.Expires), SenderName: i.SenderName,
		Headline: i.Headline, Description: i.Description, Instruction: i.Instruction, Web: i.Web, Contact: i.Contact,
		EventCode: each(i.EventCode, toValueJSON), Parameter: each(i.Parameter, toValueJSON), Empty: i.Empty,
		Resource: each(i.Resource, func(r cap.Resource) resourceJSON { return resourceJSON(r) }),
		Area:     each(i.Area, toAreaJSON),
	}
}

func toAreaJSON(a cap.Area) areaJSON {
	return areaJSON{
		AreaDesc: a.AreaDesc, Polygon: texts[string](a.Polygon), Circle: texts[string](a.Circle),
		Geocode: each(a.Geocode, toValueJSON), Altitude: string(a.Altitude), Ceiling: string(a.Ceiling), Empty: a.Empty,
	}
}

func toValueJSON(v cap.NamedValue) valueJSON { return valueJSON(v) }

func (j *alertJSON) alert() *cap.Alert {
	return &cap.Alert{
		Version: cap.Version(j.CAP), Identifier: j.Identifier, Sender: j.Sender, Sent: cap.Time(j.Sent),
		Status: cap.Status(j.Status), MsgType: cap.MsgType(j.MsgType), Password: j.Password, Source: j.Source,
		Scope: cap.Scope(j.Scope), Restriction: j.Restriction, Addresses: j.Addresses, Code: j.Code, Note: j.Note,
		References: j.References, Incidents: j.Incidents, Signature: texts[[]byte](j.Signature), Empty: j.Empty,
		Info: each(j.Info, infoJSON.info),
	}
}

func (j infoJSON) info() cap.Info {
	return cap.Info{
		Language: j.Language, Category: texts[cap.Category](j.Category), Event: j.Event,
		ResponseType: texts[cap.ResponseType](j.ResponseType), Urgency: cap.Urgency(j.Urgency), Severity: cap.Severity(j.Severity),
		Certainty: cap.Certainty(j.Certainty), Audience: j.Audience, Effective: cap.Time(j.Effective), Onset: cap.Time(j.Onset),
		Expires: cap.Time(j.Expires), SenderName: j.SenderName, Headline: j.Headline, Description: j.Description,
		Instruction: j.Instruction, Web: j.Web, Contact: j.Contact, EventCode: each(j.EventCode, valueJSON.value),
		Parameter: each(j.Parameter, valueJSON.value), Empty: j.Empty,
		Resource: each(j.Resource, func(r resourceJSON) cap.Resource { return cap.Resource(r) }),
		Area:     each(j.Area, areaJSON.area),
	}
}

func (j areaJSON) area() cap.Area {
	return cap.Area{
		AreaDesc: j.AreaDesc, Polygon: texts[cap.Polygon](j.Polygon), Circle: texts[cap.Circle](j.Circle),
		Geocode: each(j.Geocode, valueJSON.value), Altitude: cap.Decimal(j.Altitude), Ceiling: cap.Decimal(j.Ceiling), Empty: j.Empty,
	}
}

func (j valueJSON) value() cap.NamedValue { return cap.NamedValue(j) }

// texts converts a list of one kind of text into another; nil stays nil.
func texts[To, From ~string | ~[]byte](list []From) []To {
	return each(list, func(s From) To { return To(s) })
}

func each[To, From any](list []From, f func(From) To) []To {
	if list == nil {
		return nil
	}
	out := make([]To, len(list))
	for i, v := range list {
		out[i] = f(v)
	}
	return out
}

// isAlertJSON reports whether data is the JSON form of alertJSON.
func isAlertJSON(data []byte) bool {
	var head struct {
		Schema *string `json:"schema"`
		CAP    *string `json:"cap"`
	}
	return json.Unmarshal(data, &head) == nil && head.Schema != nil && head.CAP != nil
}

func readAlertJSON(data []byte) capFile {
	f := capFile{format: "JSON"}
	alert, err := parseAlertJSON(data)
	if err != nil {
		f.unreadable = err
		return f
	}
	f.problems = cap.Check(alert)
	f.docs = []cap.Document{{Path: "/alert", Alert: alert}}
	return f
}

func parseAlertJSON(data []byte) (*cap.Alert, error) {
	var head struct {
		Schema string `json:"schema"`
	}
	if err := json.Unmarshal(data, &head); err != nil || head.Schema != alertSchema {
		return nil, fmt.Errorf("JSON of schema %q, this program reads %q", head.Schema, alertSchema)
	}
	var j alertJSON
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields() // nothing of an alert is dropped silently
	if err := dec.Decode(&j); err != nil {
		return nil, err
	}
	if _, err := dec.Token(); err != io.EOF {
		return nil, errors.New("text behind the JSON object")
	}
	return j.alert(), nil
}
