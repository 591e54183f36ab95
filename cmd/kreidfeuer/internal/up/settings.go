package up

import (
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/datadir"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/device"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/exit"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/shell"
	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
)

// configure reads the configuration, and makes the device if there is none. A
// damaged or missing configuration does not keep a device from warning: it goes on
// with what is good of it, and says what is lost.
func (u *upper) configure() (made bool, err error) {
	defaults := datadir.Config{Schema: datadir.ConfigSchema, Name: hostname(), Listen: []string{}, Peers: []string{}, Places: []apitype.Place{}}
	var found bool
	if u.cfg, found = datadir.Mend(u.Env, u.dir, defaults); !found {
		if made, err = datadir.Make(u.Env, u.dir, defaults); err != nil {
			return false, err
		}
		if u.cfg, err = u.dir.OpenConfig(); err != nil {
			return false, err
		}
	}
	for _, p := range configProblems(u.cfg.Lost) {
		u.Warnf("%s", hinted(p))
	}
	return made, nil
}

// configProblems are what people are told until they have set again what was lost.
func configProblems(lost *datadir.Loss) []apitype.Problem {
	if lost == nil {
		return nil
	}
	p := apitype.Problem{Kind: "config-lost", Message: "the configuration is NOT what a person has set (" + lost.Why + "); "}
	if lost.First != "" {
		p.Hint = lost.First + "; then "
	}
	if len(lost.Settings) == 0 {
		p.Message += "every setting could be read"
		p.Hint += "look through config.json and remove \"lost\" from it; then start the device again"
	} else {
		p.Message += "LOST and at their defaults: " + strings.Join(lost.Settings, ", ")
		p.Hint += "set all of them again at once: kreidfeuer init --place PLACE --name NAME --listen MULTIADDR --peer MULTIADDR, each as far as you need it;" +
			" then start the device again"
	}
	if lost.Kept != "" {
		p.Hint += "; the damaged file is kept as " + lost.Kept
	}
	return []apitype.Problem{p}
}

// setting are the flags of init that set something, and what config.json calls it.
var setting = []struct{ flag, name string }{{"name", "name"}, {"port", "listen"}, {"listen", "listen"}, {"peer", "peers"}, {"place", "places"}}

// anySet reports whether a person asks for any setting.
func anySet(c *cli.Context) bool {
	for _, s := range setting {
		if c.IsSet(s.flag) {
			return true
		}
	}
	return false
}

// change changes what a person may change of a device that is there already: the
// places and, where settings were lost, all of them. One that runs reads its
// configuration when it is started.
func change(e *shell.Env, c *cli.Context, d datadir.Dir, wanted datadir.Config) error {
	cfg, err := d.OpenConfig()
	if err != nil {
		return err
	}
	left := settingsLeft(c, cfg.Lost)
	for _, s := range setting {
		switch {
		case !c.IsSet(s.flag):
		case s.name == "places":
			cfg.Places = wanted.Places
		case cfg.Lost == nil:
			return exit.Errorf(exit.No, "%s holds a device already; its configuration was not changed", d.Path).
				Hintf("edit %s", d.Config())
		case s.name == "name":
			cfg.Name = wanted.Name
		case s.name == "listen":
			cfg.Listen = wanted.Listen
		case s.name == "peers":
			cfg.Peers = wanted.Peers
		}
	}
	cfg.Lost = nil
	b, err := cfg.Encode()
	if err != nil {
		return err
	}
	if err := e.WriteFile(d.Config(), b, 0o600); err != nil {
		return err
	}
	if len(left) > 0 {
		e.Warnf("lost as well, and at their defaults from now on: %s; change them in %s", strings.Join(left, ", "), d.Config())
	}
	dev, err := device.Running(e, c)
	if err != nil || dev == nil {
		return err
	}
	e.Warnf("the device that runs takes up what was changed when it is started again")
	dev.Close()
	return nil
}

// settingsLeft are the settings that were lost and are not set again.
func settingsLeft(c *cli.Context, lost *datadir.Loss) (left []string) {
	if lost == nil {
		return nil
	}
	set := map[string]bool{}
	for _, s := range setting {
		set[s.name] = set[s.name] || c.IsSet(s.flag)
	}
	for _, name := range lost.Settings {
		if !set[name] {
			left = append(left, name)
		}
	}
	return left
}
