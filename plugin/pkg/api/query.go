package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/data"
	jsoniter "github.com/json-iterator/go"
)

// MaxQueries is how many queries the API takes in one batch.
const MaxQueries = 50

// Batch is the body of POST /query.
type Batch struct {
	// From and To are milliseconds since the epoch: [from, to).
	From     int64  `json:"from"`
	To       int64  `json:"to"`
	Timezone string `json:"timezone,omitempty"`
	// Queries are in the API's own words.
	Queries []json.RawMessage `json:"queries"`
}

// Result is the answer to one query: frames, or a failure and what was run before it.
type Result struct {
	Frames   data.Frames
	Failure  *Failure
	Executed string
}

type batchAnswer struct {
	Results map[string]struct {
		Status int `json:"status"`
		// Not data.Frames: it unmarshals itself, from bytes which the decoder would first look for the end of.
		Frames []*data.Frame `json:"frames"`
		Error  *Problem      `json:"error"`
	} `json:"results"`
}

// Query asks a batch; results are by refId. The error is a *Failure of all of them.
func (c *Client) Query(ctx context.Context, header http.Header, batch Batch) (map[string]Result, error) {
	body, err := json.Marshal(batch)
	if err != nil {
		return nil, &Failure{Status: http.StatusBadRequest, Said: "The query is not JSON: " + err.Error() + "."}
	}
	response, err := c.Do(ctx, Request{Method: http.MethodPost, Path: "query", Header: header, Body: body})
	if err != nil {
		return nil, err
	}
	if failure := c.Refusal(response); failure != nil {
		return nil, failure
	}
	answer, err := readAnswer(response.Body)
	if err != nil {
		backend.Logger.FromContext(ctx).Warn("An answer of the API can not be read", "error", err)
		return nil, badGateway("The answer of %s can not be read: it is cut off or not Sightline's.", c.base.Host).
			todo("Check the URL, and that plugin and collector are of about the same version.")
	}
	results := make(map[string]Result, len(answer.Results))
	for refID, one := range answer.Results {
		switch {
		case one.Error != nil:
			results[refID] = Result{Failure: one.Error.failure(one.Status), Executed: one.Error.Executed}
		case len(one.Frames) == 0 || slices.ContainsFunc(one.Frames, isEmpty):
			results[refID] = Result{Failure: badGateway("The collector at %s answered without data.", c.base.Host).todo("Update it, or this plugin.")}
		default:
			results[refID] = Result{Frames: one.Frames}
		}
	}
	return results, nil
}

// isEmpty tells what is no answer from one that says of nothing that there is nothing: the API always says how old that is.
func isEmpty(frame *data.Frame) bool {
	return frame == nil || (len(frame.Fields) == 0 && frame.Meta == nil)
}

// readAnswer decodes frames as they come; the decoder of the SDK trusts some of what it reads, and panics where that is wrong.
func readAnswer(body []byte) (answer batchAnswer, err error) {
	defer func() {
		if panicked := recover(); panicked != nil {
			err = fmt.Errorf("no data frame: %v", panicked)
		}
	}()
	err = jsoniter.ConfigCompatibleWithStandardLibrary.Unmarshal(body, &answer)
	return answer, err
}
