package scenario

import (
	"embed"
	"io/fs"
	"path"
	"slices"
	"strings"
)

//go:embed library/*.yaml
var library embed.FS

// Library lists the scenarios that come with the program, by name.
func Library() (names []string) {
	files, err := fs.Glob(library, "library/*.yaml")
	if err != nil {
		panic(err) // the pattern is constant
	}
	for _, f := range files {
		names = append(names, strings.TrimSuffix(path.Base(f), ".yaml"))
	}
	slices.Sort(names)
	return names
}

// FromLibrary is the text of a scenario of the library.
func FromLibrary(name string) ([]byte, bool) {
	text, err := library.ReadFile("library/" + name + ".yaml")
	return text, err == nil
}
