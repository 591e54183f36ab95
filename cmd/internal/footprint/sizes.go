package main

import (
	"bytes"
	"compress/zlib"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"github.com/kreidfeuer/kreidfeuer/gossip/alert"
	"github.com/kreidfeuer/kreidfeuer/gossip/cap"
	"github.com/kreidfeuer/kreidfeuer/gossip/compact"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/identity/trusttest"
)

// districtFile is a realistic warning for one district in two languages, which
// the compact form is tested with.
const districtFile = "gossip/compact/testdata/district.xml"

// Goals for the district's warning, bytes.
const (
	goalReference = 700
	goalInline    = 1300
)

// signer signs warnings as the two officers of a Leitstelle do whose unit stands
// directly below the root: a chain of two steps, root to unit to person.
type signer struct {
	domain *trusttest.Domain
	unit   *trusttest.Unit
	alone  *trusttest.Unit // the same, where one signature is enough
	deep   *trusttest.Tree // root, Land, Kreis, Leitstelle, person
}

func newSigner() (*signer, error) {
	d, err := trusttest.New(2)
	if err != nil {
		return nil, err
	}
	u, err := d.AddUnit(nil, "lst", trusttest.Scope(2, 1, "ARS 07131"), "a", "b")
	if err != nil {
		return nil, err
	}
	alone, err := d.AddUnit(nil, "alone", trusttest.Scope(1, 1, "ARS 07131"), "a")
	if err != nil {
		return nil, err
	}
	deep, err := trusttest.NewTree(3, 2)
	return &signer{d, u, alone, deep}, err
}

// size is what one warning takes in its forms, bytes.
type size struct {
	xml, zlib         int
	core              int // compact form without texts and geometry
	reference         int // signed by two, certificates named
	inline            int // signed by two, with the certificates of a chain of two steps
	alone             int // the same, where one officer's signature is enough
	deep              int // signed by two, with a chain of four steps
	texts             int // what reference leaves out, packed
	parts, signatures int
	chain             int // certificates of inline
}

func (s *signer) measure(xml []byte, a *cap.Alert) (size, error) {
	h, err := alert.Header(a)
	if err != nil {
		return size{}, err
	}
	payload, parts, err := alert.Payload(a, compact.Extras{})
	if err != nil {
		return size{}, err
	}
	core, _, err := compact.Encode(a, compact.Extras{})
	if err != nil {
		return size{}, err
	}
	e, err := s.domain.Sign(s.unit, h, payload, nil, s.unit.Persons...)
	if err != nil {
		return size{}, err
	}
	alone, err := s.domain.Sign(s.alone, h, payload, nil, s.alone.Persons...)
	if err != nil {
		return size{}, err
	}
	far, err := s.deep.Sign(s.deep.Leitstelle, h, payload, nil, s.deep.Leitstelle.Persons...)
	if err != nil {
		return size{}, err
	}
	m := size{xml: len(xml), zlib: zlibSize(xml), core: len(core), reference: len(e.Encode()), inline: len(e.EncodeFull()),
		alone: len(alone.EncodeFull()), deep: len(far.EncodeFull()), parts: len(parts), signatures: len(e.Signers), chain: len(e.Chain)}
	for _, p := range parts {
		m.texts += len(wire.PackPart(p))
	}
	return m, nil
}

func sizes(w io.Writer) error {
	s, err := newSigner()
	if err != nil {
		return err
	}
	root, err := moduleRoot()
	if err != nil {
		return err
	}
	if err := printDistrict(w, s, filepath.Join(root, filepath.FromSlash(districtFile))); err != nil {
		return err
	}
	return printCorpus(w, s, root)
}

