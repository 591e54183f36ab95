package datadir

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/libp2p/go-libp2p/core/peer"
	ma "github.com/multiformats/go-multiaddr"

	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/exit"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/place"
	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
)

// ConfigSchema is the version of config.json that this program writes and reads.
const ConfigSchema = 1

// Config is config.json: what the person decides about the device. The zero
// value of every field is a working default.
type Config struct {
	Schema int `json:"schema"`

	// Name is what people call this device; only this device shows it.
	Name string `json:"name"`

	// Listen holds multiaddrs. Empty: port 7131 on all interfaces by QUIC and
	// TCP, another one if it is taken.
	Listen []string `json:"listen"`

	// Peers holds multiaddrs with peer ID that are always connected to.
	Peers []string `json:"peers"`

	// Places says which warnings concern this device. They never leave it.
	// Empty: every warning does.
	Places []apitype.Place `json:"places"`

	// Lost is set where this replaces a configuration that was damaged or missing.
	Lost *Loss `json:"lost,omitempty"`
}

// OpenConfig reads the configuration of an initialised data folder.
func (d Dir) OpenConfig() (Config, error) {
	b, err := os.ReadFile(d.Config())
	if errors.Is(err, fs.ErrNotExist) {
		return Config{}, d.missing("config.json")
	}
	if err != nil {
		return Config{}, exit.Errorf(exit.Data, "read the configuration: %w", err)
	}
	c, err := parseConfig(b)
	if err != nil {
		return Config{}, d.damagedConfig(err)
	}
	return c, nil
}

func parseConfig(b []byte) (Config, error) {
	var version struct {
		Schema int `json:"schema"`
	}
	if err := json.Unmarshal(b, &version); err != nil {
		return Config{}, err
	}
	if version.Schema > ConfigSchema {
		return Config{}, &newerError{version.Schema}
	}
	var c Config
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.DisallowUnknownFields() // a misspelled key would be ignored silently
	if err := dec.Decode(&c); err != nil {
		return Config{}, err
	}
	if _, err := dec.Token(); err != io.EOF {
		return Config{}, errors.New("text behind the object")
	}
	return c, c.Check()
}

// Check says what in the configuration cannot be.
func (c *Config) Check() error {
	if c.Schema < 1 {
		return errors.New("no schema version")
	}
	for _, s := range c.Listen {
		if _, err := ma.NewMultiaddr(s); err != nil {
			return fmt.Errorf("listen address %q: %w", s, err)
		}
	}
	for _, s := range c.Peers {
		if _, err := peer.AddrInfoFromString(s); err != nil {
			return fmt.Errorf("peer %q: %w (want /ip4/…/udp/7131/quic-v1/p2p/ID)", s, err)
		}
	}
	for i, p := range c.Places {
		if err := place.Check(p); err != nil {
			return fmt.Errorf("place %d: %w", i+1, err)
		}
	}
	return nil
}

// Encode is config.json, with every list that a person may fill.
func (c *Config) Encode() ([]byte, error) {
	if c.Listen == nil {
		c.Listen = []string{} // the file shows every list that a person may fill
	}
	if c.Peers == nil {
		c.Peers = []string{}
	}
	if c.Places == nil {
		c.Places = []apitype.Place{}
	}
	b, err := json.MarshalIndent(c, "", "  ")
	return append(b, '\n'), err
}

// ListenOn returns the listen addresses of one port.
func ListenOn(port int) []string {
	var addrs []string
	for _, ip := range []string{"/ip4/0.0.0.0", "/ip6/::"} {
		addrs = append(addrs, fmt.Sprintf("%s/udp/%d/quic-v1", ip, port), fmt.Sprintf("%s/tcp/%d", ip, port))
	}
	return addrs
}
