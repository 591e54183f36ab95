// Package endpoint is where a device's control API is reached: a unix socket in
// the user's runtime folder, or, if chosen or where there are no unix sockets, a
// loopback TCP port with a token.
//
// The device writes the place into its data folder, so that a client needs to
// know nothing but that folder, whatever the environments of the two are.
package endpoint

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
)

// fileName is the file in the data folder that names the place.
const fileName = "endpoint.json"

// dialTimeout bounds connecting to a process on the same machine.
const dialTimeout = 3 * time.Second

var (
	// ErrNone means that no device runs with the data folder.
	ErrNone = errors.New("no device is running")
	// ErrRunning means that a device already runs with the data folder.
	ErrRunning = errors.New("a device is already running with this data folder")
)

// Endpoint is the content of the file: a socket, or an address with a token.
type Endpoint struct {
	Schema  apitype.Schema `json:"schema"`
	Socket  string         `json:"socket,omitempty"`
	Address string         `json:"address,omitempty"` // host:port
	Token   string         `json:"token,omitempty"`
}

// Read finds the endpoint of the device that runs with a data folder. It returns
// ErrNone if none has said that it does, and there is no socket where it would be; Dial finds
// out whether one still runs.
func Read(data string) (Endpoint, error) {
	var e Endpoint
	b, err := os.ReadFile(filepath.Join(data, fileName))
	if errors.Is(err, fs.ErrNotExist) {
		if path, ok := findSocket(data); ok { // its disk is full, or takes no writing
			return Endpoint{Schema: apitype.SchemaEndpoint, Socket: path}, nil
		}
		return e, ErrNone
	}
	if err != nil {
		return e, fmt.Errorf("find device: %w", err)
	}
	if err := json.Unmarshal(b, &e); err != nil || e.Schema != apitype.SchemaEndpoint || e.Socket == "" && e.Address == "" {
		return e, fmt.Errorf("find device: %s is damaged; delete it and start the device again", filepath.Join(data, fileName))
	}
	return e, nil
}

// Dial connects to the endpoint, or returns ErrNone if nobody listens there.
func (e Endpoint) Dial(ctx context.Context) (net.Conn, error) {
	network, address := "unix", e.Socket
	if e.Socket == "" {
		network, address = "tcp", e.Address
	}
	conn, err := (&net.Dialer{Timeout: dialTimeout}).DialContext(ctx, network, address)
	if err != nil && ctx.Err() == nil && !errors.Is(err, fs.ErrPermission) {
		return nil, fmt.Errorf("%w (%v)", ErrNone, err)
	}
	return conn, err
}

// DefaultData is the data folder unless told otherwise: KREIDFEUER_DATA, or the
// user's standard place for an application's data.
func DefaultData() (string, error) {
	if dir := os.Getenv("KREIDFEUER_DATA"); dir != "" {
		return dir, nil
	}
	if runtime.GOOS == "windows" {
		if dir := os.Getenv("LocalAppData"); dir != "" {
			return filepath.Join(dir, "Kreidfeuer"), nil
		}
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", fmt.Errorf("find the data folder: %w; set KREIDFEUER_DATA or use --data", err)
	}
	if runtime.GOOS == "darwin" {
		return filepath.Join(home, "Library", "Application Support", "Kreidfeuer"), nil
	}
	if dir := os.Getenv("XDG_DATA_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "kreidfeuer"), nil
	}
	return filepath.Join(home, ".local", "share", "kreidfeuer"), nil
}
