// Package datadir defines the data folder: where it is, the device's key and its
// configuration in it, and how it is made.
package datadir

import (
	"crypto/ed25519"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"

	"github.com/libp2p/go-libp2p/core/crypto"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/urfave/cli/v2"

	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/exit"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/shell"
)

// Dir is the folder that holds everything a device keeps:
//
//	device.key   who this device is to its neighbours (PKCS #8, not encrypted:
//	             it must start without a person; it signs no warnings)
//	config.json  see Config; one that was damaged is kept as config.json.damaged
//	pins/        the trust domains this device trusts; see pins.go
//	store/       envelopes and local state; only a running device opens it
type Dir struct{ Path string }

func (d Dir) deviceKey() string { return filepath.Join(d.Path, "device.key") }

// Config is the path of config.json.
func (d Dir) Config() string { return filepath.Join(d.Path, "config.json") }

// Pins is the folder of the pinned trust domains.
func (d Dir) Pins() string { return filepath.Join(d.Path, "pins") }

// Store is the folder of the store.
func (d Dir) Store() string { return filepath.Join(d.Path, "store") }

// portableName is the folder beside the program with --portable.
const portableName = "kreidfeuer-data"

// Find finds the data folder: --data or KREIDFEUER_DATA, --portable, or the
// user's standard place. The folder need not exist.
func Find(e *shell.Env, c *cli.Context) (Dir, error) {
	path, portable := c.String("data"), c.Bool("portable")
	var err error
	switch {
	case path != "" && portable && path != e.Getenv("KREIDFEUER_DATA"):
		return Dir{}, exit.Errorf(exit.Usage, "--data and --portable exclude each other")
	case portable:
		path, err = os.Executable()
		if err == nil {
			path, err = filepath.EvalSymlinks(path)
		}
		path = filepath.Join(filepath.Dir(path), portableName)
	case path == "":
		path, err = standardDataDir(e)
	}
	if err == nil {
		path, err = filepath.Abs(path)
	}
	if err != nil {
		return Dir{}, exit.Errorf(exit.Data, "find the data folder: %w", err).Hintf("name it with --data DIR")
	}
	return Dir{path}, nil
}

// standardDataDir is where the system wants users' data to be kept.
func standardDataDir(e *shell.Env) (string, error) {
	if runtime.GOOS == "windows" {
		if base := e.Getenv("LOCALAPPDATA"); base != "" {
			return filepath.Join(base, "kreidfeuer"), nil
		}
		return "", errors.New("LOCALAPPDATA is not set")
	}
	if base := e.Getenv("XDG_DATA_HOME"); filepath.IsAbs(base) && runtime.GOOS != "darwin" {
		return filepath.Join(base, "kreidfeuer"), nil // the specification ignores relative paths
	}
	home := e.Getenv("HOME")
	switch {
	case home == "":
		return "", errors.New("HOME is not set")
	case runtime.GOOS == "darwin":
		return filepath.Join(home, "Library", "Application Support", "kreidfeuer"), nil
	}
	return filepath.Join(home, ".local", "share", "kreidfeuer"), nil
}

// Device is the identity of the device that a data folder belongs to.
type Device struct {
	Key  ed25519.PrivateKey
	Peer peer.ID
}

const deviceKeyType = "PRIVATE KEY" // RFC 7468, 10

// OpenDevice reads the device key of an initialised data folder.
func (d Dir) OpenDevice() (Device, error) {
	b, err := os.ReadFile(d.deviceKey())
	if errors.Is(err, fs.ErrNotExist) {
		return Device{}, d.missing("device.key")
	}
	if err != nil {
		return Device{}, exit.Errorf(exit.Data, "read the device key: %w", err)
	}
	dev, err := parseDevice(b)
	if err != nil {
		return Device{}, exit.Errorf(exit.Data, "%s is damaged: %w", d.deviceKey(), err).
			Hintf("restore it from a backup; without it this is another device to its neighbours")
	}
	return dev, nil
}

func parseDevice(b []byte) (Device, error) {
	block, _ := pem.Decode(b)
	if block == nil || block.Type != deviceKeyType {
		return Device{}, fmt.Errorf("no PEM block %q", deviceKeyType)
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return Device{}, err
	}
	key, ok := parsed.(ed25519.PrivateKey)
	if !ok {
		return Device{}, fmt.Errorf("the key is no Ed25519 key")
	}
	return newDevice(key)
}

func newDevice(key ed25519.PrivateKey) (Device, error) {
	public, err := crypto.UnmarshalEd25519PublicKey(key.Public().(ed25519.PublicKey))
	if err != nil {
		return Device{}, err
	}
	id, err := peer.IDFromPublicKey(public)
	if err != nil {
		return Device{}, err
	}
	return Device{key, id}, nil
}

func (d Device) encode() ([]byte, error) {
	der, err := x509.MarshalPKCS8PrivateKey(d.Key)
	if err != nil {
		return nil, err
	}
	return pem.EncodeToMemory(&pem.Block{Type: deviceKeyType, Bytes: der}), nil
}

// missing is the error of a data folder without one of its files.
func (d Dir) missing(name string) error {
	if _, err := os.Stat(d.Config()); err != nil {
		if _, err := os.Stat(d.deviceKey()); err == nil && d.wasUsed() {
			return exit.Errorf(exit.Data, "%s lacks config.json", d.Path).
				Hintf("restore it from a backup, or make another one with kreidfeuer init; kreidfeuer up does so by itself")
		}
		return exit.Errorf(exit.Data, "no device in %s", d.Path).Hintf("kreidfeuer init makes one; --data DIR names another folder")
	}
	return exit.Errorf(exit.Data, "%s lacks %s", d.Path, name).
		Hintf("restore the file from a backup, or move the folder away and run kreidfeuer init")
}
