package cap_test

import (
	"fmt"
	"strings"

	"github.com/kreidfeuer/kreidfeuer/gossip/cap"
)

func ExampleParse() {
	alert, problems, err := cap.Parse([]byte(`<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2">
<identifier>1</identifier><sender>a@b.example</sender><sent>2026-07-14T17:18:00Z</sent>
<status>Actual</status><msgType>Cancel</msgType><scope>Public</scope></alert>`))
	fmt.Println(alert.MsgType, err, cap.Valid(problems))
	for _, p := range problems {
		fmt.Println(p)
	}
	// Output:
	// Cancel <nil> false
	// /alert: line 1: error (references-missing): a message of type Cancel must name the messages it refers to
	// /alert/sent: line 2: error (schema-datetime): "2026-07-14T17:18:00Z" is wrong: want the form 2006-01-02T15:04:05-07:00
}

func ExampleUpgrade() {
	foreign, _, err := cap.Parse([]byte(`<alert xmlns="urn:oasis:names:tc:emergency:cap:1.1">
<identifier>1</identifier><sender>a@b.example</sender><sent>2026-07-14T17:18:00.5Z</sent>
<status>Test</status><msgType>Alert</msgType><scope>Public</scope></alert>`))
	if err != nil {
		panic(err)
	}
	strict, changes := cap.Upgrade(foreign)
	for _, c := range changes {
		fmt.Println(c.Path, c.Message)
	}
	var out strings.Builder
	if err := cap.Write(&out, strict, cap.WriteOptions{}); err != nil {
		panic(err)
	}
	fmt.Println(strings.Count(out.String(), "cap:1.2"))
	// Output:
	// /alert written as CAP 1.2 instead of 1.1
	// /alert/sent "2026-07-14T17:18:00.5Z" is written as 2026-07-14T17:18:00-00:00
	// 1
}
