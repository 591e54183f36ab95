package api

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
)

// porter is a backend that takes and gives bundles.
type porter struct {
	device
	imports func(io.Reader) (apitype.Imported, error)
	exports func(apitype.BundleFilter, io.Writer) error
}

func (p *porter) ImportBundle(_ context.Context, in io.Reader) (apitype.Imported, error) {
	return p.imports(in)
}

func (p *porter) InspectBundle(_ context.Context, in io.Reader) (apitype.BundleContent, error) {
	b, err := io.ReadAll(in)
	return apitype.BundleContent{AlertCount: len(b)}, err
}

func (p *porter) ExportBundle(_ context.Context, f apitype.BundleFilter, out io.Writer) error {
	return p.exports(f, out)
}

func TestBundleIsStreamed(t *testing.T) {
	const size = 5 << 20 // more than any other request may bring
	p := &porter{imports: func(in io.Reader) (apitype.Imported, error) {
		n, err := io.Copy(io.Discard, in)
		return apitype.Imported{Accepted: int(n)}, err
	}}
	c := serve(t, Config{Backend: p})
	if status, body := do(t, c, "POST", "/v1/bundle", strings.Repeat("x", size)); status != 200 || !strings.Contains(body, fmt.Sprintf(`"schema":"kreidfeuer.imported/1","accepted":%d`, size)) {
		t.Errorf("%d %s", status, body)
	}
	if status, body := do(t, c, "POST", "/v1/bundle/inspect", "12345"); status != 200 || !strings.Contains(body, `"schema":"kreidfeuer.bundle/1"`) || !strings.Contains(body, `"alert_count":5`) {
		t.Errorf("%d %s", status, body)
	}
	p.imports = func(in io.Reader) (apitype.Imported, error) { return apitype.Imported{GaveUp: "too much"}, nil }
	if status, body := do(t, c, "POST", "/v1/bundle", strings.Repeat("x", size)); status != 200 || !strings.Contains(body, "too much") {
		t.Errorf("given up: %d %s", status, body)
	}
	p.imports = func(io.Reader) (apitype.Imported, error) {
		return apitype.Imported{}, &apitype.Error{Code: apitype.CodeBadRequest, Message: "not a bundle"}
	}
	if status, body := do(t, c, "POST", "/v1/bundle", strings.Repeat("x", size)); status != 400 || !strings.Contains(body, "not a bundle") {
		t.Errorf("no bundle: %d %s", status, body)
	}
	if status, _ := do(t, c, "POST", "/v1/bundle?lane=live", "x"); status != 400 {
		t.Errorf("unknown parameter: %d", status)
	}
}

func TestBundleExport(t *testing.T) {
	var got apitype.BundleFilter
	p := &porter{exports: func(f apitype.BundleFilter, out io.Writer) error {
		got = f
		_, err := io.WriteString(out, "bundle")
		return err
	}}
	c := serve(t, Config{Backend: p})
	status, body := do(t, c, "GET", "/v1/bundle?lane=live,drill&since=2026-11-22T08:00:00Z&area=07131&bare=true", "")
	if status != 200 || body != "bundle" || len(got.Lanes) != 2 || got.Since.IsZero() || got.Area != "07131" || !got.Bare {
		t.Errorf("%d %s: %+v", status, body, got)
	}
	for _, query := range []string{"lane=fast", "lane=live,", "since=yesterday", "bare=perhaps", "colour=red"} {
		if status, body := do(t, c, "GET", "/v1/bundle?"+query, ""); status != 400 {
			t.Errorf("%s: %d %s", query, status, body)
		}
	}
	p.exports = func(apitype.BundleFilter, io.Writer) error { return errors.New("disk") }
	if status, body := do(t, c, "GET", "/v1/bundle", ""); status != 500 || strings.Contains(body, "disk") {
		t.Errorf("fault before the first byte: %d %s", status, body)
	}
	p.exports = func(_ apitype.BundleFilter, out io.Writer) error {
		io.WriteString(out, strings.Repeat("half ", 10_000))
		return errors.New("disk")
	}
	answer, err := c.Get("http://" + SocketHost + "/v1/bundle")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if _, err := io.Copy(io.Discard, answer.Body); err == nil {
		t.Error("a bundle that broke off looks whole")
	}
}

func TestTooManyBundles(t *testing.T) {
	inside, leave := make(chan struct{}), make(chan struct{})
	p := &porter{imports: func(io.Reader) (apitype.Imported, error) {
		inside <- struct{}{}
		<-leave
		return apitype.Imported{}, nil
	}}
	c := serve(t, Config{Backend: p})
	done := make(chan error)
	for range maxBundles {
		go func() {
			answer, err := c.Post("http://"+SocketHost+"/v1/bundle", typeBundle, strings.NewReader("x"))
			if err == nil {
				err = answer.Body.Close()
			}
			done <- err
		}()
		<-inside
	}
	if status, body := do(t, c, http.MethodPost, "/v1/bundle", "x"); status != 503 || !strings.Contains(body, `"code":"busy"`) {
		t.Errorf("%d %s", status, body)
	}
	close(leave)
	for range maxBundles {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}
