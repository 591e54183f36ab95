package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/testenv"
)

// TestNoEntityIsOpened watches the system calls of cap check and cap convert on
// documents whose entities name files and servers: they open no file but the
// document and those that they open for a harmless one, and make no socket.
func TestNoEntityIsOpened(t *testing.T) {
	strace, err := exec.LookPath("strace")
	if err != nil {
		t.Skip("strace is not installed")
	}
	dir := t.TempDir()
	bin := filepath.Join(dir, "kreidfeuer")
	if err := os.Symlink(testenv.Must(os.Executable()), bin); err != nil { // TestMain tells by the name that it is the program
		t.Fatal(err)
	}
	document := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	secret := document("secret.txt", "topsecret")
	const alert = `<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2"><identifier>%s</identifier></alert>`
	harmless := document("harmless.xml", fmt.Sprintf(alert, "a"))
	hostile := []string{document("entity.xml", `<!DOCTYPE alert [<!ENTITY x SYSTEM "file://`+secret+`">`+
		`<!ENTITY % p SYSTEM "http://127.0.0.1:9/p.dtd"> %p;]>`+fmt.Sprintf(alert, "&x;"))}
	if corpus := testenv.Corpus(t); corpus != "" { // their entities name /etc/passwd among others
		hostile = append(hostile, filepath.Join(corpus, "google-cap-library", "testdata__xee.cap"),
			filepath.Join(corpus, "google-cap-library", "testdata__xee.atom"))
	}
	for _, command := range [][]string{{"cap", "check"}, {"cap", "convert", "--to", "json"}} {
		trace := func(file string) (opened map[string]bool, network []string) {
			log := filepath.Join(t.TempDir(), "trace")
			cmd := exec.Command(strace, append(append([]string{"-f", "-qq", "-s", "4096", "-e",
				"trace=open,openat,openat2,connect,socket,sendto,execve", "-o", log, bin}, command...), file)...)
			out, err := cmd.CombinedOutput()
			if cmd.ProcessState == nil || !cmd.ProcessState.Exited() {
				t.Fatalf("strace: %v: %s", err, out)
			}
			if bytes.Contains(out, []byte("PTRACE")) {
				t.Skipf("strace may not trace here: %s", out)
			}
			if file != harmless && cmd.ProcessState.Success() {
				t.Errorf("%v %s: exit status 0, want a refusal", command, file)
			}
			if bytes.Contains(out, []byte("topsecret")) {
				t.Errorf("%v: the entity's content was printed", command)
			}
			return readTrace(testenv.Must(os.ReadFile(log)))
		}
		usual, _ := trace(harmless)
		for _, file := range hostile {
			opened, network := trace(file)
			for _, call := range network {
				t.Errorf("%v %s: %s", command, file, call)
			}
			if !opened[file] {
				t.Errorf("%v: the trace does not even show that %s was opened", command, file)
			}
			for name := range opened {
				if name != file && !usual[name] && !strings.HasPrefix(name, "/proc/") && !strings.HasPrefix(name, "/sys/") {
					t.Errorf("%v: opened %s while reading %s", command, name, file)
				}
			}
		}
	}
}

var tracedOpen = regexp.MustCompile(`open(?:at|at2)?\((?:AT_FDCWD, )?"([^"]*)"`)

// readTrace finds in strace's output which files were opened, also in vain, and
// the calls that reach for a network or another program.
func readTrace(trace []byte) (opened map[string]bool, calls []string) {
	opened = map[string]bool{}
	programs := 0
	for line := range strings.Lines(string(trace)) {
		if strings.Contains(line, "execve(") {
			programs++
		}
		if strings.Contains(line, "socket(") || strings.Contains(line, "connect(") || strings.Contains(line, "sendto(") || programs > 1 {
			calls = append(calls, strings.TrimSpace(line))
		}
		if m := tracedOpen.FindStringSubmatch(line); m != nil {
			opened[m[1]] = true
		}
	}
	return opened, calls
}

// TestReadTrace: the proof above could fail.
func TestReadTrace(t *testing.T) {
	opened, calls := readTrace([]byte(`7 execve("kreidfeuer", ["kreidfeuer"], 0x7) = 0
7 openat(AT_FDCWD, "/etc/passwd", O_RDONLY|O_CLOEXEC <unfinished ...>
8 socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = 3
8 openat2(AT_FDCWD, "missing", {flags=O_RDONLY}, 24) = -1 ENOENT (No such file or directory)
9 execve("/bin/sh", ["sh"], 0x7) = 0
`))
	if !opened["/etc/passwd"] || !opened["missing"] || len(opened) != 2 || len(calls) != 2 {
		t.Errorf("opened %v, calls %q", opened, calls)
	}
}
