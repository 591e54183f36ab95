package ether

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// Segment is a switch with one port for each namespace. Make one with [New],
// attach all ports, then run it.
type Segment struct {
	mu     sync.Mutex // guards what follows
	ports  []*os.File
	lanes  map[[2]int]*lane
	usual  Link
	learnt map[[6]byte]int // which port a station was heard on
	chance *rand.Rand
	sent   Count
	late   sync.WaitGroup // frames under way
}

// Count is what a segment has carried.
type Count struct{ Frames, Bytes, Lost uint64 }

// New makes a segment whose links are all as usual says. seed fixes which frames
// are lost, as far as their order is fixed.
func New(usual Link, seed uint64) *Segment {
	return &Segment{usual: usual, lanes: map[[2]int]*lane{}, learnt: map[[6]byte]int{}, chance: rand.New(rand.NewPCG(seed, 0))}
}

// Attach makes a tap device in a named network namespace (ip-netns(8)), brings
// it up and joins it to the segment. It returns the number of its port. The
// device goes with the namespace.
func (s *Segment) Attach(namespace, device string) (port int, err error) {
	f, err := openTap(namespace, device)
	if err != nil {
		return 0, fmt.Errorf("tap %s in %s: %w", device, namespace, err)
	}
	if out, err := exec.Command("ip", "-n", namespace, "link", "set", device, "up").CombinedOutput(); err != nil {
		return 0, errors.Join(fmt.Errorf("set %s up: %w: %s", device, err, out), f.Close())
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ports = append(s.ports, f)
	return len(s.ports) - 1, nil
}

// openTap opens a new tap device from inside its namespace.
func openTap(namespace, device string) (*os.File, error) {
	type opened struct {
		fd  int
		err error
	}
	result := make(chan opened)
	go func() {
		// The thread stays in the namespace and is thrown away with the goroutine.
		runtime.LockOSThread()
		fd, err := tapHere(namespace, device)
		result <- opened{fd, err}
	}()
	o := <-result
	if o.err != nil {
		return nil, o.err
	}
	return os.NewFile(uintptr(o.fd), device), nil
}

func tapHere(namespace, device string) (int, error) {
	ns, err := unix.Open(filepath.Join("/run/netns", namespace), unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return 0, err
	}
	defer unix.Close(ns)
	if err := unix.Setns(ns, unix.CLONE_NEWNET); err != nil {
		return 0, err
	}
	fd, err := unix.Open("/dev/net/tun", unix.O_RDWR|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return 0, err
	}
	request, err := unix.NewIfreq(device)
	if err == nil {
		request.SetUint16(unix.IFF_TAP | unix.IFF_NO_PI)
		err = unix.IoctlIfreq(fd, unix.TUNSETIFF, request)
	}
	if err != nil {
		unix.Close(fd)
		return 0, err
	}
	return fd, nil
}

// Set changes the link from one port to another; the way back is a link of its own.
func (s *Segment) Set(from, to int, l Link) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lanes[[2]int{from, to}] = &lane{Link: l}
}

// Count is what was carried so far.
func (s *Segment) Count() Count {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sent
}

// Run carries frames until ctx ends, then closes the ports.
func (s *Segment) Run(ctx context.Context) error {
	s.mu.Lock()
	ports := s.ports
	s.mu.Unlock()
	var wg sync.WaitGroup
	errs := make([]error, len(ports))
	for i := range ports {
		wg.Go(func() { errs[i] = s.read(i) })
	}
	<-ctx.Done()
	for _, f := range ports {
		_ = f.Close()
	}
	wg.Wait()
	s.late.Wait()
	return errors.Join(errs...)
}

// read carries what one port sends until it is closed.
func (s *Segment) read(port int) error {
	buffer := make([]byte, 1<<16)
	for {
		n, err := s.ports[port].Read(buffer)
		if errors.Is(err, os.ErrClosed) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read port %d: %w", port, err)
		}
		if n >= 14 {
			s.carry(port, buffer[:n])
		}
	}
}

// carry sends a frame on to where its receiver was heard, or to all.
func (s *Segment) carry(from int, frame []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.learnt[[6]byte(frame[6:12])] = from
	to, known := s.learnt[[6]byte(frame[:6])]
	if group := frame[0]&1 == 1; known && !group {
		if to != from {
			s.send(from, to, frame)
		}
		return
	}
	for to := range s.ports {
		if to != from {
			s.send(from, to, frame)
		}
	}
}

func (s *Segment) send(from, to int, frame []byte) {
	l := s.lanes[[2]int{from, to}]
	if l == nil {
		l = &lane{Link: s.usual}
		s.lanes[[2]int{from, to}] = l
	}
	arrivals := l.arrivals(time.Now(), len(frame), s.chance)
	if len(arrivals) == 0 {
		s.sent.Lost++
	}
	for _, after := range arrivals {
		s.sent.Frames++
		s.sent.Bytes += uint64(len(frame))
		f := s.ports[to]
		if after == 0 {
			_, _ = f.Write(frame) // a port that is down loses it, as a cable does
			continue
		}
		late := append([]byte(nil), frame...)
		s.late.Add(1)
		time.AfterFunc(after, func() {
			defer s.late.Done()
			_, _ = f.Write(late)
		})
	}
}
