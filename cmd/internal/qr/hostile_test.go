package qr

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"image/png"
	"strings"
	"testing"
)

// finders is a picture full of corners of codes, n by n.
func finders(t *testing.T, n int) []byte {
	t.Helper()
	const cell = 9 * 3
	img := image.NewPaletted(image.Rect(0, 0, n*cell+30, n*cell+30), color.Palette{color.White, color.Black})
	for y := range n * cell {
		for x := range n * cell {
			mx, my := x%cell/3-1, y%cell/3-1
			ring := max(mx, 6-mx, my, 6-my) // 3 and 4: the middle, 6: the border
			if ring <= 4 || ring == 6 {
				img.Pix[img.PixOffset(x+15, y+15)] = 1
			}
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func none(string) bool { return false }

// TestCrowdedPicture: a picture of 546 bytes kept the reader of codes busy for days:
// it tries each three of its 576 corners.
func TestCrowdedPicture(t *testing.T) {
	if err := Read(t.Context(), finders(t, 24), none); err != nil {
		t.Error(err)
	}
}

func TestReadEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := Read(ctx, finders(t, 8), none); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// pngHeader is the beginning of a picture of 6,000 by 6,000.
func pngHeader(bits, kind byte) []byte {
	ihdr := append([]byte("IHDR"), 0, 0, 0x17, 0x70, 0, 0, 0x17, 0x70, bits, kind, 0, 0, 0)
	b := append([]byte("\x89PNG\r\n\x1a\n"), 0, 0, 0, 13)
	return binary.BigEndian.AppendUint32(append(b, ihdr...), crc32.ChecksumIEEE(ihdr))
}

// TestMemoryOfPictures: what a picture takes in memory is known before it is decoded.
func TestMemoryOfPictures(t *testing.T) {
	if err := Read(t.Context(), pngHeader(16, 6), none); err == nil || !strings.Contains(err.Error(), "scale it down") {
		t.Errorf("16 bits a colour: %v", err)
	}
	if err := Read(t.Context(), pngHeader(8, 6), none); err == nil || strings.Contains(err.Error(), "scale it down") {
		t.Errorf("8 bits a colour: %v", err)
	}
	for kind, want := range map[byte]bool{0xc0: false, 0xc1: false, 0xc2: true} {
		jpeg := []byte{0xff, 0xd8, 0xff, 0xe1, 0, 6, 0xff, 0xc2, 0, 0, 0xff, 0xff, kind, 0, 11, 8, 0, 9, 0, 9, 1, 1, 0x11, 0}
		if isLayered(jpeg) != want {
			t.Errorf("kind %x: layered %v, want %v", kind, !want, want)
		}
		for n := range jpeg {
			isLayered(jpeg[:n])
		}
	}
}
