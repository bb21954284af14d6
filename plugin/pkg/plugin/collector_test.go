package plugin

import (
	"context"
	"encoding/json"
	"net/http"
	"os"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/data"
)

// These run against a collector with the sample estate at SIGHTLINE_URL (test/plugin starts one). They hold the backend
// against the API itself: what Grafana gets is what the API said.

func collector(t *testing.T) (*Datasource, string) {
	t.Helper()
	address := os.Getenv("SIGHTLINE_URL")
	if address == "" {
		t.Skip("SIGHTLINE_URL names no running collector")
	}
	return open(t, backend.DataSourceInstanceSettings{
		URL: address, DecryptedSecureJSONData: map[string]string{"token": os.Getenv("SIGHTLINE_TOKEN")},
	}), address
}

func open(t testing.TB, settings backend.DataSourceInstanceSettings) *Datasource {
	t.Helper()
	if settings.JSONData == nil {
		settings.JSONData = json.RawMessage(`{}`)
	}
	instance, err := NewDatasource(context.Background(), settings)
	if err != nil {
		t.Fatal(err)
	}
	opened := instance.(*Datasource)
	t.Cleanup(opened.Dispose)
	return opened
}

// saved is a query as a panel keeps it and Grafana sends it.
func saved(refID, text string) backend.DataQuery {
	now := time.Now()
	return backend.DataQuery{
		RefID: refID, MaxDataPoints: 500, Interval: time.Hour,
		TimeRange: backend.TimeRange{From: now.AddDate(0, 0, -90), To: now},
		JSON:      json.RawMessage(text),
	}
}

var everyType = map[string]string{
	"trend":         `{"queryType":"trend","version":1,"measures":["open"],"groupBy":["severity"],"timezone":"Europe/Berlin"}`,
	"summary":       `{"queryType":"summary","version":1,"measures":["open","new"],"groupBy":["account"]}`,
	"numeric":       `{"queryType":"summary","version":1,"measures":["open"],"groupBy":["account"],"format":"numeric"}`,
	"pivot":         `{"queryType":"summary","version":1,"measures":["open"],"groupBy":["account","severity"],"format":"pivot"}`,
	"ageBuckets":    `{"queryType":"summary","version":1,"measures":["open"],"format":"ageBuckets"}`,
	"flame":         `{"queryType":"summary","version":1,"measures":["open"],"groupBy":["cloud","service"],"format":"flame"}`,
	"findings":      `{"queryType":"findings","version":1,"limit":20,"filters":[{"field":"severity","operator":"in","values":["HIGH","CRITICAL"]}]}`,
	"byRule":        `{"queryType":"findings","version":1,"format":"byRule"}`,
	"events":        `{"queryType":"events","version":1,"limit":20}`,
	"annotations":   `{"queryType":"events","version":1,"format":"annotations"}`,
	"logs":          `{"queryType":"events","version":1,"format":"logs","limit":20}`,
	"scopes":        `{"queryType":"runs","version":1}`,
	"timeline":      `{"queryType":"runs","version":1,"view":"timeline"}`,
	"coverage":      `{"queryType":"runs","version":1,"view":"coverage"}`,
	"of a panel":    `{"refId":"of a panel","queryType":"summary","version":1,"measures":["open"],"datasource":{"type":"x","uid":"y"},"datasourceId":3,"hide":false,"key":"Q-1","intervalMs":1000,"maxDataPoints":43200,"queryCachingTTL":60000}`,
	"of an earlier": `{"queryType":"summary","measures":["open"],"tags":[],"matchAny":false,"type":"dashboard"}`,
}

func TestEveryTypeOfQueryIsAnsweredAsTheAPIAnswersIt(t *testing.T) {
	source, _ := collector(t)
	request := &backend.QueryDataRequest{}
	for refID, text := range everyType {
		request.Queries = append(request.Queries, saved(refID, text))
	}
	response, err := source.QueryData(context.Background(), request)
	if err != nil {
		t.Fatal(err)
	}
	for refID := range everyType {
		one := response.Responses[refID]
		if one.Error != nil {
			t.Errorf("%s: %v", refID, one.Error)
			continue
		}
		for _, frame := range one.Frames {
			if len(frame.Fields) == 0 || frame.Meta == nil || frame.Meta.ExecutedQueryString == "" {
				t.Errorf("%s: a frame without fields or without what was run", refID)
			}
			if _, err := frame.MarshalArrow(); err != nil {
				t.Errorf("%s: does not go to Grafana: %v", refID, err)
			}
			t.Logf("%s: %s, %d fields, %d rows", refID, frame.Meta.Type, len(frame.Fields), rows(frame))
		}
	}
}

func TestHealthCountsWhatIsThere(t *testing.T) {
	source, _ := collector(t)
	result, err := source.CheckHealth(context.Background(), &backend.CheckHealthRequest{})
	if err != nil || result.Status != backend.HealthStatusOk {
		t.Fatalf("%v %+v", err, result)
	}
	t.Log(result.Message)
}

func TestResourcesOfTheCollectorAreRead(t *testing.T) {
	source, _ := collector(t)
	for _, path := range []string{"status", "dimensions", "dimensions/account/values", "openapi.json"} {
		if status := call(t, source, http.MethodGet, path, nil).Status; status != http.StatusOK {
			t.Errorf("%s answers %d", path, status)
		}
	}
}

func call(t *testing.T, source *Datasource, method, path string, body []byte) *backend.CallResourceResponse {
	t.Helper()
	var answer *backend.CallResourceResponse
	err := source.CallResource(context.Background(),
		&backend.CallResourceRequest{Method: method, Path: path, URL: path, Body: body},
		backend.CallResourceResponseSenderFunc(func(response *backend.CallResourceResponse) error {
			answer = response
			return nil
		}))
	if err != nil || answer == nil {
		t.Fatalf("%s %s: no answer, %v", method, path, err)
	}
	return answer
}

func rows(frame *data.Frame) int {
	count, _ := frame.RowLen()
	return count
}
