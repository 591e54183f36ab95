package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestNoEntityIsOpened watches the system calls of cap check and cap convert on
// documents whose entities name files and servers: no socket is made, and no
// file is opened but the document, the system's own and those that any run of
// the program opens.
func TestNoEntityIsOpened(t *testing.T) {
	strace, err := exec.LookPath("strace")
	if err != nil {
		t.Skip("strace is not installed")
	}
	bin := filepath.Join(t.TempDir(), "kreidfeuer")
	if err := os.Symlink(must(os.Executable()), bin); err != nil { // TestMain tells by the name that it is the program
		t.Fatal(err)
	}
	secret := filepath.Join(t.TempDir(), "secret.txt")
	if err := os.WriteFile(secret, []byte("topsecret"), 0o600); err != nil {
		t.Fatal(err)
	}
	files := []string{filepath.Join(t.TempDir(), "entity.xml")}
	if err := os.WriteFile(files[0], []byte(`<?xml version="1.0"?><!DOCTYPE alert [<!ENTITY x SYSTEM "file://`+secret+`">`+
		`<!ENTITY % p SYSTEM "http://127.0.0.1:9/p.dtd"> %p;]>`+
		`<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2"><identifier>&x;</identifier></alert>`), 0o600); err != nil {
		t.Fatal(err)
	}
	if dir := corpusDir(t); dir != "" {
		files = append(files, filepath.Join(dir, "google-cap-library", "testdata__xee.cap"),
			filepath.Join(dir, "google-cap-library", "testdata__xee.atom"))
	}
	for _, file := range files {
		for _, args := range [][]string{{"cap", "check", file}, {"cap", "convert", "--to", "json", file}} {
			trace := filepath.Join(t.TempDir(), "trace")
			cmd := exec.Command(strace, append([]string{"-f", "-qq", "-e", "trace=open,openat,openat2,connect,socket,sendto,execve",
				"-o", trace, bin}, args...)...)
			out, err := cmd.CombinedOutput()
			if cmd.ProcessState == nil || !cmd.ProcessState.Exited() {
				t.Fatalf("strace: %v: %s", err, out)
			}
			if bytes.Contains(out, []byte("PTRACE")) {
				t.Skipf("strace may not trace here: %s", out)
			}
			if cmd.ProcessState.Success() {
				t.Errorf("%v: exit status 0, want a refusal", args)
			}
			if bytes.Contains(out, []byte("topsecret")) {
				t.Errorf("%v: the entity's content was printed", args)
			}
			judgeTrace(t, must(os.ReadFile(trace)), file)
		}
	}
}

var tracedOpen = regexp.MustCompile(`open(?:at|at2)?\((?:AT_FDCWD, )?"([^"]*)"`)

func judgeTrace(t *testing.T, trace []byte, file string) {
	t.Helper()
	opened, self := false, must(filepath.EvalSymlinks(must(os.Executable())))
	for line := range strings.Lines(string(trace)) {
		if strings.Contains(line, "socket(") || strings.Contains(line, "connect(") || strings.Contains(line, "sendto(") {
			t.Errorf("network access: %s", line)
		}
		m := tracedOpen.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		switch name := m[1]; {
		case name == file:
			opened = true
		case name == self: // a dependency reads the build information
		case strings.HasPrefix(name, "/sys/"), strings.HasPrefix(name, "/proc/"), strings.HasPrefix(name, "/etc/"),
			strings.HasPrefix(name, "/lib"), strings.HasPrefix(name, "/usr/"), strings.HasPrefix(name, "/dev/"):
		default:
			t.Errorf("opened %s while reading %s", name, file)
		}
	}
	if !opened {
		t.Errorf("the trace does not even show that %s was opened:\n%s", file, trace)
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
