package main

import (
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"strings"
	"sync"
)

// version is set when the program is built by its Makefile.
var version = "unknown"

const dirty = "-dirty"

// release is the version that people are told.
func release() string {
	info, _ := debug.ReadBuildInfo()
	return versionOf(version, info)
}

// versionOf is the version that was set, else the commit that the toolchain has noted.
func versionOf(set string, info *debug.BuildInfo) string {
	if set != "unknown" || info == nil {
		return set
	}
	noted := map[string]string{}
	for _, s := range info.Settings {
		noted[s.Key] = s.Value
	}
	commit := noted["vcs.revision"]
	if commit == "" {
		return set
	}
	if commit = commit[:min(len(commit), 12)]; noted["vcs.modified"] == "true" {
		commit += dirty
	}
	return commit
}

// program stands for the code that plays, so that results of other code are not taken
// for its own. A commit stands for all of it; where there is none, or more than it,
// the program's own file does.
var program = sync.OnceValue(func() string {
	v := release()
	if v != "unknown" && !strings.HasSuffix(v, dirty) {
		return v
	}
	name, err := os.Executable()
	if err != nil {
		return v
	}
	f, err := os.Open(name)
	if err != nil {
		return v
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return v
	}
	return fmt.Sprintf("%s-%x", v, h.Sum(nil)[:6])
})
