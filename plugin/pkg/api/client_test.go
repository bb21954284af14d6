package api

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend/httpclient"
)

const token = "slt_0123456789abcdef_secret"

func options() httpclient.Options {
	timeouts := httpclient.DefaultTimeoutOptions
	return httpclient.Options{Timeouts: &timeouts}
}

func clientOf(t testing.TB, address string) *Client {
	t.Helper()
	client, err := New(address, token, options())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return client
}

func serving(t testing.TB, handle http.HandlerFunc) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(handle)
	t.Cleanup(server.Close)
	return server
}

func says(kind string, status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", kind)
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}
}

func batch() Batch {
	return Batch{From: 0, To: 1, Queries: []json.RawMessage{json.RawMessage(`{"refId":"A","type":"runs"}`)}}
}

// told checks that a failure is of that status and says what is wanted, and never the token.
func told(t *testing.T, err error, status int, wanted ...string) {
	t.Helper()
	failure := FailureOf(err)
	if err == nil || failure.Status != status || failure.Ours {
		t.Fatalf("wanted %d of somebody else, got %+v", status, err)
	}
	for _, text := range wanted {
		if !strings.Contains(failure.Error(), text) {
			t.Errorf("%q does not say %q", failure.Error(), text)
		}
	}
	if strings.Contains(failure.Error(), token) {
		t.Errorf("%q tells the token", failure.Error())
	}
}

func TestAddressesThatCanNotBeOnesAreRefused(t *testing.T) {
	for address, says := range map[string]string{
		"":                            "No URL is set",
		"   ":                         "No URL is set",
		"sightline:8080":              "with http:// or https://",
		"ftp://sightline":             "with http:// or https://",
		"http://":                     "with http:// or https://",
		"http://[::1":                 "with http:// or https://",
		"http://me:secret@sightline/": "name or a password",
	} {
		_, err := New(address, "", options())
		told(t, err, http.StatusBadRequest, says)
		if strings.Contains(err.Error(), "secret") {
			t.Errorf("%v tells the password", err)
		}
	}
}

func TestTokensWithLineBreaksAreRefusedAndNotTold(t *testing.T) {
	_, err := New("http://sightline", token+"\n"+token, options())
	told(t, err, http.StatusBadRequest, "The token has characters")
}

func TestTheAddressOfTheAPIWillDo(t *testing.T) {
	for _, path := range []string{"", "/", "/api/v1", "/api/v1/"} {
		server := serving(t, func(w http.ResponseWriter, r *http.Request) {
			says("application/json", 200, fmt.Sprintf("%q", r.URL.Path))(w, r)
		})
		answer, err := clientOf(t, server.URL+path).Do(context.Background(), Request{Method: http.MethodGet, Path: "status"})
		if err != nil || string(answer.Body) != `"/api/v1/status"` {
			t.Errorf("%q: %v, %s", path, err, answer.Body)
		}
	}
}

func TestWhoDoesNotAnswerIsSaid(t *testing.T) {
	closed := serving(t, nil)
	closed.Close()
	_, err := clientOf(t, closed.URL).Query(context.Background(), nil, batch())
	told(t, err, http.StatusBadGateway, "Nothing answers at "+closed.URL, "sightline serve")

	_, err = clientOf(t, "http://sightline.invalid").Query(context.Background(), nil, batch())
	told(t, err, http.StatusBadGateway, "sightline.invalid", "Check the URL")
}

// waitUntilLeft returns when the client is gone. The server looks for that only once the body is read.
func waitUntilLeft(r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	<-r.Context().Done()
}

func TestSlowAnswersEndAtTheTimeout(t *testing.T) {
	gone := make(chan struct{})
	server := serving(t, func(_ http.ResponseWriter, r *http.Request) { waitUntilLeft(r); close(gone) })
	hurried := options()
	hurried.Timeouts.Timeout = 50 * time.Millisecond
	client, err := New(server.URL, token, hurried)
	if err != nil {
		t.Fatal(err)
	}
	_, err = client.Query(context.Background(), nil, batch())
	told(t, err, http.StatusGatewayTimeout, "did not answer in time", "raise the timeout")
	<-gone
}

func TestCancellingReachesTheCollector(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	gone := make(chan struct{})
	server := serving(t, func(_ http.ResponseWriter, r *http.Request) { cancel(); waitUntilLeft(r); close(gone) })
	_, err := clientOf(t, server.URL).Query(ctx, nil, batch())
	told(t, err, StatusCancelled, "cancelled")
	<-gone
}

func TestTLSThatDoesNotFitIsSaid(t *testing.T) {
	plain := serving(t, says("application/json", 200, "{}"))
	_, err := clientOf(t, strings.Replace(plain.URL, "http:", "https:", 1)).Query(context.Background(), nil, batch())
	told(t, err, http.StatusBadGateway, "does not speak TLS", "http://")

	secure := httptest.NewTLSServer(says("application/json", 200, "{}"))
	t.Cleanup(secure.Close)
	_, err = clientOf(t, secure.URL).Query(context.Background(), nil, batch())
	told(t, err, http.StatusBadGateway, "is not trusted", "CA certificate")

	_, err = clientOf(t, strings.Replace(secure.URL, "https:", "http:", 1)).Query(context.Background(), nil, batch())
	told(t, err, http.StatusBadGateway)
}

