package plugin

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"reflect"
	"strings"
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

// until is a moment for all: what is overdue, and how old a finding is, depends on it.
var until = time.Now().Truncate(time.Minute)

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
	source, address := collector(t)
	request := &backend.QueryDataRequest{}
	for refID, text := range everyType {
		query := saved(refID, text)
		query.TimeRange = backend.TimeRange{From: until.AddDate(0, 0, -90), To: until}
		request.Queries = append(request.Queries, query)
	}
	response, err := source.QueryData(context.Background(), request)
	if err != nil {
		t.Fatal(err)
	}
	for _, query := range request.Queries {
		one := response.Responses[query.RefID]
		if one.Error != nil {
			t.Errorf("%s: %v", query.RefID, one.Error)
			continue
		}
		for index, frame := range one.Frames {
			if frame.Meta == nil || frame.Meta.ExecutedQueryString == "" {
				t.Errorf("%s: a frame that does not say what was run", query.RefID)
			}
			if _, err := frame.MarshalArrow(); err != nil {
				t.Errorf("%s: does not go to Grafana: %v", query.RefID, err)
			}
			if got, wanted := told(t, frame), directly(t, address, query)[index]; !reflect.DeepEqual(got, wanted) {
				t.Errorf("%s: Grafana gets\n%v, the API says\n%v", query.RefID, got, wanted)
			}
		}
	}
}

func TestAlertRulesAreRefusedWhatTheyCanNotUse(t *testing.T) {
	source, _ := collector(t)
	response, err := source.QueryData(context.Background(), &backend.QueryDataRequest{
		Headers: map[string]string{backend.FromAlertHeaderName: "true"},
		Queries: []backend.DataQuery{saved("table", everyType["summary"]), saved("numeric", everyType["numeric"])},
	})
	if err != nil {
		t.Fatal(err)
	}
	if table := response.Responses["table"]; table.Error == nil || table.Status != http.StatusBadRequest {
		t.Errorf("a table is given to a rule: %+v", table)
	}
	if numeric := response.Responses["numeric"]; numeric.Error != nil {
		t.Errorf("numbers are refused: %v", numeric.Error)
	}
}

func TestWrongQueriesAreToldByTheAPI(t *testing.T) {
	source, _ := collector(t)
	for text, says := range map[string]string{
		`{"queryType":"summary","measures":["opened"]}`:                  "measures",
		`{"queryType":"summary","measures":["open"],"grupBy":["cloud"]}`: "update the collector",
		`{"queryType":"pie"}`:                                             "type",
		`{"queryType":"sql","sql":"select 1"}`:                            "warehouse.sql: true",
		`{"queryType":"summary","measures":["open"],"timezone":"Mars/X"}`: "no time zone",
	} {
		response, err := source.QueryData(context.Background(), &backend.QueryDataRequest{Queries: []backend.DataQuery{saved("A", text)}})
		if err != nil {
			t.Fatal(err)
		}
		one := response.Responses["A"]
		if one.Error == nil || !strings.Contains(one.Error.Error(), says) || one.Status != http.StatusBadRequest || one.ErrorSource != backend.ErrorSourceDownstream {
			t.Errorf("%s: %+v", text, one)
		}
	}
}

// shown is what makes a frame: its fields and their values, as JSON has them.
type shown struct {
	Schema struct {
		Fields []struct {
			Name, Type string
			Labels     map[string]string
			Config     map[string]any
		}
	}
	Data struct{ Values [][]any }
}

func told(t *testing.T, frame *data.Frame) (read shown) {
	t.Helper()
	raw, err := data.FrameToJSON(frame, data.IncludeAll)
	if err == nil {
		err = json.Unmarshal(raw, &read)
	}
	if err != nil {
		t.Fatal(err)
	}
	return read
}

// directly asks the API by hand.
func directly(t *testing.T, address string, query backend.DataQuery) []shown {
	t.Helper()
	when, own, failure := translate(query)
	if failure != nil {
		t.Fatal(failure)
	}
	body := fmt.Sprintf(`{"from":%d,"to":%d,"queries":[%s]}`, when.from, when.to, own)
	if when.timezone != "" {
		body = fmt.Sprintf(`{"timezone":%q,%s`, when.timezone, body[1:])
	}
	answer, err := http.Post(address+"/api/v1/query", "application/json", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	var read struct {
		Results map[string]struct{ Frames []shown }
	}
	if err := json.NewDecoder(answer.Body).Decode(&read); err != nil {
		t.Fatal(err)
	}
	return read.Results[query.RefID].Frames
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
