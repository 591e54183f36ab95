package cert

import (
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/exit"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/object"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/place"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/shell"
	"github.com/kreidfeuer/kreidfeuer/gossip/region"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/identity"
)

// scopeFlags say what a certificate permits.
func scopeFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringSliceFlag{Name: "area", Usage: "permit warnings for `AREA`: \"ARS 07131\", \"Kreis Ahrweiler\", \"ARS *\"; may be repeated"},
		&cli.BoolFlag{Name: "like-parent", Usage: "permit what the issuer may, its areas too"},
		&cli.StringFlag{Name: "categories", Usage: "permit these CAP `CATEGORIES`, separated by commas", DefaultText: "the issuer's"},
		&cli.StringFlag{Name: "max-severity", Usage: "permit up to `SEVERITY`: minor, moderate, severe, extreme", DefaultText: "the issuer's"},
		&cli.StringFlag{Name: "lanes", Usage: "permit `LANES`, separated by commas: live, drill, mail", DefaultText: "the issuer's"},
		&cli.IntFlag{Name: "needed", Usage: "`K` persons must sign for Severe, Extreme and for delegation", DefaultText: "the issuer's, 2 below the root"},
		&cli.IntFlag{Name: "depth", Usage: "`LEVELS` of units below may be certified", DefaultText: "one less than the issuer's"},
		&cli.IntFlag{Name: "children", Usage: "at most `N` certificates below", DefaultText: "the issuer's"},
		&cli.StringFlag{Name: "lifetime", Usage: "warnings live at most `TIME`: 12h, 7d", DefaultText: "the issuer's"},
		&cli.IntFlag{Name: "emergency", Usage: "`N` emergency signatures by one person in 24 hours", DefaultText: "the issuer's"},
	}
}

// The scope of a unit directly below the root, where no issuer limits it: four
// levels (Land, Kreis, Leitstelle, office), and quotas that 500 units fill with
// 40 warnings of 64 KiB each.
const (
	rootDepth     = 4
	rootNeeded    = 2
	rootChildren  = 512
	rootEmergency = 4
	rootQuota     = 20000
	rootBytes     = 64 << 20
)

func rootScope() identity.Scope {
	s := identity.Scope{
		Categories: identity.AllCategories, Severity: wire.PriorityExtreme, Lanes: identity.LaneSet(wire.Lanes...),
		Depth: rootDepth, Needed: rootNeeded, Children: rootChildren, Lifetime: wire.MaxAlertLifetime, Emergency: rootEmergency,
	}
	for _, l := range wire.Lanes {
		s.Quotas = append(s.Quotas, identity.Quota{Lane: l, Count: rootQuota, Bytes: rootBytes})
	}
	return s
}

// grantedScope is what the flags say, on the base of what the issuer may; issuer
// nil is the root. A unit below, and its persons, delegate one level less.
func grantedScope(c *cli.Context, issuer *identity.Certificate, kind identity.Kind, authority string) (identity.Scope, error) {
	s := rootScope()
	if issuer != nil {
		s = issuer.Scope
		if authority != issuer.Authority && s.Depth > 0 {
			s.Depth--
		}
	}
	if kind == identity.KindGateway {
		s.ImportOnly, s.Depth, s.Emergency, s.Children = true, 0, 0, 0
	}
	if err := scopeAreas(c, issuer, &s); err != nil {
		return s, err
	}
	if err := scopeSets(c, &s); err != nil {
		return s, err
	}
	return s, scopeNumbers(c, &s)
}

func scopeAreas(c *cli.Context, issuer *identity.Certificate, s *identity.Scope) error {
	names := c.StringSlice("area")
	switch {
	case len(names) > 0:
		s.Areas = nil
	case c.Bool("like-parent") && issuer != nil:
		return nil
	default:
		return exit.Errorf(exit.Usage, "for which area?").Hintf("--area \"ARS 07131\", or --like-parent for all areas of the issuer")
	}
	var area identity.Area
	for _, name := range names {
		key, err := parseArea(name)
		if err != nil {
			return err
		}
		if !slices.Contains(area.Keys, key) {
			area.Keys = append(area.Keys, key)
		}
	}
	s.Areas = []identity.Area{area}
	return nil
}

// parseArea reads a key, or the name of a district or Land.
func parseArea(name string) (identity.AreaKey, error) {
	if key, err := identity.ParseAreaKey(name); err == nil {
		return key, nil
	}
	found := region.Lookup(name)
	switch len(found) {
	case 1:
		return identity.AreaKey{Scheme: identity.SchemeARS, Prefix: found[0].Key}, nil
	case 0:
		return identity.AreaKey{}, exit.Errorf(exit.Usage, "no area is called %q", name).Hintf("%s", place.DidYouMean(region.Suggest(name)))
	}
	return identity.AreaKey{}, exit.Errorf(exit.Usage, "%d areas are called %q", len(found), name).Hintf("%s", place.DidYouMean(found))
}

func scopeSets(c *cli.Context, s *identity.Scope) error {
	if c.IsSet("categories") {
		names := strings.Split(c.String("categories"), ",")
		for i := range names {
			names[i] = strings.TrimSpace(names[i])
		}
		set, err := identity.ParseCategories(names...)
		if err != nil {
			return exit.Errorf(exit.Usage, "--categories: %w", err).Hintf("CAP's are %s", strings.Join(identity.CategoryNames[:], ", "))
		}
		s.Categories = set
	}
	if c.IsSet("max-severity") {
		severity, err := parseSeverity(c.String("max-severity"))
		if err != nil {
			return err
		}
		s.Severity = severity
	}
	if c.IsSet("lanes") {
		s.Lanes = identity.LaneSet(wire.LaneTrust) // without it no certificate, list or sign of life could be made
		for name := range strings.SplitSeq(c.String("lanes"), ",") {
			lane, err := wire.ParseLane(strings.TrimSpace(name))
			if err != nil {
				return exit.Errorf(exit.Usage, "--lanes: %w", err).Hintf("live, drill, mail")
			}
			s.Lanes |= identity.LaneSet(lane)
		}
	}
	return nil
}

func parseSeverity(name string) (wire.Priority, error) {
	for i, known := range object.SeverityNames {
		if i > 0 && strings.EqualFold(known, name) {
			return wire.Priority(i), nil
		}
	}
	return 0, exit.Errorf(exit.Usage, "unknown severity %q", name).Hintf("minor, moderate, severe or extreme")
}

func scopeNumbers(c *cli.Context, s *identity.Scope) error {
	for _, f := range []struct {
		name string
		high int
		set  func(int)
	}{
		{"needed", wire.MaxSigners - 1, func(n int) { s.Needed = uint8(n) }},
		{"depth", wire.MaxDepth, func(n int) { s.Depth = uint8(n) }},
		{"children", 1 << 15, func(n int) { s.Children = uint16(n) }},
		{"emergency", 255, func(n int) { s.Emergency = uint8(n) }},
	} {
		if !c.IsSet(f.name) {
			continue
		}
		n := c.Int(f.name)
		if n < 0 || n > f.high {
			return exit.Errorf(exit.Usage, "--%s %d: want 0 to %d", f.name, n, f.high)
		}
		f.set(n)
	}
	if c.IsSet("lifetime") {
		seconds, err := shell.ParseSpan(c.String("lifetime"))
		if err != nil {
			return err
		}
		s.Lifetime = seconds
	}
	return nil
}
