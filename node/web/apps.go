package web

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// SumsName is the file of checksums beside the program's files, as sha256sum
// writes it.
const SumsName = "SHA256SUMS"

// maxApps bounds the files offered; make dist makes six.
const maxApps = 64

// App is one of the program's files.
type App struct {
	Name string // as offered, fit for every file system
	Path string
	Size int64
	Sum  [sha256.Size]byte
}

// Apps are the program's own files for handing on. It is immutable.
type Apps struct{ files []App }

// Files returns the files by name. The caller must not change them.
func (a *Apps) Files() []App { return a.files }

// Sums is the content of the file of checksums.
func (a *Apps) Sums() []byte {
	var b strings.Builder
	for _, f := range a.files {
		fmt.Fprintf(&b, "%x  %s\n", f.Sum, f.Name)
	}
	return []byte(b.String())
}

// appName is what a file of the program may be called: FAT32 takes it, no shell
// and no page makes anything else of it, and no name leaves its folder.
var appName = regexp.MustCompile(`^kreidfeuer[A-Za-z0-9_.-]{0,60}$`)

// OpenApps reads the files of the program in a folder, as make dist fills it, and
// computes their checksums. Where the folder has SHA256SUMS, every file named
// there must agree with it, and only those are offered.
func OpenApps(dir string) (*Apps, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("read the program's files: %w", err)
	}
	known, err := readSums(filepath.Join(dir, SumsName))
	if err != nil {
		return nil, err
	}
	a := &Apps{}
	for _, e := range entries {
		if !e.Type().IsRegular() || !appName.MatchString(e.Name()) || known != nil && known[e.Name()] == "" {
			continue
		}
		f, err := openApp(filepath.Join(dir, e.Name()), e.Name())
		if err != nil {
			return nil, err
		}
		if want := known[e.Name()]; known != nil && want != hex.EncodeToString(f.Sum[:]) {
			return nil, fmt.Errorf("%s differs from its checksum in %s: it is damaged or was exchanged", f.Path, SumsName)
		}
		if a.files = append(a.files, f); len(a.files) > maxApps {
			return nil, fmt.Errorf("%s holds more than %d files of the program", dir, maxApps)
		}
	}
	if len(a.files) == 0 {
		return nil, fmt.Errorf("%s holds no files of the program: want kreidfeuer-linux-amd64 and the like, as make dist makes them", dir)
	}
	return a, nil
}

// OwnApp offers one file: the program that runs, under the name of its platform.
func OwnApp(path, platform string) (*Apps, error) {
	name := "kreidfeuer-" + platform
	if !appName.MatchString(name) {
		return nil, fmt.Errorf("platform %q has no name for a file", platform)
	}
	f, err := openApp(path, name)
	if err != nil {
		return nil, err
	}
	return &Apps{files: []App{f}}, nil
}

func openApp(path, name string) (App, error) {
	f, err := os.Open(path)
	if err != nil {
		return App{}, fmt.Errorf("read the program's file: %w", err)
	}
	defer f.Close()
	h := sha256.New()
	n, err := io.Copy(h, f)
	if err != nil {
		return App{}, fmt.Errorf("read the program's file %s: %w", path, err)
	}
	return App{Name: name, Path: path, Size: n, Sum: [sha256.Size]byte(h.Sum(nil))}, nil
}

// readSums reads a file of checksums; nil if there is none.
func readSums(path string) (map[string]string, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read checksums: %w", err)
	}
	defer f.Close()
	sums := map[string]string{}
	for lines := bufio.NewScanner(f); lines.Scan(); {
		sum, name, ok := strings.Cut(lines.Text(), "  ")
		if !ok || len(sum) != 2*sha256.Size {
			return nil, fmt.Errorf("%s: %.80q is no checksum", path, lines.Text())
		}
		sums[strings.TrimPrefix(name, "*")] = strings.ToLower(sum)
	}
	return sums, nil
}

// System names the system that a file is for, in the words of language.
func (a App) system(w *appWords) string {
	platform := strings.TrimSuffix(strings.TrimPrefix(a.Name, "kreidfeuer-"), ".exe")
	if s, ok := w.Systems[platform]; ok {
		return s
	}
	return platform
}

// appView is the page that hands the program on.
type appView struct {
	frame
	App   *appWords
	Files []fileView
}

type fileView struct{ System, Name, Link, Size, Sum string }

func (s *Server) appPage(ctx context.Context, _ *http.Request, w *words) (any, error) {
	f, _, err := s.frame(ctx, w)
	if err != nil {
		return nil, err
	}
	f.Back, f.Title, f.Apps = true, w.App.Title, false
	v := appView{frame: f}
	text := w.App
	a := s.apps.Load()
	switch {
	case a == nil:
		text.Intro, v.Refresh = append(slices.Clone(text.Intro), text.Wait), 5
	case len(a.files) == 1:
		text.Intro = append(slices.Clone(text.Intro), text.Own)
	}
	v.App = &text
	if a != nil {
		v.Files = filesOf(a, &text, "/app/")
	}
	return v, nil
}

func filesOf(a *Apps, w *appWords, folder string) (list []fileView) {
	for _, f := range a.files {
		list = append(list, fileView{f.system(w), f.Name, folder + f.Name, fmt.Sprintf("%.1f MB", float64(f.Size)/1e6), hex.EncodeToString(f.Sum[:])})
	}
	return list
}
