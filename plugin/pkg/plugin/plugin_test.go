package plugin

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
)

// asked is what an API was asked, and what it answers.
type asked struct {
	sync.Mutex
	url     string
	bodies  []string
	paths   []string
	headers []http.Header
	answer  func(w http.ResponseWriter, body string)
}

// standIn is an API whose requests can be looked at; what real ones answer is tried against a running collector.
func standIn(t *testing.T, answer func(w http.ResponseWriter, body string)) (*Datasource, *asked) {
	t.Helper()
	seen := &asked{answer: answer}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		seen.Lock()
		seen.bodies = append(seen.bodies, string(body))
		seen.paths = append(seen.paths, r.Method+" "+r.RequestURI)
		seen.headers = append(seen.headers, r.Header)
		seen.Unlock()
		w.Header().Set("Content-Type", "application/json")
		seen.answer(w, string(body))
	}))
	t.Cleanup(server.Close)
	seen.url = server.URL
	return open(t, backend.DataSourceInstanceSettings{URL: server.URL, DecryptedSecureJSONData: map[string]string{"token": "slt_token"}}), seen
}

// answered gives every query of the batch a frame.
func answered(w http.ResponseWriter, body string) {
	var batch struct{ Queries []struct{ RefID string } }
	_ = json.Unmarshal([]byte(body), &batch)
	results := map[string]any{}
	for _, query := range batch.Queries {
		results[query.RefID] = json.RawMessage(`{"status":200,"frames":[{"schema":{"fields":[{"name":"open","type":"number","typeInfo":{"frame":"float64"}}]},"data":{"values":[[7]]}}]}`)
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"results": results})
}

func ask(t *testing.T, source *Datasource, request *backend.QueryDataRequest) backend.Responses {
	t.Helper()
	response, err := source.QueryData(context.Background(), request)
	if err != nil {
		t.Fatal(err)
	}
	return response.Responses
}

func TestAPanelIsOneRequestInTheAPIsOwnWords(t *testing.T) {
	source, seen := standIn(t, answered)
	from := time.UnixMilli(1_000_000)
	trend := backend.DataQuery{
		RefID: "A", MaxDataPoints: 43200, Interval: time.Second, TimeRange: backend.TimeRange{From: from, To: from.Add(time.Hour)},
		JSON: json.RawMessage(`{"refId":"Z","queryType":"trend","version":1,"timezone":"Asia/Tokyo","measures":["open"],"limit":3,
			"datasource":{"uid":"x"},"datasourceId":1,"hide":true,"key":"k","intervalMs":5,"maxDataPoints":7,"queryCachingTTL":1,
			"resultAssertions":{},"timeRange":{},"tags":[],"matchAny":false,"type":"dashboard"}`),
	}
	runs := trend
	runs.RefID, runs.JSON = "B", json.RawMessage(`{"queryType":"runs","version":1,"timezone":"Asia/Tokyo"}`)
	responses := ask(t, source, &backend.QueryDataRequest{Queries: []backend.DataQuery{trend, runs}})
	if responses["A"].Error != nil || responses["B"].Error != nil || len(seen.bodies) != 1 {
		t.Fatalf("%v, %d requests", responses, len(seen.bodies))
	}
	const wanted = `{"from":1000000,"to":4600000,"timezone":"Asia/Tokyo","queries":[` +
		`{"intervalMs":1000,"limit":3,"maxDataPoints":43200,"measures":["open"],"refId":"A","type":"trend"},` +
		`{"refId":"B","type":"runs"}]}`
	if seen.bodies[0] != wanted {
		t.Errorf("asked\n%s, wanted\n%s", seen.bodies[0], wanted)
	}
	if seen.headers[0].Get("Authorization") != "Bearer slt_token" || seen.headers[0].Get("Idempotency-Key") != "" {
		t.Errorf("headers are %v", seen.headers[0])
	}
}

func TestEachTimeIsARequestOfItsOwn(t *testing.T) {
	source, seen := standIn(t, answered)
	one, other, third := saved("A", `{"queryType":"runs"}`), saved("B", `{"queryType":"runs"}`), saved("C", `{"queryType":"runs","timezone":"UTC"}`)
	third.TimeRange, other.TimeRange.From = one.TimeRange, one.TimeRange.From.AddDate(0, 0, -1)
	responses := ask(t, source, &backend.QueryDataRequest{Queries: []backend.DataQuery{one, other, third}})
	if len(seen.bodies) != 3 || len(responses) != 3 {
		t.Errorf("%d requests, %d answers", len(seen.bodies), len(responses))
	}
}

