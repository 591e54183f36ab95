// Package client speaks the control API of a running device. The zero [Config]
// finds the device of the user's standard data folder.
package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
	"github.com/kreidfeuer/kreidfeuer/node/api/endpoint"
)

// ErrNotRunning means that no device runs with the data folder.
var ErrNotRunning = errors.New("the device is not running; start kreidfeuer up")

// NotRunningError is an [ErrNotRunning] that says where no device runs.
type NotRunningError struct {
	Data string // folder
}

func (e *NotRunningError) Error() string {
	return fmt.Sprintf("%v (data folder %s)", ErrNotRunning, e.Data)
}

func (e *NotRunningError) Unwrap() error { return ErrNotRunning }

const (
	// callTimeout is above the device's own limit, so that its error arrives.
	callTimeout = 90 * time.Second

	// maxAnswer bounds an answer: a page of 1,000 alerts with all their areas.
	maxAnswer = 64 << 20
)

// Config says which device. The zero value is the user's standard one.
type Config struct {
	// Data is the device's data folder. Empty: endpoint.DefaultData.
	Data string
}

// Client calls one device. It is safe for concurrent use.
type Client struct {
	data string
	http *http.Client
}

// New makes a client. It connects with the first call.
func New(c Config) (*Client, error) {
	if c.Data == "" {
		var err error
		if c.Data, err = endpoint.DefaultData(); err != nil {
			return nil, err
		}
	}
	client := &Client{data: c.Data}
	client.http = &http.Client{Transport: &http.Transport{
		DialContext: client.dial, MaxIdleConns: 4, IdleConnTimeout: time.Minute, Proxy: nil,
	}}
	return client, nil
}

// Close closes idle connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// dial finds the device anew each time: it may have been started again.
func (c *Client) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	e, err := endpoint.Read(c.data)
	if err == nil {
		var conn net.Conn
		if conn, err = e.Dial(ctx); err == nil {
			return conn, nil
		}
	}
	if errors.Is(err, endpoint.ErrNone) {
		return nil, &NotRunningError{c.data}
	}
	return nil, err
}

// request makes a request with the token of the running device, if it wants one.
func (c *Client) request(ctx context.Context, method, path string, query url.Values, contentType string, body []byte) (*http.Request, error) {
	r, err := http.NewRequestWithContext(ctx, method, "http://kreidfeuer/v1"+path, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("make request: %w", err)
	}
	r.URL.RawQuery = query.Encode()
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	if e, err := endpoint.Read(c.data); err == nil && e.Token != "" {
		r.Header.Set("Authorization", "Bearer "+e.Token)
	}
	return r, nil
}

// send sends a request and returns the answer's open body if it succeeded.
func (c *Client) send(r *http.Request) (io.ReadCloser, error) {
	answer, err := c.http.Do(r)
	var absent *NotRunningError
	if errors.As(err, &absent) {
		return nil, absent // without the URL, which says nothing here
	}
	if err != nil {
		return nil, fmt.Errorf("call the device: %w", err)
	}
	if answer.StatusCode < 300 {
		return answer.Body, nil
	}
	defer answer.Body.Close()
	var e apitype.Error
	if json.NewDecoder(io.LimitReader(answer.Body, 64<<10)).Decode(&e) != nil || e.Schema != apitype.SchemaError {
		return nil, fmt.Errorf("call the device: %s: not the answer of a device", answer.Status)
	}
	return nil, &e
}

// call makes one call and returns the whole answer.
func (c *Client) call(ctx context.Context, method, path string, query url.Values, contentType string, body []byte) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	r, err := c.request(ctx, method, path, query, contentType, body)
	if err != nil {
		return nil, err
	}
	answer, err := c.send(r)
	if err != nil {
		return nil, err
	}
	defer answer.Close()
	b, err := io.ReadAll(io.LimitReader(answer, maxAnswer+1))
	if err == nil && len(b) > maxAnswer {
		err = fmt.Errorf("more than %d bytes", maxAnswer)
	}
	if err != nil {
		return nil, fmt.Errorf("read the device's answer: %w", err)
	}
	return b, nil
}

// decode reads an answer of the given schema.
func decode[T any](b []byte, err error, schema apitype.Schema) (v T, _ error) {
	if err != nil {
		return v, err
	}
	var head struct {
		Schema apitype.Schema `json:"schema"`
	}
	if err := json.Unmarshal(b, &head); err != nil || head.Schema != schema {
		return v, fmt.Errorf("read the device's answer: schema %q, want %q: program and device are of different versions", head.Schema, schema)
	}
	if err := json.Unmarshal(b, &v); err != nil {
		return v, fmt.Errorf("read the device's answer: %w", err)
	}
	return v, nil
}

func get[T any](ctx context.Context, c *Client, path string, query url.Values, schema apitype.Schema) (T, error) {
	b, err := c.call(ctx, "GET", path, query, "", nil)
	return decode[T](b, err, schema)
}

func sendJSON[T any](ctx context.Context, c *Client, method, path string, body any, schema apitype.Schema) (v T, _ error) {
	b, err := json.Marshal(body)
	if err != nil {
		return v, fmt.Errorf("make request: %w", err)
	}
	b, err = c.call(ctx, method, path, nil, "application/json", b)
	return decode[T](b, err, schema)
}

func sendEnvelope[T any](ctx context.Context, c *Client, path string, envelope []byte, schema apitype.Schema) (T, error) {
	b, err := c.call(ctx, "POST", path, nil, "application/cose", envelope)
	return decode[T](b, err, schema)
}
