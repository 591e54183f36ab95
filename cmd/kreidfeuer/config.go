package main

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
	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
)

// configSchema is the version of config.json that this program writes and reads.
const configSchema = 1

// config is config.json: what the person decides about the device. The zero
// value of every field is a working default.
type config struct {
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
}

// openConfig reads the configuration of an initialised data folder.
func (d dataDir) openConfig() (config, error) {
	b, err := os.ReadFile(d.config())
	if errors.Is(err, fs.ErrNotExist) {
		return config{}, d.missing("config.json")
	}
	if err != nil {
		return config{}, exit.Errorf(exit.Data, "read the configuration: %w", err)
	}
	c, err := parseConfig(b)
	if err != nil {
		return config{}, exit.Errorf(exit.Data, "%s: %w", d.config(), err).Hintf("correct the file, or move it away and run kreidfeuer init")
	}
	return c, nil
}

func parseConfig(b []byte) (config, error) {
	var version struct {
		Schema int `json:"schema"`
	}
	if err := json.Unmarshal(b, &version); err != nil {
		return config{}, err
	}
	if version.Schema > configSchema {
		return config{}, fmt.Errorf("written by a newer version (schema %d, this program reads %d)", version.Schema, configSchema)
	}
	var c config
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.DisallowUnknownFields() // a misspelled key would be ignored silently
	if err := dec.Decode(&c); err != nil {
		return config{}, err
	}
	if _, err := dec.Token(); err != io.EOF {
		return config{}, errors.New("text behind the object")
	}
	return c, c.check()
}

func (c *config) check() error {
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
		if err := checkPlace(p); err != nil {
			return fmt.Errorf("place %d: %w", i+1, err)
		}
	}
	return nil
}

func (c *config) encode() ([]byte, error) {
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

// listenOn returns the listen addresses of one port.
func listenOn(port int) []string {
	var addrs []string
	for _, ip := range []string{"/ip4/0.0.0.0", "/ip6/::"} {
		addrs = append(addrs, fmt.Sprintf("%s/udp/%d/quic-v1", ip, port), fmt.Sprintf("%s/tcp/%d", ip, port))
	}
	return addrs
}
