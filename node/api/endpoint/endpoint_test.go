package endpoint

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// environment gives the test folders of its own, so that it meets no real device.
func environment(t *testing.T) (data string) {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("tests of unix sockets")
	}
	runtimeDir, err := os.MkdirTemp("", "kf")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(runtimeDir) })
	t.Setenv("XDG_RUNTIME_DIR", runtimeDir)
	return t.TempDir()
}

func listen(t *testing.T, data, address string) *Listener {
	t.Helper()
	l, err := Listen(data, address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

func dial(t *testing.T, data string) error {
	t.Helper()
	e, err := Read(data)
	if err != nil {
		return err
	}
	conn, err := e.Dial(t.Context())
	if err == nil {
		conn.Close()
	}
	return err
}

func TestSocketLivesWithItsDevice(t *testing.T) {
	data := environment(t)
	if err := dial(t, data); !errors.Is(err, ErrNone) {
		t.Errorf("before: %v, want ErrNone", err)
	}
	l := listen(t, data, "")
	if err := dial(t, data); err != nil {
		t.Error(err)
	}
	for _, path := range []string{l.Endpoint.Socket, filepath.Join(data, fileName)} {
		info, err := os.Stat(path)
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: mode %v, %v, want 0600", path, info.Mode(), err)
		}
	}
	if _, err := Listen(data, ""); !errors.Is(err, ErrRunning) {
		t.Errorf("second device: %v, want ErrRunning", err)
	}
	if err := l.Close(); err != nil {
		t.Error(err)
	}
	if err := dial(t, data); !errors.Is(err, ErrNone) {
		t.Errorf("after: %v, want ErrNone", err)
	}
	if _, err := os.Stat(l.Endpoint.Socket); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the socket is left: %v", err)
	}
}

// TestUnannounced: a device whose data folder takes no file is found by its socket; an address
// that the folder names is an earlier one's.
func TestUnannounced(t *testing.T) {
	data := environment(t)
	if err := os.MkdirAll(filepath.Join(data, fileName+".new", "in the way"), 0o700); err != nil {
		t.Fatal(err)
	}
	stale := `{"schema":"kreidfeuer.endpoint/1","address":"127.0.0.1:1","token":"x"}`
	if err := os.WriteFile(filepath.Join(data, fileName), []byte(stale), 0o600); err != nil {
		t.Fatal(err)
	}
	l := listen(t, data, "")
	if l.Unannounced == nil {
		t.Error("nothing says that it is not announced")
	}
	if err := dial(t, data); err != nil {
		t.Error(err)
	}
	if _, err := Listen(data, ""); !errors.Is(err, ErrRunning) {
		t.Errorf("second device: %v, want ErrRunning", err)
	}
}

func TestSocketOfAKilledDevice(t *testing.T) {
	data := environment(t)
	l := listen(t, data, "")
	l.Listener.(*net.UnixListener).SetUnlinkOnClose(false)
	l.Listener.Close() // as kill -9 does: socket and announcement stay
	if err := dial(t, data); !errors.Is(err, ErrNone) {
		t.Errorf("dial: %v, want ErrNone", err)
	}
	listen(t, data, "")
	if err := dial(t, data); err != nil {
		t.Error(err)
	}
}

func TestLongRuntimeFolder(t *testing.T) {
	data := environment(t)
	t.Setenv("XDG_RUNTIME_DIR", filepath.Join(t.TempDir(), strings.Repeat("long", 30)))
	l := listen(t, data, "")
	if len(l.Endpoint.Socket) > maxSocketPath {
		t.Errorf("socket path of %d bytes", len(l.Endpoint.Socket))
	}
	t.Setenv("XDG_RUNTIME_DIR", "") // the client's environment does not matter
	if err := dial(t, data); err != nil {
		t.Error(err)
	}
}

func TestForeignFolderIsRefused(t *testing.T) {
	data := environment(t)
	open := filepath.Join(os.Getenv("XDG_RUNTIME_DIR"), "kreidfeuer")
	if err := os.Mkdir(open, 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(open, 0o777); err != nil {
		t.Fatal(err)
	}
	if l := listen(t, data, ""); strings.HasPrefix(l.Endpoint.Socket, open) {
		t.Error("the socket lies in a folder that is open to all")
	}
	elsewhere := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(t.TempDir(), elsewhere); err != nil {
		t.Fatal(err)
	}
	if privateDir(elsewhere) == nil {
		t.Error("a symbolic link passes for a private folder")
	}
}

func TestLoopbackOnly(t *testing.T) {
	data := environment(t)
	for _, address := range []string{"0.0.0.0:0", "192.0.2.1:80", "localhost:0", ":0", "[::]:0", "x"} {
		if l, err := Listen(data, address); err == nil {
			l.Close()
			t.Errorf("listens on %s", address)
		}
	}
	l := listen(t, data, "127.0.0.1:0")
	if len(l.Endpoint.Token) < 20 || l.Endpoint.Socket != "" {
		t.Errorf("endpoint %+v", l.Endpoint)
	}
	if err := dial(t, data); err != nil {
		t.Error(err)
	}
}

func TestDamagedFile(t *testing.T) {
	data := environment(t)
	for _, text := range []string{"", "{}", `{"schema":"kreidfeuer.endpoint/1"}`, `{"schema":"kreidfeuer.endpoint/9","socket":"x"}`} {
		if err := os.WriteFile(filepath.Join(data, fileName), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := dial(t, data); err == nil || errors.Is(err, ErrNone) {
			t.Errorf("%q: %v, want an error that says so", text, err)
		}
		listen(t, data, "").Close() // a device starts over it
	}
}
