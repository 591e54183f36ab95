package qr

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	_ "image/jpeg" // formats that cameras and scanners write
	_ "image/png"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/multi/qrcode"
	single "github.com/makiuchi-d/gozxing/qrcode"
	"github.com/makiuchi-d/gozxing/qrcode/detector"
)

const (
	// MaxPicture bounds the bytes of a picture.
	MaxPicture = 64 << 20

	// maxPixels bounds what a picture takes in memory: 50 megapixels are one photo
	// of a good camera.
	maxPixels = 50_000_000

	// maxDecoded bounds the bytes that it takes as it is decoded: colours of 16 bits,
	// and JPEGs that come in layers, take several times as much as others.
	maxDecoded = 200_000_000

	// maxFinders bounds the corners of codes in one look: a sheet of codes has 18, a
	// photo some that only look so. The reader of codes tries each three of them.
	maxFinders = 72

	// workSide is the longer side at which a picture is looked at, in pixels: a
	// sheet of six codes has modules of some seven pixels then.
	workSide = 2400
)

// ErrPicture says that a file is no picture that is read.
var ErrPicture = errors.New("not a picture in PNG or JPEG")

// Read finds the QR codes in a picture and calls found with the text of each, once,
// until it says that it has enough; codes seen at the same look still follow. It looks again and again at other sizes and
// sections, since photos are dark, skew and blurred; that takes seconds where there
// is nothing. It returns early when ctx ends, with its error. Otherwise the error is ErrPicture or says what is wrong with the picture.
func Read(ctx context.Context, picture []byte, found func(text string) (enough bool)) error {
	if len(picture) > MaxPicture {
		return fmt.Errorf("picture of %d bytes, at most %d", len(picture), MaxPicture)
	}
	config, _, err := image.DecodeConfig(bytes.NewReader(picture))
	if err != nil {
		return fmt.Errorf("%w: %v", ErrPicture, err)
	}
	if config.Width <= 0 || config.Height <= 0 || config.Width > maxPixels/config.Height {
		return fmt.Errorf("picture of %d by %d, at most %d pixels", config.Width, config.Height, maxPixels)
	}
	if size := config.Width * config.Height * depth(config.ColorModel, picture); size > maxDecoded {
		return fmt.Errorf("picture of %d by %d takes %d MB in memory, at most %d: scale it down", config.Width, config.Height, size/1e6, maxDecoded/1_000_000)
	}
	img, _, err := image.Decode(bytes.NewReader(picture))
	if err != nil {
		return fmt.Errorf("%w: %v", ErrPicture, err)
	}
	s := search{ctx: ctx, seen: map[string]bool{}, found: found}
	s.all(img)
	return ctx.Err()
}

// depth is how many bytes a pixel takes while a picture is decoded.
func depth(m color.Model, picture []byte) int {
	switch {
	case isLayered(picture):
		return 16 // coefficients of 32 bits
	case m == color.RGBA64Model || m == color.NRGBA64Model:
		return 8
	}
	return 4
}

// isLayered reports whether a picture is a progressive JPEG (ITU-T T.81, B.2.2).
func isLayered(b []byte) bool {
	if !bytes.HasPrefix(b, []byte{0xff, 0xd8}) {
		return false
	}
	for b = b[2:]; len(b) >= 4; {
		if b[0] != 0xff { // bytes between segments are passed over
			b = b[1:]
			continue
		}
		switch marker := b[1]; {
		case marker == 0xc2:
			return true
		case marker == 0xc0, marker == 0xc1, marker == 0xda:
			return false
		case marker == 0xff || marker == 0 || marker >= 0xd0 && marker <= 0xd7:
			b = b[1:]
		default:
			b = b[min(len(b), 2+int(binary.BigEndian.Uint16(b[2:]))):]
		}
	}
	return false
}

// search is a picture being looked at.
type search struct {
	ctx    context.Context
	seen   map[string]bool
	found  func(string) bool
	enough bool
}

func (s *search) take(r *gozxing.Result) {
	if text := r.GetText(); !s.seen[text] {
		s.seen[text] = true
		s.enough = s.found(text)
	}
}

// all looks at the whole picture in several sizes, then at sections of it.
func (s *search) all(img image.Image) {
	full := grey(img)
	work := full
	for max(work.Rect.Dx(), work.Rect.Dy()) > workSide {
		work = halve(work)
	}
	looks := []*image.Gray{work}
	if max(work.Rect.Dx(), work.Rect.Dy()) < 700 {
		looks = append(looks, double(work))
	}
	if min(work.Rect.Dx(), work.Rect.Dy()) > 300 {
		looks = append(looks, halve(work))
	}
	for _, l := range looks {
		s.look(l)
	}
	for _, by := range tilts {
		if s.enough {
			return
		}
		s.look(tilted(work, by[0], by[1]))
	}
	for _, n := range []int{2, 3} {
		for _, section := range sections(work.Rect, n) {
			if s.enough {
				return
			}
			s.look(work.SubImage(section).(*image.Gray))
		}
	}
	if work != full && !s.enough { // small codes in a large photo
		for _, section := range sections(full.Rect, 3) {
			if s.enough {
				return
			}
			s.look(full.SubImage(section).(*image.Gray))
		}
	}
}

