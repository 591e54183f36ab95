package datadir_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/datadir"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/testenv"
)

const whole = `{"schema":1,"name":"Wache 1","listen":["/ip4/127.0.0.1/tcp/7131"],"peers":[],"places":[{"name":"here","lat":50.5,"lon":7.1}]}`

// TestMend: a device with its key always gets a configuration, of what is good of
// the one it had, and what that held is kept.
func TestMend(t *testing.T) {
	all := []string{"name", "listen", "peers", "places"}
	for _, test := range []struct {
		name, content string
		lost          []string
	}{
		{"empty", "", all},
		{"zeros", strings.Repeat("\x00", 300), all},
		{"cut short", whole[:60], all},
		{"no object", `[1, 2]`, all},
		{"written over a longer one", whole + `"places":[]}`, nil},
		{"one name is damaged", strings.Replace(whole, `"places"`, `"pl!ces"`, 1), []string{"places"}},
		{"one value is damaged", strings.Replace(whole, "50.5", "5000.5", 1), []string{"places"}},
		{"of another kind", strings.Replace(whole, `"Wache 1"`, "7", 1), []string{"name"}},
		{"no address", strings.Replace(whole, "/tcp/7131", "/tcp/71310", 1), []string{"listen"}},
		{"no version", strings.Replace(whole, `"schema":1,`, "", 1), nil},
		{"lost before", `{"schema":1,"name":"vm","listen":[],"peers":7,"places":[],"lost":{"settings":["places","mood"],"why":"it was"}}`, []string{"peers", "places"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			e, _, _ := testenv.New()
			d := datadir.Dir{Path: filepath.Join(t.TempDir(), "dev")}
			defaults := datadir.Config{Schema: datadir.ConfigSchema, Name: "default"}
			if _, err := datadir.Make(e, d, defaults); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(d.Config(), []byte(test.content), 0o600); err != nil {
				t.Fatal(err)
			}
			cfg, found := datadir.Mend(e, d, defaults)
			if !found || cfg.Lost == nil {
				t.Fatalf("found %v, %+v: want a configuration that says what is lost", found, cfg)
			}
			if diff := cmp.Diff(test.lost, cfg.Lost.Settings); diff != "" {
				t.Errorf("lost: %s", diff)
			}
			for _, name := range cfg.Lost.Settings {
				if name == "places" && len(cfg.Places) > 0 || name == "listen" && len(cfg.Listen) > 0 {
					t.Errorf("%s is lost, and in %+v", name, cfg)
				}
			}
			kept, err := os.ReadFile(filepath.Join(d.Path, cfg.Lost.Kept))
			if err != nil || string(kept) != test.content {
				t.Errorf("%q was kept as %q, %v", test.content, kept, err)
			}
			again, found := datadir.Mend(e, d, defaults)
			if diff := cmp.Diff(testenv.Must(cfg.Encode()), testenv.Must(again.Encode())); !found || diff != "" {
				t.Errorf("the next start reads another configuration: %s", diff)
			}
		})
	}
}

// TestMendUnreadable: what cannot be read or replaced is left alone, and the device
// starts all the same.
func TestMendUnreadable(t *testing.T) {
	e, _, _ := testenv.New()
	d := datadir.Dir{Path: t.TempDir()}
	if _, found := datadir.Mend(e, d, datadir.Config{Schema: 1}); found {
		t.Error("found a device in an empty folder")
	}
	if err := datadir.MakeKey(e, d); err != nil {
		t.Fatal(err)
	}
	if _, found := datadir.Mend(e, d, datadir.Config{Schema: 1}); found {
		t.Error("what an interrupted init left was taken for a device that has lost its configuration")
	}
	if err := os.Mkdir(d.Config(), 0o700); err != nil {
		t.Fatal(err)
	}
	cfg, found := datadir.Mend(e, d, datadir.Config{Schema: 1})
	if !found || cfg.Lost == nil || cfg.Lost.First == "" || len(cfg.Lost.Settings) != 4 {
		t.Errorf("found %v, %+v: want the defaults in memory", found, cfg)
	}
	if info, err := os.Stat(d.Config()); err != nil || !info.IsDir() {
		t.Errorf("what could not be read was replaced: %v", err)
	}
}

// TestMendUnwritable: where nothing can be written, the device starts with what is
// good, says what to do first, and nothing is lost for the time when it can.
func TestMendUnwritable(t *testing.T) {
	e, _, _ := testenv.New()
	d := datadir.Dir{Path: t.TempDir()}
	if err := datadir.MakeKey(e, d); err != nil {
		t.Fatal(err)
	}
	damaged := strings.Replace(whole, "50.5", "5000.5", 1)
	if err := os.WriteFile(d.Config(), []byte(damaged), 0o600); err != nil {
		t.Fatal(err)
	}
	random := e.Random
	e.Random = iotest.ErrReader(errors.New("no room")) // files are written under random names first
	cfg, found := datadir.Mend(e, d, datadir.Config{Schema: 1})
	if !found || cfg.Name != "Wache 1" || cfg.Lost == nil || cfg.Lost.First == "" || cfg.Lost.Kept != "" || !strings.Contains(cfg.Lost.Why, "no room") {
		t.Errorf("found %v, %+v, %+v", found, cfg, cfg.Lost)
	}
	if b, err := os.ReadFile(d.Config()); err != nil || string(b) != damaged {
		t.Errorf("config.json holds %s, %v", b, err)
	}
	e.Random = random
	if cfg, found := datadir.Mend(e, d, datadir.Config{Schema: 1}); !found || cfg.Lost.First != "" || cfg.Lost.Kept == "" {
		t.Errorf("once there is room: found %v, %+v", found, cfg.Lost)
	}
}
