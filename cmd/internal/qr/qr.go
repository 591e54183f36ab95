// Package qr draws texts as QR codes, on sheets and in terminals, and reads them
// from pictures.
package qr

import (
	"fmt"
	"image"
	"image/color"
	"strings"

	qrcode "github.com/skip2/go-qrcode"
)

// MaxVersion is the largest code that is drawn: 77 modules across. A phone reads it
// off paper 5 cm wide, and off a screen at arm's length.
const MaxVersion = 15

// quiet is the margin of a code, in modules (ISO/IEC 18004).
const quiet = 4

// code is the modules of a code with its margin; true is dark. Correction level M
// makes up for creases and dirt on 15 % of it.
func code(text string) ([][]bool, error) {
	q, err := qrcode.New(text, qrcode.Medium)
	if err != nil {
		return nil, fmt.Errorf("draw QR code: %w", err)
	}
	if q.VersionNumber > MaxVersion {
		return nil, fmt.Errorf("draw QR code of %d characters: needs version %d, at most %d", len(text), q.VersionNumber, MaxVersion)
	}
	return q.Bitmap(), nil
}

// module is the size of one on a sheet, in pixels: a code of MaxVersion is 6.5 cm
// wide at 300 dots per inch.
const module = 9

// Sheet draws codes for paper, side by side in rows of two. All have the size of
// the largest.
func Sheet(texts []string) (image.Image, error) {
	codes := make([][][]bool, len(texts))
	side := 0
	for i, t := range texts {
		var err error
		if codes[i], err = code(t); err != nil {
			return nil, err
		}
		side = max(side, len(codes[i])*module)
	}
	columns := min(len(texts), 2)
	rows := (len(texts) + 1) / 2
	sheet := image.NewPaletted(image.Rect(0, 0, columns*side, rows*side), color.Palette{color.White, color.Black})
	for i, c := range codes {
		off := (side - len(c)*module) / 2
		paint(sheet, c, i%2*side+off, i/2*side+off)
	}
	return sheet, nil
}

func paint(sheet *image.Paletted, c [][]bool, left, top int) {
	for y, row := range c {
		for x, dark := range row {
			if !dark {
				continue
			}
			for dy := range module {
				at := sheet.PixOffset(left+x*module, top+y*module+dy)
				for dx := range module {
					sheet.Pix[at+dx] = 1
				}
			}
		}
	}
}

// Terminal draws a code for a terminal that knows UTF-8 and colours: two modules in
// a character, black on white whatever the terminal's own colours are. Lines end
// with a line feed.
func Terminal(text string) (string, error) {
	c, err := code(text)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	for y := 0; y < len(c); y += 2 {
		b.WriteString("\x1b[30;107m")
		for x := range c[y] {
			top, bottom := c[y][x], y+1 < len(c) && c[y+1][x]
			switch {
			case top && bottom:
				b.WriteString("█")
			case top:
				b.WriteString("▀")
			case bottom:
				b.WriteString("▄")
			default:
				b.WriteString(" ")
			}
		}
		b.WriteString("\x1b[0m\n")
	}
	return b.String(), nil
}