func printDistrict(w io.Writer, s *signer, file string) error {
	xml, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	a, _, err := cap.Parse(xml)
	if err != nil {
		return err
	}
	m, err := s.measure(xml, a)
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "A realistic warning for one district in two languages, signed by %d officers, in bytes.\n\n", m.signatures)
	t := tabwriter.NewWriter(w, 0, 8, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(t, "\tbytes\tof the XML\tgoal\t\n")
	row := func(what string, n, goal int) {
		judged := "none set"
		if goal > 0 {
			judged = verdict(n <= goal, "<= %d", goal)
		}
		fmt.Fprintf(t, "%s\t%d\t%.0f %%\t%s\t\n", what, n, 100*float64(n)/float64(m.xml), judged)
	}
	row("CAP 1.2 as XML, unsigned", m.xml, 0)
	row("the XML through zlib, unsigned", m.zlib, 0)
	row("signed, certificates by reference", m.reference, goalReference)
	row(fmt.Sprintf("signed, chain root-unit-officers inline (%d certificates)", m.chain), m.inline, goalInline)
	row("signed by one, chain root-unit-officer inline", m.alone, 0)
	row("signed, chain root-Land-Kreis-unit-officers inline", m.deep, 0)
	row("signed, by reference, with all texts", m.reference+m.texts, 0)
	t.Flush()
	fmt.Fprint(w, "\n\"By reference\" is what a neighbour gets that has met the officers before. Descriptions, instructions and\n"+
		"fine geometry are parts of their own, named in what is signed; all else is in the first frame.\n\n")
	return nil
}

func printCorpus(w io.Writer, s *signer, root string) error {
	dir, ok := corpusDir(root)
	if !ok {
		fmt.Fprint(w, "The corpus of real warnings is not beside the project: its table is left out.\n")
		return nil
	}
	fmt.Fprint(w, "Real warnings, signed by two, in bytes; total is by reference with all texts and geometry.\n\n")
	t := tabwriter.NewWriter(w, 0, 8, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(t, "document\tXML\tzlib\tcore\tby reference\tchain inline\tparts\ttotal\tof zlib\t\n")
	skipped := 0
	var sum size
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		xml, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		a, _, err := cap.Parse(xml)
		if err != nil {
			return nil // a feed, or no warning at all
		}
		m, err := s.measure(xml, a)
		if err != nil {
			skipped++ // never travels: System, Draft, or without a time
			return nil
		}
		printSize(t, shortName(dir, path), m)
		sum.add(m)
		return nil
	})
	if err != nil {
		return err
	}
	printSize(t, "all together", sum)
	t.Flush()
	fmt.Fprintf(w, "\nLeft out: %d documents that never travel as they are (drafts, times that cannot be read), and feeds.\n\n", skipped)
	return nil
}

func printSize(w io.Writer, name string, m size) {
	total := m.reference + m.texts
	fmt.Fprintf(w, "%s\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%.2f\t\n", name, m.xml, m.zlib, m.core, m.reference, m.inline, m.parts, total,
		float64(total)/float64(m.zlib))
}

func (s *size) add(m size) {
	s.xml += m.xml
	s.zlib += m.zlib
	s.core += m.core
	s.reference += m.reference
	s.inline += m.inline
	s.texts += m.texts
	s.parts += m.parts
}

// shortName is the end of a document's path, which tells it from the others.
func shortName(dir, path string) string {
	const width = 44
	name := strings.TrimPrefix(path, dir+string(filepath.Separator))
	return name[max(0, len(name)-width):]
}

func zlibSize(b []byte) int {
	var z bytes.Buffer
	w, _ := zlib.NewWriterLevel(&z, zlib.BestCompression)
	_, _ = w.Write(b) // a buffer takes everything
	_ = w.Close()
	return z.Len()
}

// moduleRoot walks up to the folder that holds go.mod.
func moduleRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		if dir == filepath.Dir(dir) {
			return "", fmt.Errorf("no go.mod above the working directory: run it within the project")
		}
		dir = filepath.Dir(dir)
	}
}

// corpusDir finds the collected warnings in a folder "shared" beside the project
// or above it, or where KREIDFEUER_SHARED says.
func corpusDir(root string) (string, bool) {
	candidates := []string{os.Getenv("KREIDFEUER_SHARED")}
	for dir := root; dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		candidates = append(candidates, filepath.Join(dir, "shared"))
	}
	for _, c := range candidates {
		dir := filepath.Join(c, "corpus", "cap")
		if info, err := os.Stat(dir); c != "" && err == nil && info.IsDir() {
			return dir, true
		}
	}
	return "", false
}
