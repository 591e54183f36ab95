//go:build demo

package demo

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os/exec"
	"time"

	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/urfave/cli/v2"

	"github.com/kreidfeuer/kreidfeuer/cmd/internal/hostile"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/command"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/exit"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/shell"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

// shot is one line of the hostile peer's standard input: what to publish.
type shot struct {
	Name string    `json:"name"`
	Lane wire.Lane `json:"lane"`
	Raw  []byte    `json:"raw"`
	// Times repeats the shot with other bytes at its end: a flood of junk.
	Times int `json:"times,omitempty"`
}

// hit is its answer.
type hit struct {
	Name      string `json:"name"`
	Connected int    `json:"connected"` // victims that still talk to it
	CutOffMS  int64  `json:"cut_off_ms,omitempty"`
	Sent      int    `json:"sent"`
}

// Hostile is the hidden command of the hostile peer.
func Hostile(e *shell.Env) []*cli.Command {
	return []*cli.Command{command.Document(&cli.Command{
		Name: "hostile", Hidden: true,
		Usage: "attack devices with raw gossipsub; for demonstrations and tests",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "domain", Required: true},
			&cli.StringSliceFlag{Name: "victim", Required: true},
		},
		Action: func(c *cli.Context) error {
			domain, err := wire.ParseID(c.String("domain"))
			if err != nil {
				return err
			}
			return beHostile(c.Context, e, domain, c.StringSlice("victim"))
		},
	}, exit.OK, exit.Usage, exit.System)}
}

// beHostile connects to its victims and publishes what it reads.
func beHostile(ctx context.Context, e *shell.Env, domain wire.ID, victims []string) error {
	p, err := hostile.New(ctx)
	if err != nil {
		return err
	}
	defer p.Close()
	for _, lane := range []wire.Lane{wire.LaneTrust, wire.LaneLive, wire.LaneDrill} {
		if err := p.Join(domain, lane); err != nil {
			return err
		}
	}
	var infos []peer.AddrInfo
	for _, v := range victims {
		info, err := peer.AddrInfoFromString(v)
		if err != nil {
			return err
		}
		if err := p.Connect(ctx, *info); err != nil {
			return err
		}
		infos = append(infos, *info)
	}
	for len(p.Listeners(domain, wire.LaneLive)) < len(infos) {
		if err := pause(ctx, 10*time.Millisecond); err != nil {
			return err
		}
	}
	if err := e.PrintJSON(hit{Name: "ready", Connected: len(infos)}); err != nil {
		return err
	}
	in := json.NewDecoder(e.Stdin)
	for {
		var s shot
		if err := in.Decode(&s); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
		if err := fire(ctx, e, p, domain, infos, s); err != nil {
			return err
		}
	}
}

func fire(ctx context.Context, e *shell.Env, p *hostile.Peer, domain wire.ID, victims []peer.AddrInfo, s shot) error {
	h := hit{Name: s.Name}
	began := time.Now()
	for i := range max(s.Times, 1) {
		raw := s.Raw
		if s.Times > 0 {
			raw = append(append([]byte{}, s.Raw...), byte(i), byte(i>>8))
		}
		if err := p.Send(ctx, domain, s.Lane, raw); err != nil {
			return err
		}
		h.Sent++
		if s.Times > 0 && i%16 == 0 && connected(p, victims) == 0 {
			break
		}
	}
	for s.Times > 0 && connected(p, victims) > 0 && time.Since(began) < 5*time.Second {
		if err := pause(ctx, 5*time.Millisecond); err != nil {
			return err
		}
	}
	if h.Connected = connected(p, victims); h.Connected == 0 {
		h.CutOffMS = time.Since(began).Milliseconds()
	}
	return e.PrintJSON(h)
}

func connected(p *hostile.Peer, victims []peer.AddrInfo) (n int) {
	for _, v := range victims {
		if p.Connected(v.ID) {
			n++
		}
	}
	return n
}

// hostility holds the running hostile peer.
type hostility struct{ enemy *attacker }

// disarm ends the hostile peer, if it runs.
func (h hostility) disarm() {
	if h.enemy != nil && h.enemy.process.ProcessState == nil {
		_ = h.enemy.process.Process.Kill()
		_ = h.enemy.process.Wait()
	}
}

// attacker is the running hostile peer.
type attacker struct {
	process *exec.Cmd
	in      io.WriteCloser
	out     *json.Decoder
}

func (a *attacker) fire(s shot) (h hit, err error) {
	b, err := json.Marshal(s)
	if err == nil {
		_, err = a.in.Write(append(b, '\n'))
	}
	if err == nil {
		err = a.out.Decode(&h)
	}
	if err != nil {
		err = fmt.Errorf("hostile peer, %s: %w", s.Name, err)
	}
	return h, err
}

// attack lets a hostile peer send forgeries to two devices.
func (s *story) attack(ctx context.Context) error {
	s.scene(5, "A hostile peer tries its luck, with raw gossipsub")
	if err := s.startAttacker(ctx); err != nil {
		return err
	}
	raw, err := s.devices[2].client.Envelope(ctx, s.warning)
	if err != nil {
		return err
	}
	genuine, err := wire.Decode(raw)
	if err != nil {
		return err
	}
	shots, err := s.forgeries(genuine)
	if err != nil {
		return err
	}
	shots = append(shots, shot{Name: "a replay of the genuine warning", Lane: wire.LaneLive, Raw: raw})
	for _, one := range shots {
		if _, err := s.enemy.fire(one); err != nil {
			return err
		}
		s.Printf("   sends %s\n", one.Name)
	}
	return s.noForgery(ctx)
}

func (s *story) startAttacker(ctx context.Context) error {
	cmd := exec.CommandContext(ctx, s.self, "hostile", "--domain", s.devices[2].status.Roots[0].Domain,
		"--victim", s.devices[2].status.Listen[0], "--victim", s.devices[5].status.Listen[0])
	in, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	s.enemy = &attacker{cmd, in, json.NewDecoder(bufio.NewReader(out))}
	var ready hit
	if err := s.enemy.out.Decode(&ready); err != nil {
		return fmt.Errorf("start the hostile peer: %w", err)
	}
	s.Printf("   process %d is connected to %s and %s\n", cmd.Process.Pid, s.devices[2].name, s.devices[5].name)
	return nil
}

// damage sends a copy of a genuine alert with a damaged signature before the
// genuine one is out.
func (s *story) damage(ctx context.Context, genuine *wire.Envelope) error {
	if _, err := s.enemy.fire(shot{Name: "damaged copy", Lane: wire.LaneLive, Raw: hostile.Damaged(genuine)}); err != nil {
		return err
	}
	s.Printf("   The hostile peer was faster: it has sent a copy with a damaged signature ahead of the update.\n")
	return pause(ctx, 500*time.Millisecond)
}

// flood lets the hostile peer send junk until it is cut off.
func (s *story) flood(context.Context) error {
	h, err := s.enemy.fire(shot{Name: "junk", Lane: wire.LaneLive, Raw: []byte{0xd8, 98, 0x84, 0x40}, Times: 20000})
	if err != nil {
		return err
	}
	if h.Connected > 0 {
		return fmt.Errorf("the hostile peer sent %d junk envelopes and is still connected to %d devices", h.Sent, h.Connected)
	}
	s.Printf("   It goes on with junk, and is cut off by both victims after %d ms.\n", h.CutOffMS)
	_ = s.enemy.in.Close()
	return s.enemy.process.Wait()
}
