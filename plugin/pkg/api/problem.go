package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
)

// Problem is what the API says of an error, as a whole (RFC 9457) or of one query.
type Problem struct {
	Title  string `json:"title"`
	Detail string `json:"detail"`
	Hint   string `json:"hint"`
	// Executed is the SQL that was run before it failed.
	Executed string `json:"executed"`
	Issues   []struct {
		Path    string `json:"path"`
		Message string `json:"message"`
	} `json:"issues"`
}

// Refusal is the failure that an answer with an error status tells of; nil for other answers.
func (c *Client) Refusal(r *Response) *Failure {
	if r.Status < http.StatusBadRequest {
		return nil
	}
	var problem Problem
	_ = json.Unmarshal(r.Body, &problem)
	failure := problem.failure(r.Status)
	switch r.Status {
	case http.StatusUnauthorized:
		failure.Todo = "Enter a valid token in the settings of the data source: sightline token create --role viewer makes one."
	case http.StatusForbidden:
		failure.Todo = "Give the data source a token with the role viewer that may see what is asked for."
	case http.StatusNotFound:
		failure.Said = "The server at " + c.base.Host + " does not have this part of the API."
		failure.Todo = "Check that the URL is that of the collector; if it is, the collector is older than this plugin: update it."
	case http.StatusServiceUnavailable, http.StatusTooManyRequests:
		if after := r.Header.Get("Retry-After"); after != "" {
			failure.Todo = strings.TrimSpace(fmt.Sprintf("%s Try again in %.10s s.", failure.Todo, after))
		}
	}
	return failure
}

// failure of a request, or of one query of a batch.
func (p *Problem) failure(code int) *Failure {
	failure := &Failure{Status: code, Said: sentence(p.Detail), Todo: sentence(p.Hint)}
	if failure.Said == "" {
		failure.Said = sentence(p.Title)
	}
	if failure.Said == "" {
		failure.Said = "The collector refuses the request and does not say why; its log does."
	}
	for _, issue := range p.Issues {
		// Zod's words for a field that the schema does not have.
		if strings.Contains(issue.Message, "Unrecognized key") {
			failure.Todo = "If the query was made by this plugin, the collector is older than it: update the collector."
		}
	}
	return failure
}

func sentence(text string) string {
	if text == "" || strings.HasSuffix(text, ".") || strings.HasSuffix(text, "!") || strings.HasSuffix(text, "?") {
		return text
	}
	return text + "."
}
