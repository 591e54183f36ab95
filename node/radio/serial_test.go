//go:build linux

package radio

import (
	"bytes"
	"context"
	"io"
	"os"
	"testing"
	"time"

	"github.com/creack/pty"
)

// nullModem joins two serial device files, as a pair of radios in reach does.
func nullModem(t *testing.T) (a, b string) {
	t.Helper()
	open := func() (master, slave *os.File) {
		master, slave, err := pty.Open()
		if err != nil {
			t.Skipf("no pseudo-terminals here: %v", err)
		}
		t.Cleanup(func() { master.Close(); slave.Close() })
		return master, slave
	}
	masterA, slaveA := open()
	masterB, slaveB := open()
	go io.Copy(masterA, masterB)
	go io.Copy(masterB, masterA)
	return slaveA.Name(), slaveB.Name()
}

func TestSerial(t *testing.T) {
	pathA, pathB := nullModem(t)
	a, err := OpenSerial(pathA)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	b, err := OpenSerial(pathB)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	for _, frame := range [][]byte{
		[]byte("hello"),
		{0xC0, 0xDB, 0xDC, 0xDD, 0x00, 0x0A, 0x0D, 0x03, 0x11, 0x13, 0x7F, 0xFF}, // what a terminal would eat
		bytes.Repeat([]byte{0xC0}, MaxFrame),
	} {
		for from, to := range map[*Serial]*Serial{a: b, b: a} {
			if err := from.Send(ctx, frame); err != nil {
				t.Fatal(err)
			}
			got, err := to.Receive(ctx)
			if err != nil || !bytes.Equal(got, frame) {
				t.Fatalf("sent %x, received %x, %v", frame, got, err)
			}
		}
	}
	cancel()
	if _, err := a.Receive(ctx); err == nil {
		t.Error("Receive outlives its context")
	}
	if _, err := OpenSerial(t.TempDir() + "/none"); err == nil {
		t.Error("a device file that does not exist opens")
	}
}