func TestMoreQueriesThanTheAPITakesAreAskedInTurns(t *testing.T) {
	source, seen := standIn(t, answered)
	request := &backend.QueryDataRequest{}
	first := saved("", `{"queryType":"runs"}`)
	for n := range 120 {
		query := first
		query.RefID = fmt.Sprint("Q", n)
		request.Queries = append(request.Queries, query)
	}
	for refID, one := range ask(t, source, request) {
		if one.Error != nil {
			t.Errorf("%s: %v", refID, one.Error)
		}
	}
	if len(seen.bodies) != 3 {
		t.Errorf("%d requests", len(seen.bodies))
	}
}

func TestQueriesThatCanNotBeAskedSayWhy(t *testing.T) {
	source, seen := standIn(t, answered)
	request := &backend.QueryDataRequest{}
	wanted := map[string]string{
		`{"queryType":"runs","version":2}`:     "newer version of the Sightline plugin (format 2, this one knows 1). Update the plugin.",
		`{"queryType":"runs","version":"1"}`:   "not one of this data source",
		`{"queryType":7}`:                      "not one of this data source",
		`{"queryType":"","measures":["open"]}`: "has no type",
		`{}`:                                   "has no type",
		`[]`:                                   "no JSON object",
		`null`:                                 "has no type",
		``:                                     "no JSON object",
		`{"queryType":"ru`:                     "no JSON object",
	}
	for text := range wanted {
		request.Queries = append(request.Queries, saved("of "+text, text))
	}
	request.Queries = append(request.Queries, saved("good", `{"queryType":"runs","version":1}`))
	responses := ask(t, source, request)
	for text, says := range wanted {
		one := responses["of "+text]
		if one.Error == nil || !strings.Contains(one.Error.Error(), says) || one.Status != http.StatusBadRequest || one.ErrorSource != backend.ErrorSourceDownstream {
			t.Errorf("%s: %v (%d, %s)", text, one.Error, one.Status, one.ErrorSource)
		}
	}
	if responses["good"].Error != nil || len(seen.bodies) != 1 || strings.Contains(seen.bodies[0], "of ") {
		t.Errorf("the good one is not asked alone: %v", seen.bodies)
	}
}

func TestWhatFailedSaysWhatWasRun(t *testing.T) {
	source, _ := standIn(t, func(w http.ResponseWriter, _ string) {
		_, _ = w.Write([]byte(`{"results":{"A":{"status":422,"error":{"title":"Query too large","detail":"It needs too much memory.","issues":[],"executed":"select 1"}}}}`))
	})
	responses := ask(t, source, &backend.QueryDataRequest{Queries: []backend.DataQuery{saved("A", `{"queryType":"runs"}`), saved("B", `{"queryType":"runs"}`)}})
	a, b := responses["A"], responses["B"]
	if a.Status != http.StatusUnprocessableEntity || a.Error.Error() != "It needs too much memory." || a.Frames[0].Meta.ExecutedQueryString != "select 1" {
		t.Errorf("%+v", a)
	}
	if b.Error == nil || !strings.Contains(b.Error.Error(), "did not answer this query") || len(b.Frames) > 0 {
		t.Errorf("%+v", b)
	}
}

func TestWhoAsksAndWhatForIsHandedOn(t *testing.T) {
	source, seen := standIn(t, answered)
	request := &backend.QueryDataRequest{
		Headers: map[string]string{backend.FromAlertHeaderName: "true", "http_X-Grafana-Id": "signed", "http_X-Dashboard-Uid": "d", "Cookie": "c", "Authorization": "Bearer person"},
		Queries: []backend.DataQuery{saved("A", `{"queryType":"runs"}`)},
	}
	ask(t, source, request)
	got := seen.headers[0]
	if got.Get("FromAlert") != "true" || got.Get("X-Grafana-Id") != "signed" {
		t.Errorf("lost: %v", got)
	}
	if got.Get("Cookie") != "" || got.Get("X-Dashboard-Uid") != "" || got.Get("Authorization") != "Bearer slt_token" {
		t.Errorf("too much: %v", got)
	}
}

func TestAPersonsOwnTokenIsHandedOnWhereTheDataSourceHasNone(t *testing.T) {
	_, seen := standIn(t, answered)
	source := open(t, backend.DataSourceInstanceSettings{URL: seen.url})
	ask(t, source, &backend.QueryDataRequest{
		Headers: map[string]string{"Authorization": "Bearer person"},
		Queries: []backend.DataQuery{saved("A", `{"queryType":"runs"}`)},
	})
	if got := seen.headers[0].Get("Authorization"); got != "Bearer person" {
		t.Errorf("asked as %q", got)
	}
}

