package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"regexp"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// freeport NAME puts an address of the loopback with a free port into the
// variable NAME. It is below those that systems give away by themselves: one of these may
// be another program's before this one listens there.
func freeport(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: freeport NAME")
	}
	for port := 20_000 + os.Getpid()%10_000; port < 32_000; port++ {
		at := fmt.Sprint("127.0.0.1:", port)
		if l, err := net.Listen("tcp", at); err == nil {
			ts.Check(l.Close())
			ts.Setenv(args[0], at)
			return
		}
	}
	ts.Fatalf("no free port")
}

// page URL REGEXP... waits until the page at URL matches all expressions; one
// after "!" must not match.
func page(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: page URL REGEXP...")
	}
	deadline := time.Now().Add(20 * time.Second)
	for {
		body, err := fetch(args[0])
		lacks := unmatched(body, args[1:])
		if err == nil && lacks == "" {
			return
		}
		if time.Now().After(deadline) {
			ts.Fatalf("%s: %v, and not as wanted: %s\n%s", args[0], err, lacks, body)
		}
		time.Sleep(300 * time.Millisecond) // another process: nothing to wait on; the page limits who asks too often
	}
}

func fetch(url string) (string, error) {
	client := http.Client{Timeout: 10 * time.Second}
	r, err := client.Get(url)
	if err != nil {
		return "", err
	}
	defer r.Body.Close()
	body, err := io.ReadAll(r.Body)
	return r.Status + "\n" + string(body), err
}

func unmatched(body string, expressions []string) string {
	for _, x := range expressions {
		text, not := strings.CutPrefix(x, "!")
		if regexp.MustCompile("(?s)"+text).MatchString(body) == not {
			return x
		}
	}
	return ""
}
