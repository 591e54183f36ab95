package radio

import (
	"bytes"
	"slices"
	"testing"
)

// readAll returns the frames in what came over a line.
func readAll(line []byte) (frames [][]byte) {
	var r kissReader
	for _, c := range line {
		if f := r.next(c); f != nil {
			frames = append(frames, f)
		}
	}
	return frames
}

func TestKISS(t *testing.T) {
	long := bytes.Repeat([]byte{7}, MaxFrame)
	for name, test := range map[string]struct {
		line []byte
		want []string
	}{
		"one":                  {[]byte("\xC0\x00TEST\xC0"), []string{"TEST"}}, // the example of the KISS paper
		"escapes":              {[]byte("\xC0\x00\xDB\xDC\xDB\xDD\xC0"), []string{"\xC0\xDB"}},
		"two share a FEND":     {[]byte("\xC0\x00a\xC0\x00b\xC0"), []string{"a", "b"}},
		"idle line":            {[]byte("\xC0\xC0\xC0\x00a\xC0\xC0"), []string{"a"}},
		"begun before":         {[]byte("rest\xC0\x00a\xC0"), []string{"a"}},
		"other command, port":  {[]byte("\xC0\x01\x20\xC0\xC0\x10a\xC0\xC0\x06x\xC0\xC0\x00a\xC0"), []string{"a"}},
		"empty":                {[]byte("\xC0\x00\xC0"), nil},
		"bad escape":           {[]byte("\xC0\x00a\xDBb\xC0\xC0\x00c\xC0"), []string{"c"}},
		"escape at the end":    {[]byte("\xC0\x00a\xDB\xC0\x00c\xC0"), []string{"c"}},
		"no end":               {[]byte("\xC0\x00abc"), nil},
		"longest":              {appendKISS(nil, long), []string{string(long)}},
		"too long, then right": {append(appendKISS(nil, append(long, 7)), "\xC0\x00a\xC0"...), []string{"a"}},
	} {
		var got []string
		for _, f := range readAll(test.line) {
			got = append(got, string(f))
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%s: got %q, want %q", name, got, test.want)
		}
	}
}

func FuzzKISS(f *testing.F) {
	f.Add([]byte("TEST"), []byte("\xC0\x00TEST\xC0"))
	f.Add([]byte{kissFEND, kissFESC, kissTFEND}, []byte{kissFESC})
	f.Fuzz(func(t *testing.T, frame, noise []byte) {
		for _, got := range readAll(noise) {
			if len(got) == 0 || len(got) > MaxFrame {
				t.Errorf("a frame of %d bytes out of noise", len(got))
			}
		}
		if len(frame) == 0 || len(frame) > MaxFrame {
			return
		}
		line := appendKISS(append(bytes.Clone(noise), kissFEND), frame)
		frames := readAll(line)
		if len(frames) == 0 || !bytes.Equal(frames[len(frames)-1], frame) {
			t.Errorf("after noise %x: %x is read as %x", noise, frame, frames)
		}
	})
}