func TestWrongSettingsAreSaidEverywhere(t *testing.T) {
	for _, settings := range []backend.DataSourceInstanceSettings{
		{},
		{URL: "sightline"},
		{URL: "http://sightline", JSONData: json.RawMessage(`{"tlsAuthWithCACert":true}`), DecryptedSecureJSONData: map[string]string{"tlsCACert": "no certificate"}},
		{URL: "http://sightline", JSONData: json.RawMessage(`[`)},
		{URL: "http://sightline", JSONData: json.RawMessage(`{"httpHeaderName1":5}`), DecryptedSecureJSONData: map[string]string{"httpHeaderValue1": "x"}},
	} {
		source := open(t, settings)
		one := ask(t, source, &backend.QueryDataRequest{Queries: []backend.DataQuery{saved("A", `{"queryType":"runs"}`)}})["A"]
		if one.Error == nil || !strings.Contains(one.Error.Error(), "settings of the data source") {
			t.Errorf("query: %v", one.Error)
		}
		health, err := source.CheckHealth(context.Background(), &backend.CheckHealthRequest{})
		if err != nil || health.Status != backend.HealthStatusError || !strings.Contains(health.Message+string(health.JSONDetails), "data source") {
			t.Errorf("health: %v, %+v", err, health)
		}
		if answer := call(t, source, http.MethodGet, "status", nil); answer.Status != http.StatusBadRequest {
			t.Errorf("resource: %d %s", answer.Status, answer.Body)
		}
	}
}

func TestHealthSaysWhatToDo(t *testing.T) {
	ready := `"warehouse":{"state":"ready","progress":1,"ageMs":%s,"problem":%s}`
	for _, one := range []struct {
		status  string
		healthy bool
		says    string
	}{
		{`"roles":["viewer"],"findings":12345,"scopes":7,"newestRunAt":0,` + fmt.Sprintf(ready, "12000", "null"), true,
			"Sightline 1.2.3: 12,345 findings in 7 scopes, as of 12 s ago, newest scan 3 h ago"},
		{`"roles":["operator"],"findings":1,"scopes":1,` + fmt.Sprintf(ready, "600000", `"access denied"`), true, "as of 10 min ago. The bucket can not be followed"},
		{`"roles":["viewer"],"findings":0,"scopes":0,` + fmt.Sprintf(ready, "null", "null"), true, "Nothing has been brought in"},
		{`"roles":["ingest"],"findings":1,"scopes":1,` + fmt.Sprintf(ready, "1", "null"), false, "sightline token create --role viewer"},
		{`"roles":["viewer"],"findings":null,"scopes":null,"warehouse":{"state":"warming","progress":0.456}`, false, "warming up (46 %)"},
		{`"roles":["viewer"],"warehouse":null`, false, "answers no queries"},
	} {
		source, _ := standIn(t, func(w http.ResponseWriter, _ string) {
			_, _ = w.Write([]byte(`{"version":"1.2.3","now":10800000,` + one.status + `}`))
		})
		result, err := source.CheckHealth(context.Background(), &backend.CheckHealthRequest{})
		if err != nil || (result.Status == backend.HealthStatusOk) != one.healthy || !strings.Contains(result.Message+string(result.JSONDetails), one.says) {
			t.Errorf("%s: %v, %+v", one.status, err, result)
		}
	}
	source, _ := standIn(t, func(w http.ResponseWriter, _ string) { _, _ = w.Write([]byte(`{"status":"success"}`)) })
	result, err := source.CheckHealth(context.Background(), &backend.CheckHealthRequest{})
	if err != nil || !strings.Contains(result.Message, "not Sightline's") || !strings.Contains(string(result.JSONDetails), "Check that the URL") {
		t.Errorf("%v, %+v", err, result)
	}
}

