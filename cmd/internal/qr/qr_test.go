package qr

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/kreidfeuer/kreidfeuer/gossip/frame"
)

// texts are frames as large as codes hold.
func texts(n, size int) (list []string) {
	random := rand.New(rand.NewPCG(9, uint64(n)))
	for range n {
		b := make([]byte, size)
		for i := range b {
			b[i] = byte(random.Uint32())
		}
		list = append(list, frame.Text(b))
	}
	return list
}

func TestLargestFrameFits(t *testing.T) {
	c, err := code(texts(1, frame.CodeMTU)[0])
	if err != nil || len(c) > 17+4*MaxVersion+2*quiet {
		t.Fatal(len(c), err)
	}
	if _, err := code(texts(1, frame.CodeMTU+60)[0]); err == nil {
		t.Error("a code that is too large was drawn")
	}
}

// photo is what a camera makes of a sheet: turned by an angle in degrees, scaled,
// seen from below by tilt, on a grey table, with light from one side, blurred by scaling, noisy, as JPEG.
func photo(t *testing.T, sheet image.Image, angle, scale, tilt float64, noise int) []byte {
	t.Helper()
	src := sheet.Bounds()
	sin, cos := math.Sincos(angle * math.Pi / 180)
	w := int(scale * (math.Abs(cos)*float64(src.Dx()) + math.Abs(sin)*float64(src.Dy())) * 1.2)
	h := int(scale * (math.Abs(sin)*float64(src.Dx()) + math.Abs(cos)*float64(src.Dy())) * 1.2)
	out := image.NewGray(image.Rect(0, 0, w, h))
	random := rand.New(rand.NewPCG(5, 6))
	at := func(x, y float64) float64 {
		p := image.Pt(int(math.Floor(x)), int(math.Floor(y)))
		if !p.In(src) {
			return 0.5
		}
		return float64(color.GrayModel.Convert(sheet.At(p.X, p.Y)).(color.Gray).Y) / 255
	}
	for y := range h {
		for x := range w {
			sum := 0.0
			for _, d := range []float64{0.17, 0.5, 0.83} { // the sensor averages over a pixel
				for _, e := range []float64{0.17, 0.5, 0.83} {
					far := 1 / (1 - tilt*(float64(y)/float64(h)-0.5)) / scale
					px, py := (float64(x)+d-float64(w)/2)*far, (float64(y)+e-float64(h)/2)*far
					sum += at(cos*px+sin*py+float64(src.Dx())/2, -sin*px+cos*py+float64(src.Dy())/2)
				}
			}
			light := 0.55 + 0.4*float64(x)/float64(w)
			v := 25 + 215*light*sum/9 + float64(random.IntN(2*noise+1)-noise)
			out.SetGray(x, y, color.Gray{Y: uint8(min(max(v, 0), 255))})
		}
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, out, &jpeg.Options{Quality: 60}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func readAll(t *testing.T, picture []byte, want []string) []string {
	t.Helper()
	var got []string
	if err := Read(t.Context(), picture, func(text string) bool {
		got = append(got, text)
		return len(got) == len(want)
	}); err != nil {
		t.Fatal(err)
	}
	slices.Sort(got)
	return got
}

func TestReadBack(t *testing.T) {
	for _, c := range []struct {
		codes, size        int
		angle, scale, tilt float64
		noise              int
	}{
		{1, 120, 0, 1, 0, 0},
		{1, frame.CodeMTU, 0, 0.5, 0.1, 10},
		{1, frame.CodeMTU, 7, 0.6, 0.2, 15},
		{1, 200, 90, 0.5, 0.2, 20},
		{1, 200, 173, 0.4, -0.3, 10},
		{1, 95, 33, 0.35, 0.3, 25},
		{2, 200, 3, 0.5, 0.1, 10},
		{4, frame.CodeMTU, 0, 1, 0, 0},
		{4, 300, 5, 0.5, 0.15, 10},
		{6, 300, -4, 0.5, 0.1, 8},
	} {
		t.Run(fmt.Sprint(c), func(t *testing.T) {
			t.Parallel()
			want := texts(c.codes, c.size)
			sheet, err := Sheet(want)
			if err != nil {
				t.Fatal(err)
			}
			got := readAll(t, photo(t, sheet, c.angle, c.scale, c.tilt, c.noise), want)
			slices.Sort(want)
			if !slices.Equal(got, want) {
				t.Errorf("read %d of %d", len(got), len(want))
			}
		})
	}
}

func TestReadPNG(t *testing.T) {
	want := texts(3, 390)
	sheet, err := Sheet(want)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := png.Encode(&b, sheet); err != nil {
		t.Fatal(err)
	}
	t.Logf("a sheet of %d codes: %d by %d, %d bytes", len(want), sheet.Bounds().Dx(), sheet.Bounds().Dy(), b.Len())
	got := readAll(t, b.Bytes(), want)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("read %d of %d", len(got), len(want))
	}
}

func TestNoPicture(t *testing.T) {
	none := func(string) bool { t.Error("found something"); return true }
	for _, b := range []string{"", "text", "\x89PNG\r\n\x1a\n", "\xff\xd8\xff"} {
		if err := Read(t.Context(), []byte(b), none); !errors.Is(err, ErrPicture) {
			t.Errorf("%q: %v", b, err)
		}
	}
	var huge bytes.Buffer
	if err := png.Encode(&huge, image.NewPaletted(image.Rect(0, 0, 8000, 8000), color.Palette{color.White})); err != nil {
		t.Fatal(err)
	}
	if err := Read(t.Context(), huge.Bytes(), none); err == nil || errors.Is(err, ErrPicture) {
		t.Errorf("a picture of 64 megapixels: %v", err)
	}
}

func TestTerminal(t *testing.T) {
	s, err := Terminal("KF1:BB8")
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(s, "\n"), "\n")
	if len(lines) != 15 { // 21 modules and the margin, two in a line
		t.Errorf("%d lines", len(lines))
	}
}
