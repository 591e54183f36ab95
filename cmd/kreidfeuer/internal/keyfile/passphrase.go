package keyfile

import (
	"fmt"
	"strings"

	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/exit"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/shell"
)

// minPassphrase is the shortest passphrase for a new key, in characters: scrypt
// makes each guess cost a second, eight characters make the guesses too many for
// a thief of a stick, and people may always choose more.
const minPassphrase = 8

// Passphrases hands out the passphrases of a command's keys: from the files of
// --passphrase-file in their order, the last one again for all further keys, or
// by asking.
type Passphrases struct {
	env   *shell.Env
	files []string
	used  int
}

func (p *Passphrases) fromFile() (string, error) {
	name := p.files[min(p.used, len(p.files)-1)]
	p.used++
	data, err := p.env.ReadInput(name)
	if err != nil {
		return "", err
	}
	line, _, _ := strings.Cut(string(data), "\n")
	line = strings.TrimSuffix(line, "\r")
	if line == "" {
		return "", exit.Errorf(exit.Usage, "%s: the first line is empty, want the passphrase", shell.InputName(name))
	}
	return line, nil
}

// open returns the passphrase of an existing key.
func (p *Passphrases) open(what string) (string, error) {
	if len(p.files) > 0 {
		return p.fromFile()
	}
	return p.env.AskSecret(fmt.Sprintf("Passphrase for %s: ", what))
}

// choose returns the passphrase for a new key.
func (p *Passphrases) choose(what string) (string, error) {
	var text string
	var err error
	if len(p.files) > 0 {
		text, err = p.fromFile()
	} else {
		text, err = p.askTwice(what)
	}
	if err != nil {
		return "", err
	}
	if len([]rune(text)) < minPassphrase {
		return "", exit.Errorf(exit.Usage, "the passphrase for %s is shorter than %d characters", what, minPassphrase).
			Hintf("four or five words that do not belong together are good and easy to remember")
	}
	return text, nil
}

func (p *Passphrases) askTwice(what string) (string, error) {
	first, err := p.env.AskSecret(fmt.Sprintf("New passphrase for %s: ", what))
	if err != nil {
		return "", err
	}
	if first == "" {
		return "", shell.ErrAborted
	}
	second, err := p.env.AskSecret("The same again: ")
	if err != nil {
		return "", err
	}
	if first != second {
		return "", exit.Errorf(exit.Usage, "the two passphrases differ")
	}
	return first, nil
}
