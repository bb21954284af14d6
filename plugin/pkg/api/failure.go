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

// Failure is an error for the person who looks at the panel: what happened, and what to do.
type Failure struct {
	// Status as an HTTP status.
	Status  int
	Message string
	// Ours: a defect of this plugin. All others come from the collector, the network or the settings.
	Ours bool
}

func (f *Failure) Error() string { return f.Message }

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
	return &Failure{Status: http.StatusInternalServerError, Message: err.Error(), Ours: true}
}

func misconfigured(message string) *Failure {
	return &Failure{Status: http.StatusBadRequest, Message: message}
}

func tooLarge(limit int64) *Failure {
	return &Failure{
		Status:  http.StatusRequestEntityTooLarge,
		Message: fmt.Sprintf("The answer is larger than %d MiB. Ask for less: a lower limit, more filters or fewer groups.", limit>>20),
	}
}

// unreachable says why no answer came. Texts of net/http hold the address as it was asked, so only what lies below is shown.
func unreachable(base *url.URL, err error) *Failure {
	if asked, ok := errors.AsType[*url.Error](err); ok {
		err = asked.Err
	}
	at := base.Scheme + "://" + base.Host
	if status.IsCancelledError(err) {
		return &Failure{Status: StatusCancelled, Message: "The query was cancelled."}
	}
	if network := net.Error(nil); errors.Is(err, context.DeadlineExceeded) || (errors.As(err, &network) && network.Timeout()) {
		return &Failure{
			Status:  http.StatusGatewayTimeout,
			Message: at + " did not answer in time. Ask for less (a shorter range, more filters), or raise the timeout in the settings of the data source.",
		}
	}
	if notFound, ok := errors.AsType[*net.DNSError](err); ok {
		return badGateway("The name %s is not known where Grafana runs. Check the URL in the settings of the data source.", notFound.Name)
	}
	if errors.Is(err, syscall.ECONNREFUSED) {
		return badGateway("Nothing answers at %s. Check the URL, and that the collector (sightline serve) runs and can be reached from where Grafana runs; in a container, localhost is the container itself.", at)
	}
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		return badGateway("%s does not speak TLS. Enter the URL with http:// instead.", at)
	}
	if untrusted, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return badGateway("The certificate of %s is not trusted: %s. Enter its CA certificate under TLS settings.", at, untrusted.Err)
	}
	return badGateway("%s could not be reached: %s. Check the URL and the network between Grafana and the collector.", at, err)
}

// brokenOff says why an answer ended before its end.
func brokenOff(base *url.URL, read int, err error) *Failure {
	if errors.Is(err, httpclient.ErrResponseBodyTooLarge) {
		return &Failure{
			Status:  http.StatusRequestEntityTooLarge,
			Message: "The answer is larger than Grafana's response limit (response_limit of [dataproxy]). Ask for less, or raise it.",
		}
	}
	failure := unreachable(base, err)
	if failure.Status == http.StatusBadGateway {
		failure = badGateway("The answer of %s ended after %d bytes, before it was whole. Try again; if it stays, look for a proxy or a restart of the collector in between.", base.Host, read)
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
		return badGateway("%s sends elsewhere (%d, %q). Enter the address of the collector itself, past redirects and login pages.", at, code, target)
	}
	kind, _, _ := mime.ParseMediaType(answer.Header.Get("Content-Type"))
	if kind == "application/json" || strings.HasSuffix(kind, "+json") {
		return nil
	}
	switch {
	case code == http.StatusBadGateway || code == http.StatusServiceUnavailable || code == http.StatusGatewayTimeout:
		return badGateway("A proxy at %s answers %d: the collector behind it does not answer. Check that it runs.", at, code)
	case code == http.StatusUnauthorized || code == http.StatusForbidden:
		return &Failure{Status: code, Message: fmt.Sprintf("Something before the collector at %s refuses the request (%d). If a proxy asks for credentials, enter them as custom HTTP headers.", at, code)}
	case len(body) == 0:
		return badGateway("%s answers %d without a word. Check that the URL is that of the collector.", at, code)
	default:
		return badGateway("%s answers %d with %s instead of JSON: this is not Sightline's API. Check that the URL is that of the collector, without a path of its pages, and that no login page stands before it.", at, code, shown(kind))
	}
}

func shown(kind string) string {
	switch kind {
	case "text/html":
		return "a web page"
	case "":
		return "something unnamed"
	default:
		return kind
	}
}

func badGateway(format string, args ...any) *Failure {
	return &Failure{Status: http.StatusBadGateway, Message: fmt.Sprintf(format, args...)}
}
