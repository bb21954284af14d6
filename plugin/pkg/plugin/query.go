package plugin

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/data"

	"github.com/sightline/sightline/plugin/pkg/api"
)

// modelVersion is the newest saved query that this plugin knows; src/query/model.ts has the same.
const modelVersion = 1

// ofGrafana are the fields that Grafana and this plugin's frontend put beside those of the API: panels, Explore, alert rules,
// annotations (matchAny, tags, type), caching and the SDK's common properties.
var ofGrafana = []string{
	"datasource", "datasourceId", "hide", "intervalMs", "key", "matchAny", "maxDataPoints", "queryCachingTTL", "queryType",
	"resultAssertions", "tags", "timeRange", "timezone", "type", "version",
}

// span is what a batch has in common.
type span struct {
	from, to int64
	timezone string
}

// QueryData asks all queries at once, or as often as they differ in their time.
func (d *Datasource) QueryData(ctx context.Context, request *backend.QueryDataRequest) (*backend.QueryDataResponse, error) {
	response := backend.NewQueryDataResponse()
	batches := map[span][]json.RawMessage{}
	asked := map[span][]string{}
	for _, query := range request.Queries {
		when, own, failure := translate(query)
		if d.problem != nil {
			failure = d.problem
		}
		if failure != nil {
			response.Responses[query.RefID] = failed(failure, "")
			continue
		}
		batches[when] = append(batches[when], own)
		asked[when] = append(asked[when], query.RefID)
	}
	header := headersFrom(request.GetHTTPHeaders())
	if request.Headers[backend.FromAlertHeaderName] != "" {
		header.Set(backend.FromAlertHeaderName, request.Headers[backend.FromAlertHeaderName])
	}
	for when, queries := range batches {
		for begin := 0; begin < len(queries); begin += api.MaxQueries {
			end := min(begin+api.MaxQueries, len(queries))
			batch := api.Batch{From: when.from, To: when.to, Timezone: when.timezone, Queries: queries[begin:end]}
			results, err := d.client.Query(ctx, header, batch)
			for _, refID := range asked[when][begin:end] {
				response.Responses[refID] = responseOf(refID, results, err)
			}
		}
	}
	return response, nil
}

// translate makes the API's query of a saved one.
func translate(query backend.DataQuery) (span, json.RawMessage, *api.Failure) {
	own := map[string]json.RawMessage{}
	if err := json.Unmarshal(query.JSON, &own); err != nil {
		return span{}, nil, refused("The query is no JSON object.", "Make it anew in the editor.")
	}
	var known struct {
		Version   float64 `json:"version"`
		QueryType string  `json:"queryType"`
		Timezone  string  `json:"timezone"`
	}
	if err := json.Unmarshal(query.JSON, &known); err != nil {
		return span{}, nil, refused("The query is not one of this data source: "+err.Error()+".", "Make it anew in the editor.")
	}
	if known.Version > modelVersion {
		return span{}, nil, refused(fmt.Sprintf("The query was saved by a newer version of the Sightline plugin (format %g, this one knows %d).", known.Version, modelVersion),
			"Update the plugin.")
	}
	if known.QueryType == "" {
		known.QueryType = query.QueryType
	}
	if known.QueryType == "" {
		return span{}, nil, refused("The query has no type.", "Open it in the editor and choose one; in a provisioned rule, set queryType.")
	}
	for _, name := range ofGrafana {
		delete(own, name)
	}
	own["refId"] = quoted(query.RefID)
	own["type"] = quoted(known.QueryType)
	if known.QueryType == "trend" {
		if query.MaxDataPoints > 0 {
			own["maxDataPoints"] = number(min(query.MaxDataPoints, 1_000_000))
		}
		own["intervalMs"] = number(max(query.Interval.Milliseconds(), 0))
	}
	raw, err := json.Marshal(own)
	if err != nil {
		return span{}, nil, refused("The query can not be read: "+err.Error()+".", "Make it anew in the editor.")
	}
	when := span{query.TimeRange.From.UnixMilli(), query.TimeRange.To.UnixMilli(), known.Timezone}
	return when, raw, nil
}

func responseOf(refID string, results map[string]api.Result, err error) backend.DataResponse {
	if err != nil {
		return failed(api.FailureOf(err), "")
	}
	result, ok := results[refID]
	if !ok {
		return failed(&api.Failure{Status: http.StatusBadGateway, Said: "The collector did not answer this query.", Todo: "Try again; update the collector if it stays."}, "")
	}
	if result.Failure != nil {
		return failed(result.Failure, result.Executed)
	}
	return backend.DataResponse{Status: http.StatusOK, Frames: result.Frames}
}

// failed answers an error; what was run goes along, for the query inspector.
func failed(failure *api.Failure, executed string) backend.DataResponse {
	response := backend.ErrDataResponseWithSource(backend.Status(failure.Status), failure.Source(), failure.Error())
	if executed != "" {
		response.Frames = data.Frames{data.NewFrame("").SetMeta(&data.FrameMeta{ExecutedQueryString: executed})}
	}
	return response
}

// refused is what a person can correct in the query itself.
func refused(said, todo string) *api.Failure {
	return &api.Failure{Status: http.StatusBadRequest, Said: said, Todo: todo}
}

func quoted(text string) json.RawMessage {
	raw, _ := json.Marshal(text)
	return raw
}

func number(value int64) json.RawMessage { return json.RawMessage(fmt.Sprint(value)) }