func TestOnlyWhatMayBeReadIsReached(t *testing.T) {
	source, seen := standIn(t, func(w http.ResponseWriter, _ string) { _, _ = w.Write([]byte(`{}`)) })
	for _, one := range []struct {
		method, path string
		status       int
		reaches      string
	}{
		{"GET", "status", 200, "/api/v1/status"},
		{"GET", "/dimensions", 200, "/api/v1/dimensions"},
		{"GET", "measures", 200, "/api/v1/measures"},
		{"GET", "openapi.json", 200, "/api/v1/openapi.json"},
		{"GET", "findings/0f1e2d3c", 200, "/api/v1/findings/0f1e2d3c"},
		{"GET", "dimensions/account/values", 200, "/api/v1/dimensions/account/values"},
		{"POST", "dimensions/account/values", 200, "/api/v1/dimensions/account/values"},
		{"GET", "dimensions/label:app.kubernetes.io/name/values", 200, "/api/v1/dimensions/label:app.kubernetes.io%2Fname/values"},
		{"GET", "dimensions/label:50% off?x#y/values", 200, "/api/v1/dimensions/label:50%25%20off%3Fx%23y/values"},
		{"GET", "dimensions/label:../../../ingest/values", 200, "/api/v1/dimensions/label:..%2F..%2F..%2Fingest/values"},
		{"POST", "status", 405, ""},
		{"DELETE", "dimensions/account/values", 405, ""},
		{"POST", "findings/0f1e2d3c", 405, ""},
		{"POST", "findings/0f1e2d3c/verdicts", 404, ""},
		{"POST", "verdicts", 404, ""},
		{"POST", "ingest", 404, ""},
		{"POST", "query", 404, ""},
		{"GET", "findings", 404, ""},
		{"GET", "reports/latest", 404, ""},
		{"GET", "", 404, ""},
		{"GET", "//status", 404, ""},
		{"GET", "status/", 404, ""},
		{"GET", "status/../ingest", 404, ""},
		{"GET", "../status", 404, ""},
		{"GET", "..%2fstatus", 404, ""},
		{"GET", "dimensions/../values", 404, ""},
		{"GET", "dimensions/%2e%2e/values", 404, ""},
		{"GET", "findings/..%2f..%2fmetrics", 404, ""},
		{"GET", "findings/0f1e2d3c\n", 404, ""},
		{"GET", "dimensions/label:a\r\nX: y/values", 404, ""},
	} {
		before := len(seen.paths)
		answer := call(t, source, one.method, one.path, []byte(`{"limit":1}`))
		if answer.Status != one.status {
			t.Errorf("%s %q answers %d", one.method, one.path, answer.Status)
		}
		reached := ""
		if len(seen.paths) > before {
			reached = strings.TrimPrefix(seen.paths[before], one.method+" ")
		}
		if reached != one.reaches {
			t.Errorf("%s %q reaches %q", one.method, one.path, reached)
		}
	}
}

func TestResourcesKeepQueryBodyAndStatus(t *testing.T) {
	source, seen := standIn(t, func(w http.ResponseWriter, _ string) {
		w.Header().Set("Retry-After", "5")
		w.Header().Set("Set-Cookie", "secret")
		w.Header().Set("Content-Type", "application/problem+json")
		w.WriteHeader(http.StatusServiceUnavailable)
		_, _ = w.Write([]byte(`{"title":"Warming up"}`))
	})
	var answer *backend.CallResourceResponse
	err := source.CallResource(context.Background(), &backend.CallResourceRequest{
		Method: http.MethodPost, Path: "dimensions/account/values", URL: "dimensions/account/values?limit=5&search=a%26b",
		Headers: map[string][]string{"Cookie": {"c"}, "Origin": {"http://evil"}, "X-Grafana-Id": {"signed"}, "Accept-Encoding": {"br"}},
		Body:    []byte(`{"limit":5}`),
	}, backend.CallResourceResponseSenderFunc(func(response *backend.CallResourceResponse) error { answer = response; return nil }))
	if err != nil || answer.Status != http.StatusServiceUnavailable || string(answer.Body) != `{"title":"Warming up"}` {
		t.Fatalf("%v, %+v", err, answer)
	}
	if answer.Headers["Retry-After"][0] != "5" || answer.Headers["Set-Cookie"] != nil {
		t.Errorf("headers are %v", answer.Headers)
	}
	got := seen.headers[0]
	if got.Get("X-Grafana-Id") != "signed" || got.Get("Cookie") != "" || got.Get("Origin") != "" || got.Get("Accept-Encoding") == "br" {
		t.Errorf("handed on: %v", got)
	}
	if seen.paths[0] != "POST /api/v1/dimensions/account/values?limit=5&search=a%26b" || seen.bodies[0] != `{"limit":5}` {
		t.Errorf("asked %s with %s", seen.paths[0], seen.bodies[0])
	}
}

func TestARefusedTokenDoesNotLookLikeTheEndOfASession(t *testing.T) {
	source, _ := standIn(t, func(w http.ResponseWriter, _ string) {
		w.Header().Set("Content-Type", "application/problem+json")
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = w.Write([]byte(`{"detail":"The token was revoked."}`))
	})
	answer := call(t, source, http.MethodGet, "status", nil)
	if answer.Status != http.StatusBadGateway || !strings.Contains(string(answer.Body), "revoked. Enter a valid token") {
		t.Errorf("%d %s", answer.Status, answer.Body)
	}
}
