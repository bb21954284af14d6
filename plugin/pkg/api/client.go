// Package api asks Sightline's query API over HTTP and says in one place what a failure means.
package api

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/grafana/grafana-plugin-sdk-go/backend/httpclient"
)

// MaxAnswerBytes ends an answer that would fill the memory which the plugin shares with Grafana. The API's largest answer,
// 50,000 rows, has about a third of it. Grafana's own response limit holds where it is lower.
const MaxAnswerBytes = 128 << 20

const root = "/api/v1/"

// Client asks one collector.
type Client struct {
	base  *url.URL
	token string
	http  *http.Client
	limit int64
}

// Request is one request below /api/v1.
type Request struct {
	Method string
	// Path below /api/v1, escaped: "status".
	Path string
	// Query is the part of the address after "?".
	Query string
	// Header is for the API to read, beside what the client sends of itself.
	Header http.Header
	Body   []byte
}

// Response is what the API answered, read to its end.
type Response struct {
	Status int
	Header http.Header
	Body   []byte
}

// New makes a client of the collector at address. The token may be empty.
// It returns a *Failure when the address or the token can not be one.
func New(address, token string, options httpclient.Options) (*Client, error) {
	base, err := parseAddress(address)
	if err != nil {
		return nil, err
	}
	token = strings.TrimSpace(token)
	if strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return nil, misconfigured("The token has characters that no token has.", "Copy it again, without spaces and line breaks.")
	}
	client, err := httpclient.NewProvider().New(options)
	if err != nil {
		return nil, misconfigured("The TLS or proxy settings can not be used: "+err.Error()+".", "Correct them in the settings of the data source.")
	}
	// A redirect would carry the token to an address that nobody entered, and turn a POST into a GET.
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &Client{base: base, token: token, http: client, limit: MaxAnswerBytes}, nil
}

// Close gives back the connections that are open and idle.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Do sends a request. Any answer in JSON is a Response, also one that says no; everything else is a *Failure.
func (c *Client) Do(ctx context.Context, r Request) (*Response, error) {
	request, err := http.NewRequestWithContext(ctx, r.Method, c.base.String()+root+r.Path, bytes.NewReader(r.Body))
	if err != nil {
		return nil, &Failure{Status: http.StatusBadRequest, Said: "The path of the request can not be read."}
	}
	request.URL.RawQuery = r.Query
	for name, values := range r.Header {
		request.Header[name] = values
	}
	request.Header.Set("Accept", "application/json")
	if len(r.Body) > 0 {
		request.Header.Set("Content-Type", "application/json")
	}
	if c.token != "" {
		request.Header.Set("Authorization", "Bearer "+c.token)
	}
	// All requests read: net/http may repeat one on a new connection when the collector had just closed an idle one.
	// A key without values is not sent.
	request.Header["Idempotency-Key"] = nil

	answer, err := c.http.Do(request)
	if err != nil {
		return nil, unreachable(c.base, err)
	}
	defer func() { _ = answer.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(answer.Body, c.limit+1))
	if err != nil {
		return nil, brokenOff(c.base, len(body), err)
	}
	if int64(len(body)) > c.limit {
		return nil, tooLarge(c.limit)
	}
	if failure := foreign(c.base, answer, body); failure != nil {
		return nil, failure
	}
	return &Response{Status: answer.StatusCode, Header: answer.Header, Body: body}, nil
}

func parseAddress(address string) (*url.URL, error) {
	address = strings.TrimSpace(address)
	if address == "" {
		return nil, misconfigured("No URL is set.", "Enter the address of the collector in the settings of the data source, for example http://sightline:8080.")
	}
	base, err := url.Parse(address)
	if err != nil || base.Host == "" || (base.Scheme != "http" && base.Scheme != "https") {
		return nil, misconfigured("The URL in the settings of the data source is no address of a server.", "Enter it with http:// or https://, for example http://sightline:8080.")
	}
	if base.User != nil {
		return nil, misconfigured("The URL in the settings of the data source holds a name or a password, which would be shown to everybody.", "Enter it without, and the token under Authentication.")
	}
	// People copy the address from the documentation of the API, too.
	path := strings.TrimSuffix(strings.TrimRight(base.Path, "/"), strings.TrimRight(root, "/"))
	return &url.URL{Scheme: base.Scheme, Host: base.Host, Path: path}, nil
}
