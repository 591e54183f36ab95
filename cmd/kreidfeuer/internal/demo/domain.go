package demo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
)

// kreidfeuer runs this program as a process of its own and returns its output.
func (s *story) kreidfeuer(ctx context.Context, stdin string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, s.self, args...)
	cmd.Stdin = strings.NewReader(stdin)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("kreidfeuer %s: %w: %s", strings.Join(args, " "), err, strings.TrimSpace(errs.String()))
	}
	return out.String(), nil
}

// member is a unit or person of the demonstration's domain.
type member struct {
	file, authority, name, function, person string
	issuer, area                            string
	signers                                 []string // files of the keys
}

// makeDomain makes the trust domain with the same commands that a real one
// takes: root 2-of-3, Land, Kreis, Leitstelle, and two officers each.
func (s *story) makeDomain(ctx context.Context) error {
	s.scene(1, "A trust domain: root (2 of 3) → Land → Kreis → Leitstelle → two officers")
	if err := os.WriteFile(s.path("pass"), []byte("demonstration\n"), 0o600); err != nil {
		return err
	}
	if _, err := s.kreidfeuer(ctx, "", "root", "create", "--name", "Rheinland-Pfalz (Vorführung)", "--keys", "3", "--threshold", "2",
		"--recovery", "2/3", "--key-out-dir", s.path("root"), "--passphrase-file", s.path("pass"), "--work-factor", "4",
		"--out", s.path("root.pem")); err != nil {
		return err
	}
	shown, err := s.kreidfeuer(ctx, "", "root", "show", "--json", s.path("root.pem"))
	if err != nil {
		return err
	}
	if s.fingerprint, err = jsonField(shown, "fingerprint"); err != nil {
		return err
	}
	rootKeys := []string{s.path("root/root-1.key"), s.path("root/root-2.key")}
	keys := func(names ...string) (files []string) {
		for _, n := range names {
			files = append(files, s.path(n+".key"))
		}
		return files
	}
	for _, m := range []member{
		{"land", "rp", "Land Rheinland-Pfalz", "Land", "", "root", "07", rootKeys},
		{"land1", "rp", "L. Lang", "S2", "lang", "root", "07", rootKeys},
		{"land2", "rp", "L. Lorenz", "S3", "lorenz", "root", "07", rootKeys},
		{"kreis", "rp/07131", "Kreis Ahrweiler", "Kreis", "", "land", "07131", keys("land1", "land2")},
		{"kreis1", "rp/07131", "K. Klein", "S2", "klein", "land", "07131", keys("land1", "land2")},
		{"kreis2", "rp/07131", "K. Krause", "S3", "krause", "land", "07131", keys("land1", "land2")},
		{"lst", "rp/07131/lst", "Leitstelle Ahrweiler", "Leitstelle", "", "kreis", "07131", keys("kreis1", "kreis2")},
		{"a", "rp/07131/lst", "A. Arndt", "Lagedienst", "arndt", "kreis", "07131", keys("kreis1", "kreis2")},
		{"b", "rp/07131/lst", "B. Beck", "Lagedienst", "beck", "kreis", "07131", keys("kreis1", "kreis2")},
		{"c", "rp/07131/lst", "C. Clausen", "Lagedienst", "clausen", "kreis", "07131", keys("kreis1", "kreis2")},
		{"nachbar", "rp/07138", "Kreis Neuwied", "Kreis", "", "land", "07138", keys("land1", "land2")},
		{"n1", "rp/07138", "N. Nolte", "Lagedienst", "nolte", "land", "07138", keys("land1", "land2")},
		{"n2", "rp/07138", "N. Neumann", "Lagedienst", "neumann", "land", "07138", keys("land1", "land2")},
	} {
		if err := s.admit(ctx, m); err != nil {
			return err
		}
	}
	// Clausen's key was stolen; the Kreis has withdrawn it.
	if _, err := s.kreidfeuer(ctx, "", "cert", "revoke", s.path("c.pem"), "--compromised", "--issuer", s.path("kreis.pem"),
		"--trust", s.path("bundle.pem"), "--key", s.path("kreis1.key"), "--passphrase-file", s.path("pass"), "--out", s.path("revoked.pem")); err != nil {
		return err
	}
	s.Printf("   Two persons sign at every level, so no single stolen key is enough.\n")
	s.Printf("   The key of officer Clausen was stolen; the Kreis has withdrawn it.\n")
	s.Printf("   Fingerprint of the root: %s\n", s.fingerprint)
	return nil
}

// admit makes a member's key and has it certified. The bundle grows with it.
func (s *story) admit(ctx context.Context, m member) error {
	request := []string{"cert", "request", "--name", m.name, "--function", m.function, "--authority", m.authority,
		"--key", s.path(m.file + ".key"), "--out", s.path(m.file + ".request.pem"), "--passphrase-file", s.path("pass"), "--work-factor", "4"}
	if m.person != "" {
		request = append(request, "--person", m.person)
	}
	if _, err := s.kreidfeuer(ctx, "", request...); err != nil {
		return err
	}
	grant := []string{"cert", "grant", s.path(m.file + ".request.pem"), "--issuer", s.path(m.issuer + ".pem"), "--area", m.area,
		"--passphrase-file", s.path("pass"), "--out", s.path(m.file + ".pem")}
	if _, err := os.Stat(s.path("bundle.pem")); err == nil {
		grant = append(grant, "--trust", s.path("bundle.pem"))
	}
	for _, k := range m.signers {
		grant = append(grant, "--key", k)
	}
	if _, err := s.kreidfeuer(ctx, "", grant...); err != nil {
		return err
	}
	bundle := []string{"root", "bundle", "--out", s.path("bundle.new"), s.path(m.file + ".pem")}
	if _, err := os.Stat(s.path("bundle.pem")); errors.Is(err, os.ErrNotExist) {
		bundle = append(bundle, s.path("root.pem"))
	} else {
		bundle = append(bundle, s.path("bundle.pem"))
	}
	if _, err := s.kreidfeuer(ctx, "", bundle...); err != nil {
		return err
	}
	return os.Rename(s.path("bundle.new"), s.path("bundle.pem"))
}
