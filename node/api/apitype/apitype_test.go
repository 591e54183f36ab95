package apitype

import (
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"strings"
	"testing"
)

// topLevel lists the types that are written by themselves.
var topLevel = []any{
	Status{}, List[Peer]{}, List[AlertSummary]{}, AlertDetail{}, Event{}, Submitted{}, List[DraftSummary]{}, Draft{},
	List[Root]{}, Root{}, List[Certificate]{}, Places{}, Head{}, Error{}, Imported{}, BundleContent{}, Store{}, StoreReport{}, Progress{},
}

// TestNames holds every field of every type to the conventions.
func TestNames(t *testing.T) {
	for _, v := range append(topLevel, PinRequest{}, DraftAnswer{}) {
		checkNames(t, reflect.TypeOf(v), map[reflect.Type]bool{})
	}
	for _, v := range topLevel {
		if f, ok := reflect.TypeOf(v).FieldByName("Schema"); !ok || !strings.HasPrefix(f.Tag.Get("json"), "schema") {
			t.Errorf("%T has no schema", v)
		}
	}
}

var fieldName = regexp.MustCompile(`^[a-z][a-z0-9]*(_[a-z0-9]+)*$`)

func checkNames(t *testing.T, typ reflect.Type, seen map[reflect.Type]bool) {
	for typ.Kind() == reflect.Pointer || typ.Kind() == reflect.Slice || typ.Kind() == reflect.Map {
		typ = typ.Elem()
	}
	if typ.Kind() != reflect.Struct || typ.PkgPath() != reflect.TypeFor[Status]().PkgPath() || seen[typ] {
		return
	}
	seen[typ] = true
	names := map[string]bool{}
	for f := range typ.Fields() {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if !f.Anonymous && (!fieldName.MatchString(name) || names[name]) {
			t.Errorf("%s.%s is %q in JSON", typ.Name(), f.Name, name)
		}
		names[name] = true
		checkNames(t, f.Type, seen)
	}
}

func TestErrorIs(t *testing.T) {
	full := fmt.Errorf("call: %w", &Error{Schema: SchemaError, Code: CodeGone, Message: "no longer kept", Oldest: 7})
	if !errors.Is(full, ErrGone) || errors.Is(full, ErrNotFound) || errors.Is(full, &Error{Code: CodeGone, Oldest: 8}) {
		t.Error("errors match by code alone, and only a bare code matches")
	}
}

func TestErrorText(t *testing.T) {
	e := &Error{Code: CodeRefused, Reason: "out-of-scope", Message: "area 07132", Hint: "ask the Land"}
	if got, want := e.Error(), "out-of-scope: area 07132 (ask the Land)"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
