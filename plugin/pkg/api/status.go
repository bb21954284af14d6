package api

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
)

// Status is what GET /status says, as far as it is used here. Times are milliseconds since the epoch.
type Status struct {
	Version     string   `json:"version"`
	Now         int64    `json:"now"`
	Roles       []string `json:"roles"`
	Findings    *int64   `json:"findings"`
	Scopes      *int64   `json:"scopes"`
	NewestRunAt *int64   `json:"newestRunAt"`
	Warehouse   *struct {
		State    string  `json:"state"`
		Progress float64 `json:"progress"`
		AgeMs    *int64  `json:"ageMs"`
		Problem  *string `json:"problem"`
	} `json:"warehouse"`
}

// MayRead says whether the token is good for queries.
func (s *Status) MayRead() bool {
	return slices.Contains(s.Roles, "viewer") || slices.Contains(s.Roles, "operator")
}

// Status asks whether there is something to ask. The error is a *Failure.
func (c *Client) Status(ctx context.Context, header http.Header) (*Status, error) {
	response, err := c.Do(ctx, Request{Method: http.MethodGet, Path: "status", Header: header})
	if err != nil {
		return nil, err
	}
	if failure := c.Refusal(response); failure != nil {
		return nil, failure
	}
	var status Status
	if err := json.Unmarshal(response.Body, &status); err != nil || status.Version == "" {
		return nil, badGateway("%s answers with JSON that is not Sightline's.", c.base.Host).todo("Check that the URL is that of the collector.")
	}
	return &status, nil
}
