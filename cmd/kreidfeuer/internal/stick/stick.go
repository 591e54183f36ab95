package stick

import (
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/exit"
)

// A stick that many devices share holds, in the folder that they agree on, the
// folder KREIDFEU with bundles:
//
//	ABCDEAAA.KFB  a bundle; ABCDE stands for the device that wrote it, AAA counts
//	ABCDEAAB.TMP  a bundle that is being written, or was when the stick was pulled
//
// Names are 8.3 and upper case, for FAT. There is no index: each device reads what
// the bundles hold, so there is nothing that could be stale or lie. A bundle is
// never changed: it is written under its other name, synced and renamed; and it is
// removed once everything in it that is needed lies in another one.
const (
	stickFolder = "KREIDFEU"
	bundleExt   = ".KFB"
	tempExt     = ".TMP"

	ownLetters = 5 // of a name; the rest counts

	// maxStickFiles and maxStickRecords bound what a stick makes us remember.
	maxStickFiles   = 4096
	maxStickRecords = 2_000_000

	// maxStickBundle is where a new bundle begins: what FAT holds twice over.
	maxStickBundle = 1 << 30

	// leftoverAge is how old another device's unfinished bundle must be before it is
	// removed: it may be writing, where the folder is shared by network.
	leftoverAge = time.Hour
)

var (
	stickName = regexp.MustCompile(`(?i)^[a-z2-7]{8}\.(kfb|tmp)$`)
	nameText  = base32.StdEncoding.WithPadding(base32.NoPadding)
)

// folder is the bundles' folder on a stick. It stands between the exchange and
// the disk so that a test can pull the stick at every step.
type folder interface {
	List() ([]fs.FileInfo, error)
	Open(name string) (io.ReadCloser, error)
	Create(name string) (stickFile, error) // must not exist
	Rename(from, to string) error          // durable when it returns
	Remove(name string) error
}

type stickFile interface {
	io.WriteCloser
	Sync() error
}

// rootFolder is a folder of the file system. Nothing in it leads out of it.
type rootFolder struct{ *os.Root }

// openStick opens the bundles' folder below dir, and makes it if it can. A stick
// that cannot be written to and holds nothing is an error.
func openStick(dir string) (*rootFolder, error) {
	info, err := os.Stat(dir)
	if err != nil {
		return nil, exit.Errorf(exit.Usage, "%w", err).Hintf("name a folder on the stick, as it is mounted now")
	}
	if !info.IsDir() {
		return nil, exit.Errorf(exit.Usage, "%s is no folder", dir)
	}
	top, err := os.OpenRoot(dir)
	if err != nil {
		return nil, exit.Errorf(exit.System, "open %s: %w", dir, err)
	}
	defer top.Close()
	if err := top.Mkdir(stickFolder, 0o777); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, stickError(dir, err)
	}
	root, err := top.OpenRoot(stickFolder)
	if err != nil {
		return nil, exit.Errorf(exit.System, "open %s on the stick: %w", stickFolder, err)
	}
	return &rootFolder{root}, nil
}

// List lists regular files whose names are ours.
func (r *rootFolder) List() (list []fs.FileInfo, err error) {
	d, err := r.Root.Open(".")
	if err != nil {
		return nil, err
	}
	defer d.Close()
	for {
		entries, err := d.Readdir(256)
		for _, info := range entries {
			if info.Mode().IsRegular() && stickName.MatchString(info.Name()) {
				list = append(list, info)
			}
		}
		if len(list) > maxStickFiles {
			return nil, fmt.Errorf("more than %d bundles", maxStickFiles)
		}
		if err == io.EOF {
			slices.SortFunc(list, func(a, b fs.FileInfo) int { return strings.Compare(a.Name(), b.Name()) })
			return list, nil
		}
		if err != nil {
			return nil, err
		}
	}
}

func (r *rootFolder) Open(name string) (io.ReadCloser, error) { return r.Root.Open(name) }

func (r *rootFolder) Create(name string) (stickFile, error) {
	return r.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
}

func (r *rootFolder) Rename(from, to string) error {
	if err := r.Root.Rename(from, to); err != nil {
		return err
	}
	d, err := r.Root.Open(".")
	if err != nil {
		return err
	}
	defer d.Close()
	if err := d.Sync(); err != nil && !errors.Is(err, fs.ErrInvalid) && !errors.Is(err, errors.ErrUnsupported) && !notSyncable(err) {
		return err
	}
	return nil
}

// ownPrefix begins the names of a device's bundles. That two devices share one,
// once in 30 million, costs nothing: what a bundle holds is kept, whoever wrote it.
func ownPrefix(peerID string) string {
	sum := sha256.Sum256([]byte("kreidfeuer stick 1\n" + peerID))
	return nameText.EncodeToString(sum[:])[:ownLetters]
}

// freeName is the next name of a device's bundles, without extension; used are all
// names in the folder.
func freeName(prefix string, used []string) (string, error) {
	taken := map[string]bool{}
	for _, u := range used {
		taken[strings.ToUpper(strings.TrimSuffix(u, u[strings.LastIndexByte(u, '.'):]))] = true
	}
	for n := range 32 * 32 * 32 {
		name := prefix + string([]byte{digit(n >> 10), digit(n >> 5), digit(n)})
		if !taken[name] {
			return name, nil
		}
	}
	return "", errors.New("all names are taken")
}

func digit(n int) byte { return "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"[n&31] }

func hasExt(name, ext string) bool { return strings.HasSuffix(strings.ToUpper(name), ext) }

func isOwn(name, prefix string) bool { return strings.HasPrefix(strings.ToUpper(name), prefix) }
