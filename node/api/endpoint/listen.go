package endpoint

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"strconv"

	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
)

// maxSocketPath is the longest path of a unix socket that works on all systems
// (104 bytes on macOS, 108 on Linux, with the final zero).
const maxSocketPath = 100

// Listener listens at an endpoint.
type Listener struct {
	net.Listener
	Endpoint Endpoint
	// Unannounced is why the data folder does not name the endpoint, as on a full disk; nil: it
	// does. A unix socket is found all the same, an address is not.
	Unannounced error
	file        string
}

// Listen opens the endpoint of the device with a data folder, which must exist.
// An empty address chooses a unix socket that only its user can open, and where
// there are none, a random loopback port. An address is a loopback IP and port.
// It returns ErrRunning if another device runs with the folder; what a killed
// one left behind is removed. Close it.
func Listen(data, address string) (*Listener, error) {
	old, err := Read(data)
	if err == nil {
		if conn, err := old.Dial(context.Background()); err == nil {
			conn.Close()
			return nil, ErrRunning
		}
	}
	l := &Listener{file: filepath.Join(data, fileName), Endpoint: Endpoint{Schema: apitype.SchemaEndpoint}}
	if address != "" {
		err = l.listenTCP(address)
	} else if err = l.listenUnix(data); err != nil && !errors.Is(err, ErrRunning) && runtime.GOOS == "windows" { // before version 10
		err = l.listenTCP("127.0.0.1:0")
	}
	if err != nil {
		return nil, fmt.Errorf("listen for the control API: %w", err)
	}
	if err := l.announce(); err != nil {
		l.Unannounced = fmt.Errorf("announce the control API: %w", err)
		_ = os.Remove(l.file) // names another place, if any
	}
	return l, nil
}

// Close stops listening and takes the announcement back.
func (l *Listener) Close() error {
	err := l.Listener.Close()
	if e := os.Remove(l.file); e != nil && !errors.Is(e, fs.ErrNotExist) {
		err = errors.Join(err, e)
	}
	return err
}

func (l *Listener) listenTCP(address string) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil || !at.Addr().IsLoopback() {
		return fmt.Errorf("address %q: want a loopback IP and a port, as 127.0.0.1:0", address)
	}
	if l.Listener, err = net.Listen("tcp", address); err != nil {
		return err
	}
	l.Endpoint.Address, l.Endpoint.Token = l.Listener.Addr().String(), rand.Text()
	return nil
}

func (l *Listener) listenUnix(data string) error {
	paths, err := socketPaths(data)
	if err != nil {
		return err
	}
	var failed []error
	for _, path := range paths {
		if len(path) > maxSocketPath {
			failed = append(failed, fmt.Errorf("%s: longer than %d bytes", path, maxSocketPath))
			continue
		}
		if err := privateDir(filepath.Dir(path)); err != nil {
			failed = append(failed, err)
			continue
		}
		if err := l.listenAt(path); errors.Is(err, ErrRunning) {
			return err
		} else if err != nil {
			failed = append(failed, err)
			continue
		}
		l.Endpoint.Socket = path
		return nil
	}
	return errors.Join(failed...)
}

// listenAt takes the place of a socket that nobody listens on any more.
func (l *Listener) listenAt(path string) error {
	if conn, err := (Endpoint{Socket: path}).Dial(context.Background()); err == nil {
		conn.Close()
		return ErrRunning
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	u, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		return err
	}
	// The folder is private, so nobody came in before this.
	if err := os.Chmod(path, 0o600); err != nil {
		u.Close()
		return err
	}
	l.Listener = u
	return nil
}

// findSocket looks for the socket of a device that could not announce it.
func findSocket(data string) (path string, ok bool) {
	paths, err := socketPaths(data)
	if err != nil {
		return "", false
	}
	for _, path := range paths {
		info, err := os.Lstat(path)
		if err != nil || info.Mode().Type() != fs.ModeSocket {
			continue
		}
		if dir, err := os.Lstat(filepath.Dir(path)); err == nil && dir.IsDir() && isPrivate(dir) {
			return path, true
		}
	}
	return "", false
}

// socketPaths lists where the socket of the device with a data folder may lie, the best first.
func socketPaths(data string) ([]string, error) {
	absolute, err := filepath.Abs(data)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256([]byte(absolute))
	paths := socketDirs(data)
	for i, dir := range paths {
		paths[i] = filepath.Join(dir, hex.EncodeToString(sum[:8])+".sock")
	}
	return paths, nil
}

func socketDirs(data string) []string {
	var dirs []string
	if dir := os.Getenv("XDG_RUNTIME_DIR"); filepath.IsAbs(dir) {
		dirs = append(dirs, filepath.Join(dir, "kreidfeuer"))
	}
	own := "kreidfeuer-" + strconv.Itoa(os.Getuid())
	return append(dirs, filepath.Join(os.TempDir(), own), filepath.Join("/tmp", own), filepath.Join(data, "run"))
}

// privateDir makes a folder that nobody else can enter, and refuses one that
// somebody else has made in a place that is open to all.
func privateDir(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	info, err := os.Lstat(dir)
	if err != nil {
		return err
	}
	if !info.IsDir() || !isPrivate(info) {
		return fmt.Errorf("%s: not a folder of this user alone; remove it", dir)
	}
	return nil
}

// announce writes the endpoint's file, whole or not at all.
func (l *Listener) announce() error {
	b, err := json.Marshal(l.Endpoint)
	if err != nil {
		return err
	}
	next := l.file + ".new"
	if err := os.Remove(next); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.WriteFile(next, append(b, '\n'), 0o600); err != nil {
		return err
	}
	return os.Rename(next, l.file)
}
