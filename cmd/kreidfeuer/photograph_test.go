package main

import (
	"image"
	"image/color"
	"image/png"
	"os"
	"regexp"
	"strconv"

	"github.com/rogpeppe/go-internal/testscript"
)

var (
	drawnCode = regexp.MustCompile(`<svg class="qr"[^>]*viewBox="0 0 (\d+) \d+".*?</svg>`)
	drawnRun  = regexp.MustCompile(`M(\d+) (\d+)h(\d+)v1`)
)

// photograph PAGE.html FILE.png makes a picture of the QR codes on a page, as a
// camera would: one below the other.
func photograph(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: photograph PAGE.html FILE.png")
	}
	const module = 5 // pixels
	codes := drawnCode.FindAllStringSubmatch(ts.ReadFile(args[0]), -1)
	if len(codes) == 0 {
		ts.Fatalf("%s has no codes", args[0])
	}
	number := func(s string) int {
		n, err := strconv.Atoi(s)
		ts.Check(err)
		return n * module
	}
	side := number(codes[0][1])
	picture := image.NewPaletted(image.Rect(0, 0, side, side*len(codes)), color.Palette{color.White, color.Black})
	for i, code := range codes {
		for _, run := range drawnRun.FindAllStringSubmatch(code[0], -1) {
			x, y, n := number(run[1]), number(run[2])+i*side, number(run[3])
			for dy := range module {
				for dx := range n {
					picture.SetColorIndex(x+dx, y+dy, 1)
				}
			}
		}
	}
	f, err := os.Create(ts.MkAbs(args[1]))
	ts.Check(err)
	ts.Check(png.Encode(f, picture))
	ts.Check(f.Close())
}
