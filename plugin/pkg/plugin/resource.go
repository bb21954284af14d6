package plugin

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"github.com/grafana/grafana-plugin-sdk-go/backend"

	"github.com/sightline/sightline/plugin/pkg/api"
)

// resource is a part of the API that the frontend may read; everything else is nobody's business here, whatever the token
// of the data source may do.
type resource struct {
	path *regexp.Regexp
	post bool
}

var resources = []resource{
	{path: regexp.MustCompile(`^(status|dimensions|measures|openapi\.json)$`)},
	{path: regexp.MustCompile(`^findings/([0-9A-Fa-f]{8,32})$`)},
	// Kubernetes has slashes in the names of labels.
	{path: regexp.MustCompile(`^dimensions/([A-Za-z]{1,40}|label:[^\x00-\x1f\x7f]{1,190})/values$`), post: true},
}

// CallResource reads from the API for the frontend.
func (d *Datasource) CallResource(ctx context.Context, request *backend.CallResourceRequest, sender backend.CallResourceResponseSender) error {
	path, failure := allowed(request)
	if failure == nil {
		failure = d.problem
	}
	if failure != nil {
		return sender.Send(problemResponse(failure))
	}
	var query string
	if address, err := url.Parse(request.URL); err == nil {
		query = address.RawQuery
	}
	answer, err := d.client.Do(ctx, api.Request{
		Method: request.Method, Path: path, Query: query, Header: headersFrom(request.GetHTTPHeaders()), Body: request.Body,
	})
	if err != nil {
		return sender.Send(problemResponse(api.FailureOf(err)))
	}
	if answer.Status == http.StatusUnauthorized {
		// Grafana's frontend takes a 401 for the end of the person's session.
		refusal := d.client.Refusal(answer)
		refusal.Status = http.StatusBadGateway
		return sender.Send(problemResponse(refusal))
	}
	header := map[string][]string{}
	for _, name := range []string{"Content-Type", "Cache-Control", "Retry-After"} {
		if values := answer.Header.Values(name); len(values) > 0 {
			header[name] = values
		}
	}
	return sender.Send(&backend.CallResourceResponse{Status: answer.Status, Headers: header, Body: answer.Body})
}

// allowed gives the path below /api/v1 that a request is for, escaped anew.
func allowed(request *backend.CallResourceRequest) (string, *api.Failure) {
	given := strings.TrimPrefix(request.Path, "/")
	for _, one := range resources {
		parts := one.path.FindStringSubmatch(given)
		if parts == nil {
			continue
		}
		if request.Method != http.MethodGet && (!one.post || request.Method != http.MethodPost) {
			return "", &api.Failure{Status: http.StatusMethodNotAllowed, Said: "This part of the API is only read."}
		}
		if request.Method == http.MethodGet {
			request.Body = nil
		}
		return strings.Replace(given, "/"+parts[1], "/"+url.PathEscape(parts[1]), 1), nil
	}
	return "", &api.Failure{Status: http.StatusNotFound, Said: "The data source has no such resource."}
}

func problemResponse(failure *api.Failure) *backend.CallResourceResponse {
	body, _ := json.Marshal(map[string]any{
		"type": "about:blank", "title": http.StatusText(failure.Status), "status": failure.Status, "detail": failure.Error(),
		// What Grafana's frontend shows of an error.
		"message": failure.Error(),
	})
	return &backend.CallResourceResponse{
		Status:  failure.Status,
		Headers: map[string][]string{"Content-Type": {"application/problem+json"}},
		Body:    body,
	}
}