func TestHalfAnAnswerIsNone(t *testing.T) {
	for name, handle := range map[string]http.HandlerFunc{
		"shorter than announced": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("Content-Length", "1000")
			_, _ = w.Write([]byte(`{"results":{"A":{"status":200,"frames":[`))
		},
		"broken off": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = w.Write([]byte(`{"results":{"A":{"status":200,"frames":[`))
			_ = http.NewResponseController(w).Flush()
			connection, _, _ := http.NewResponseController(w).Hijack()
			_ = connection.Close()
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := clientOf(t, serving(t, handle).URL).Query(context.Background(), nil, batch())
			told(t, err, http.StatusBadGateway, "ended after 40 bytes", "Try again")
		})
	}
	server := serving(t, says("application/json", 200, `{"results":{"A":{"status":200,"frames":[`))
	_, err := clientOf(t, server.URL).Query(context.Background(), nil, batch())
	told(t, err, http.StatusBadGateway, "can not be read")

	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = silent.Close() })
	go func() {
		for {
			connection, err := silent.Accept()
			if err != nil {
				return
			}
			_ = connection.Close()
		}
	}()
	_, err = clientOf(t, "http://"+silent.Addr().String()).Query(context.Background(), nil, batch())
	told(t, err, http.StatusBadGateway, "could not be reached")
}

func TestAnswersThatAreNotTheAPIsAreRecognised(t *testing.T) {
	for _, one := range []struct {
		kind   string
		status int
		body   string
		says   string
	}{
		{"text/html; charset=utf-8", 200, "<html>Sign in</html>", "a web page instead of JSON"},
		{"text/html", 404, "<html>nginx</html>", "a web page instead of JSON"},
		{"text/html", 502, "<html>nginx</html>", "the collector behind it does not answer"},
		{"text/plain", 503, "no healthy upstream", "the collector behind it does not answer"},
		{"text/plain", 200, "pong", "text/plain instead of JSON"},
		{"", 200, "", "without a word"},
		{"application/json", 200, `{"status":"success","data":[]}`, ""},
		{"application/json", 404, `{"message":"Not found"}`, "JSON of another kind"},
		{"application/json", 200, `[1, 2]`, "can not be read"},
		{"application/json", 200, `null`, ""},
	} {
		server := serving(t, says(one.kind, one.status, one.body))
		results, err := clientOf(t, server.URL).Query(context.Background(), nil, batch())
		if one.says == "" {
			if err != nil || len(results) > 0 {
				t.Errorf("%s: %v, %v", one.body, results, err)
			}
			continue
		}
		told(t, err, http.StatusBadGateway, one.says, "Check")
	}
	server := serving(t, says("text/html", 401, "<html>"))
	_, err := clientOf(t, server.URL).Query(context.Background(), nil, batch())
	told(t, err, http.StatusUnauthorized, "Something else than the collector", "custom HTTP headers")
}

func TestRedirectsAreNotFollowedWithTheToken(t *testing.T) {
	elsewhere := serving(t, func(http.ResponseWriter, *http.Request) { t.Error("the redirect was followed") })
	server := serving(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, elsewhere.URL+"/login?next=secret", http.StatusFound)
	})
	_, err := clientOf(t, server.URL).Query(context.Background(), nil, batch())
	told(t, err, http.StatusBadGateway, "sends elsewhere", elsewhere.URL)
	if strings.Contains(err.Error(), "secret") {
		t.Errorf("%v tells what it does not know the meaning of", err)
	}
}

func TestRefusalsSayWhatToDo(t *testing.T) {
	problem := func(detail, hint string) string {
		raw, _ := json.Marshal(map[string]string{"title": "No", "detail": detail, "hint": hint})
		return string(raw)
	}
	for _, one := range []struct {
		status int
		body   string
		says   []string
	}{
		{401, problem("The token was revoked.", ""), []string{"The token was revoked. Enter a valid token", "sightline token create"}},
		{403, problem("This needs the role viewer, and you have only the role ingest.", ""), []string{"needs the role viewer", "Give the data source a token"}},
		{404, problem("There is nothing under this path.", ""), []string{"does not have this part of the API", "older than this plugin"}},
		{413, problem("The body of a request may have 1 MiB.", "Send less at once"), []string{"1 MiB. Send less at once."}},
		{503, problem("The warehouse is being filled", "Try again soon."), []string{"The warehouse is being filled. Try again soon. Try again in 5 s."}},
		{500, `{}`, []string{"does not say why"}},
		{500, `not JSON`, []string{"does not say why"}},
	} {
		server := serving(t, func(w http.ResponseWriter, r *http.Request) {
			if one.status == 503 {
				w.Header().Set("Retry-After", "5")
			}
			says("application/problem+json", one.status, one.body)(w, r)
		})
		_, err := clientOf(t, server.URL).Query(context.Background(), nil, batch())
		told(t, err, one.status, one.says...)
	}
}

func TestHugeAnswersEndAtTheLimit(t *testing.T) {
	server := serving(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		for range 100 {
			if _, err := w.Write(make([]byte, 64)); err != nil {
				return
			}
		}
	})
	client := clientOf(t, server.URL)
	client.limit = 1000
	_, err := client.Query(context.Background(), nil, batch())
	told(t, err, http.StatusRequestEntityTooLarge, "Ask for less")

	_, err = clientOf(t, server.URL).Query(httpclient.WithResponseLimit(context.Background(), 1000), nil, batch())
	told(t, err, http.StatusRequestEntityTooLarge, "response_limit")
}

func TestConnectionsThatTheCollectorClosedAreOpenedAnew(t *testing.T) {
	server := httptest.NewUnstartedServer(says("application/json", 200, `{"results":{}}`))
	server.Config.IdleTimeout = time.Millisecond
	server.Start()
	t.Cleanup(server.Close)
	client := clientOf(t, server.URL)
	for range 20 {
		if _, err := client.Query(context.Background(), nil, batch()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Millisecond)
	}
}
