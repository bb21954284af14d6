package api

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"mime"
	"net"
	"net/http"
	"net/url"
	"strings"
	"syscall"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/backend/httpclient"
	"github.com/grafana/grafana-plugin-sdk-go/experimental/status"
)

// StatusCancelled is what servers log where a client went before it had its answer.
const StatusCancelled = 499

// Failure is an error for the person who looks at the panel.
type Failure struct {
	// Status as an HTTP status.
	Status int
	// Said is what happened, Todo what to do about it; whole sentences.
	Said, Todo string
	// Ours: a defect of this plugin. All others come from the collector, the network or the settings.
	Ours bool
}

func (f *Failure) Error() string { return strings.TrimSpace(f.Said + " " + f.Todo) }

func (f *Failure) todo(text string) *Failure {
	f.Todo = text
	return f
}

// Source tells Grafana whose error it is.
func (f *Failure) Source() backend.ErrorSource {
	if f.Ours {
		return backend.ErrorSourcePlugin
	}
	return backend.ErrorSourceDownstream
}

// FailureOf makes a Failure of any error.
func FailureOf(err error) *Failure {
	if failure, ok := errors.AsType[*Failure](err); ok {
		return failure
	}
	return &Failure{Status: http.StatusInternalServerError, Said: err.Error(), Ours: true}
}

func misconfigured(said, todo string) *Failure {
	return &Failure{Status: http.StatusBadRequest, Said: said, Todo: todo}
}

func tooLarge(limit int64) *Failure {
	return &Failure{
		Status: http.StatusRequestEntityTooLarge,
		Said:   fmt.Sprintf("The answer is larger than %d MiB.", limit>>20),
		Todo:   "Ask for less: a lower limit, more filters or fewer groups.",
	}
}

// unreachable says why no answer came. Texts of net/http hold the address as it was asked, so only what lies below is shown.
func unreachable(base *url.URL, err error) *Failure {
	if asked, ok := errors.AsType[*url.Error](err); ok {
		err = asked.Err
	}
	at := base.Scheme + "://" + base.Host
	if status.IsCancelledError(err) {
		return &Failure{Status: StatusCancelled, Said: "The query was cancelled."}
	}
	if network := net.Error(nil); errors.Is(err, context.DeadlineExceeded) || (errors.As(err, &network) && network.Timeout()) {
		return &Failure{
			Status: http.StatusGatewayTimeout,
			Said:   at + " did not answer in time.",
			Todo:   "Ask for less (a shorter range, more filters), or raise the timeout in the settings of the data source.",
		}
	}
	if notFound, ok := errors.AsType[*net.DNSError](err); ok {
		return badGateway("The name %s is not known where Grafana runs.", notFound.Name).todo("Check the URL in the settings of the data source.")
	}
	if errors.Is(err, syscall.ECONNREFUSED) {
		return badGateway("Nothing answers at %s.", at).
			todo("Check the URL, and that the collector (sightline serve) runs and can be reached from where Grafana runs; in a container, localhost is the container itself.")
	}
	if errors.Is(err, http.ErrSchemeMismatch) {
		return badGateway("%s does not speak TLS.", at).todo("Enter the URL with http:// instead.")
	}
	if untrusted, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return badGateway("The certificate of %s is not trusted: %s.", at, untrusted.Err).todo("Enter its CA certificate under TLS settings.")
	}
	return badGateway("%s could not be reached: %s.", at, err).todo("Check the URL and the network between Grafana and the collector.")
}

// brokenOff says why an answer ended before its end.
func brokenOff(base *url.URL, read int, err error) *Failure {
	if errors.Is(err, httpclient.ErrResponseBodyTooLarge) {
		return &Failure{
			Status: http.StatusRequestEntityTooLarge,
			Said:   "The answer is larger than Grafana's response limit (response_limit of [dataproxy]).",
			Todo:   "Ask for less, or raise it.",
		}
	}
	failure := unreachable(base, err)
	if failure.Status == http.StatusBadGateway {
		return badGateway("The answer of %s ended after %d bytes, before it was whole.", base.Host, read).
			todo("Try again; if it stays, look for a proxy or a restart of the collector in between.")
	}
	return failure
}

// foreign recognises answers that are not the API's: pages, redirects, nothing at all.
func foreign(base *url.URL, answer *http.Response, body []byte) *Failure {
	at := base.Scheme + "://" + base.Host
	code := answer.StatusCode
	if code >= 300 && code < 400 {
		target := answer.Header.Get("Location")
		if location, err := answer.Location(); err == nil {
			target = location.Scheme + "://" + location.Host
		}
		return badGateway("%s sends elsewhere (%d, %q).", at, code, target).todo("Enter the address of the collector itself, past redirects and login pages.")
	}
	kind, _, _ := mime.ParseMediaType(answer.Header.Get("Content-Type"))
	// The API's errors are problem documents; other JSON with such a status is of somebody else.
	if kind == "application/problem+json" || (kind == "application/json" && code < http.StatusBadRequest) {
		return nil
	}
	switch {
	case code == http.StatusBadGateway || code == http.StatusServiceUnavailable || code == http.StatusGatewayTimeout:
		return badGateway("A proxy at %s answers %d: the collector behind it does not answer.", at, code).todo("Check that it runs.")
	case code == http.StatusUnauthorized || code == http.StatusForbidden:
		return (&Failure{Status: code, Said: fmt.Sprintf("Something else than the collector refuses the request at %s (%d).", at, code)}).
			todo("Check the URL. If a proxy asks for credentials, enter them as custom HTTP headers.")
	case len(body) == 0:
		return badGateway("%s answers %d without a word.", at, code).todo("Check that the URL is that of the collector.")
	default:
		return badGateway("%s answers %d with %s: this is not Sightline's API.", at, code, shown(kind)).
			todo("Check that the URL is that of the collector, without a path of its pages, and that no login page stands before it.")
	}
}

func shown(kind string) string {
	switch kind {
	case "text/html":
		return "a web page instead of JSON"
	case "application/json":
		return "JSON of another kind"
	case "":
		return "something unnamed instead of JSON"
	default:
		return kind + " instead of JSON"
	}
}

func badGateway(format string, args ...any) *Failure {
	return &Failure{Status: http.StatusBadGateway, Said: fmt.Sprintf(format, args...)}
}