// sections are n by n parts of a picture that overlap by half.
func sections(r image.Rectangle, n int) (list []image.Rectangle) {
	w, h := r.Dx()/n, r.Dy()/n
	for y := 0; y <= 2*(n-1); y++ {
		for x := 0; x <= 2*(n-1); x++ {
			at := image.Pt(r.Min.X+x*w/2, r.Min.Y+y*h/2)
			list = append(list, image.Rectangle{at, at.Add(image.Pt(w, h))}.Inset(-w/8).Intersect(r))
		}
	}
	return list
}

var harder = map[gozxing.DecodeHintType]any{gozxing.DecodeHintType_TRY_HARDER: true}

// look reads what is to be seen at once. The reader of codes is not ours: what it
// makes of a hostile picture must not end the program.
func (s *search) look(img *image.Gray) {
	defer func() { _ = recover() }()
	if s.enough || s.ctx.Err() != nil || img.Rect.Dx() < 21 || img.Rect.Dy() < 21 {
		return
	}
	source := luminance(img)
	for _, binarizer := range []gozxing.Binarizer{gozxing.NewHybridBinarizer(source), gozxing.NewGlobalHistgramBinarizer(source)} {
		bitmap, err := gozxing.NewBinaryBitmap(binarizer)
		if err != nil || s.enough {
			continue
		}
		if matrix, err := bitmap.GetBlackMatrix(); err != nil || crowded(matrix) {
			continue
		}
		results, _ := qrcode.NewQRCodeMultiReader().DecodeMultiple(bitmap, harder)
		for _, r := range results {
			s.take(r)
		}
		if len(results) == 0 && !s.enough {
			if r, err := single.NewQRCodeReader().Decode(bitmap, harder); err == nil {
				s.take(r)
			}
		}
	}
}

// crowded reports whether more corners of codes are to be seen than codes have. What
// the reader makes of n of them takes n³ steps, and memory.
func crowded(m *gozxing.BitMatrix) bool {
	finder := detector.NewFinderPatternFinder(m, nil)
	for y := 2; y < m.GetHeight(); y += 3 { // as the reader does
		runs, n, dark := make([]int, 5), 0, false // the lengths of the last runs; how many there were
		for x := 0; x <= m.GetWidth(); x++ {
			if x < m.GetWidth() && m.Get(x, y) == dark {
				runs[4]++
				continue
			}
			if n++; dark && n > 4 && detector.FinderPatternFinder_foundPatternCross(runs) {
				finder.HandlePossibleCenter(runs, y, x)
				if len(finder.GetPossibleCenters()) > maxFinders {
					return true
				}
			}
			dark = !dark
			copy(runs, runs[1:])
			runs[4] = 1
		}
	}
	return false
}

// luminance hands the reader a grey picture without asking each pixel for its colour.
func luminance(img *image.Gray) gozxing.LuminanceSource {
	w, h := img.Rect.Dx(), img.Rect.Dy()
	tight := image.NewGray(image.Rect(0, 0, w, h))
	draw.Draw(tight, tight.Rect, img, img.Rect.Min, draw.Src)
	return gozxing.NewLuminanceSourceFromImage(tight)
}

// grey is a picture on white, in grey.
func grey(img image.Image) *image.Gray {
	r := img.Bounds()
	g := image.NewGray(image.Rect(0, 0, r.Dx(), r.Dy()))
	draw.Draw(g, g.Rect, image.White, image.Point{}, draw.Src)
	draw.Draw(g, g.Rect, img, r.Min, draw.Over)
	return g
}

// halve shrinks by two and averages.
func halve(g *image.Gray) *image.Gray {
	out := image.NewGray(image.Rect(0, 0, g.Rect.Dx()/2, g.Rect.Dy()/2))
	for y := range out.Rect.Dy() {
		a := g.Pix[2*y*g.Stride:]
		b := g.Pix[(2*y+1)*g.Stride:]
		for x := range out.Rect.Dx() {
			out.Pix[y*out.Stride+x] = byte((int(a[2*x]) + int(a[2*x+1]) + int(b[2*x]) + int(b[2*x+1])) / 4)
		}
	}
	return out
}

// tilts are the ways in which a camera may look askance: how much larger what is to
// the right, and below, is made than what is to the left, and above.
var tilts = [][2]float64{{0, 0.15}, {0, -0.15}, {0.15, 0}, {-0.15, 0}, {0, 0.3}, {0, -0.3}, {0.3, 0}, {-0.3, 0}}

// tilted is the picture as if seen from another place. The reader of codes makes
// up for some perspective; this brings more of it within its reach.
func tilted(g *image.Gray, right, down float64) *image.Gray {
	w, h := g.Rect.Dx(), g.Rect.Dy()
	out := image.NewGray(image.Rect(0, 0, w, h))
	for y := range h {
		cy := float64(y)/float64(h) - 0.5
		for x := range w {
			cx := float64(x)/float64(w) - 0.5
			far := 1 / (1 + right*cx + down*cy)
			sx, sy := int((cx*far+0.5)*float64(w)), int((cy*far+0.5)*float64(h))
			v := byte(255)
			if sx >= 0 && sy >= 0 && sx < w && sy < h {
				v = g.Pix[sy*g.Stride+sx]
			}
			out.Pix[y*out.Stride+x] = v
		}
	}
	return out
}

func double(g *image.Gray) *image.Gray {
	out := image.NewGray(image.Rect(0, 0, 2*g.Rect.Dx(), 2*g.Rect.Dy()))
	for y := range out.Rect.Dy() {
		for x := range out.Rect.Dx() {
			out.Pix[y*out.Stride+x] = g.Pix[y/2*g.Stride+x/2]
		}
	}
	return out
}
