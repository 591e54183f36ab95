package web

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/skip2/go-qrcode"
)

var run = regexp.MustCompile(`M(\d+) (\d+)h(\d+)v1h-(\d+)z`)

// TestDrawQR: the image has the modules of the code, no more and no less.
func TestDrawQR(t *testing.T) {
	for _, text := range []string{"a", "KF:" + strings.Repeat("0123456789ABC $%*", 25)} {
		image, err := drawQR(text)
		if err != nil {
			t.Fatal(err)
		}
		code, err := qrcode.New(text, qrcode.Medium)
		if err != nil {
			t.Fatal(err)
		}
		want := code.Bitmap()
		got := map[[2]int]bool{}
		for _, m := range run.FindAllStringSubmatch(string(image), -1) {
			var x, y, n, back int
			if _, err := fmt.Sscan(m[1]+" "+m[2]+" "+m[3]+" "+m[4], &x, &y, &n, &back); err != nil || n != back {
				t.Fatalf("%s: %v", m[0], err)
			}
			for i := range n {
				got[[2]int{x + i, y}] = true
			}
		}
		for y := range want {
			for x := range want[y] {
				if want[y][x] != got[[2]int{x, y}] {
					t.Fatalf("module %d,%d is %v", x, y, got[[2]int{x, y}])
				}
			}
		}
		if !strings.Contains(string(image), fmt.Sprintf(`viewBox="0 0 %d %d"`, len(want), len(want))) {
			t.Error("the view has another size than the code")
		}
	}
	if _, err := drawQR(strings.Repeat("x", 5000)); err == nil {
		t.Error("a text that no code holds is drawn")
	}
}
