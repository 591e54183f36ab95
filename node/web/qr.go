package web

import (
	"fmt"
	"html/template"
	"strings"

	"github.com/skip2/go-qrcode"
)

// drawQR draws a QR code as an SVG image that scales without loss and prints in
// black on white, in dark mode too: scanners want it so. The text does not stand
// in the image but as modules.
func drawQR(text string) (template.HTML, error) {
	code, err := qrcode.New(text, qrcode.Medium) // makes up for creases and dirt on 15 % of it
	if err != nil {
		return "", fmt.Errorf("draw QR code: %w", err)
	}
	bitmap := code.Bitmap() // with the quiet zone
	var b strings.Builder
	n := len(bitmap)
	fmt.Fprintf(&b, `<svg class="qr" role="img" aria-label="QR" viewBox="0 0 %d %d" shape-rendering="crispEdges"><path fill="#fff" d="M0 0h%dv%dH0z"/><path d="`, n, n, n, n)
	for y, row := range bitmap {
		for x := 0; x < n; x++ {
			from := x
			for x < n && row[x] {
				x++
			}
			if x > from {
				fmt.Fprintf(&b, "M%d %dh%dv1h-%dz", from, y, x-from, x-from)
			}
		}
	}
	b.WriteString(`"/></svg>`)
	return template.HTML(b.String()), nil
}
