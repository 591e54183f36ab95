package stick

import (
	"strings"
	"testing"
)

func TestFreeName(t *testing.T) {
	used := []string{"ABCDEAAA.KFB", "abcdeaab.tmp", "XXXXXAAC.KFB"}
	if name, err := freeName("ABCDE", used); err != nil || name != "ABCDEAAC" {
		t.Errorf("%s, %v", name, err)
	}
	if p := ownPrefix("12D3KooW"); len(p) != ownLetters || p != strings.ToUpper(p) {
		t.Error(p)
	}
}
