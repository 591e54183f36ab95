package main

import (
	"regexp"
	"runtime/debug"
	"testing"
)

func TestVersion(t *testing.T) {
	noted := func(revision, modified string) *debug.BuildInfo {
		return &debug.BuildInfo{Settings: []debug.BuildSetting{{Key: "-compiler", Value: "gc"}, {Key: "vcs.revision", Value: revision}, {Key: "vcs.modified", Value: modified}}}
	}
	const commit = "0123456789abcdef0123456789abcdef01234567"
	for _, c := range []struct {
		set  string
		info *debug.BuildInfo
		want string
	}{
		{"v1.2", noted(commit, "true"), "v1.2"},
		{"unknown", noted(commit, "false"), "0123456789ab"},
		{"unknown", noted(commit, "true"), "0123456789ab-dirty"},
		{"unknown", noted("", ""), "unknown"},
		{"unknown", &debug.BuildInfo{}, "unknown"},
		{"unknown", nil, "unknown"},
	} {
		if got := versionOf(c.set, c.info); got != c.want {
			t.Errorf("set %q: %q, want %q", c.set, got, c.want)
		}
	}
}

// TestProgram: a program of no known commit, as this test is, is told from every other.
func TestProgram(t *testing.T) {
	if got := program(); !regexp.MustCompile(`^([0-9a-f]{12}|([0-9a-f]{12}-dirty|unknown)-[0-9a-f]{12})$`).MatchString(got) {
		t.Errorf("%q", got)
	}
}
