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
	said := problem.text()
	switch r.Status {
	case http.StatusUnauthorized:
		if c.token == "" {
			said += " Enter a token in the settings of the data source: sightline token create --role viewer makes one."
		} else {
			said += " Enter a valid token in the settings of the data source: sightline token create --role viewer makes one."
		}
	case http.StatusForbidden:
		said += " Give the data source a token with the role viewer that may see what is asked for."
	case http.StatusNotFound:
		said = "The server at " + c.base.Host + " does not have this part of the API. Check that the URL is that of the collector; if it is, the collector is older than this plugin: update it."
	case http.StatusServiceUnavailable, http.StatusTooManyRequests:
		if after := r.Header.Get("Retry-After"); after != "" {
			said += fmt.Sprintf(" Try again in %.10s s.", after)
		}
	}
	return &Failure{Status: r.Status, Message: strings.TrimSpace(said)}
}

// failure of one query of a batch.
func (p *Problem) failure(code int) *Failure {
	said := p.text()
	for _, issue := range p.Issues {
		// Zod's words for a field that the schema does not have.
		if strings.Contains(issue.Message, "Unrecognized key") {
			said += " If the query was made by this plugin, the collector is older than it: update the collector."
			break
		}
	}
	return &Failure{Status: code, Message: said}
}

func (p *Problem) text() string {
	said := p.Detail
	if said == "" {
		said = p.Title
	}
	if said == "" {
		said = "The collector refuses the request and does not say why; its log does."
	}
	if p.Hint != "" {
		return sentence(said) + " " + sentence(p.Hint)
	}
	return sentence(said)
}

func sentence(text string) string {
	if text == "" || strings.HasSuffix(text, ".") || strings.HasSuffix(text, "!") || strings.HasSuffix(text, "?") {
		return text
	}
	return text + "."
}
