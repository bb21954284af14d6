package plugin

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"google.golang.org/protobuf/proto"
)

// ofTenThousandRows are answers with that many rows: of a few columns, of many and long ones. A trend has 5,000 at most.
var ofTenThousandRows = []struct {
	name, query string
	days        int
}{
	{"summary", `{"queryType":"summary","measures":["open"],"groupBy":["resource","rule","severity"],"limit":10000}`, 90},
	{"sql", `{"queryType":"sql","sql":"select * from finding where last_seen < $__to limit 10000","limit":10000}`, 90},
	{"trend", `{"queryType":"trend","measures":["open"],"groupBy":["severity"],"interval":"2h"}`, 416},
}

// BenchmarkOverhead asks the collector at SIGHTLINE_URL by turns itself (until the last byte has come) and through the backend
// (until what Grafana gets lies there as bytes). No two requests have the same range, so the API's cache answers none;
// `cached` metrics are of asking for the same once more. bench/benchmarks/plugin.ts runs it.
func BenchmarkOverhead(b *testing.B) {
	address := os.Getenv("SIGHTLINE_URL")
	if address == "" {
		b.Skip("SIGHTLINE_URL names no running collector")
	}
	source := open(b, backend.DataSourceInstanceSettings{URL: address})
	end := nowOf(b, address)
	for _, one := range ofTenThousandRows {
		b.Run(one.name, func(b *testing.B) {
			var alone, through, aloneCached, throughCached []float64
			var rows, size int
			ask := func(n int, into *[]float64, how func(backend.DataQuery) (int, int)) {
				query := saved("A", one.query)
				// Beyond the minute in which the API rounds ranges that end now.
				to := end.Add(-time.Duration(n+10) * 10 * time.Second)
				query.TimeRange = backend.TimeRange{From: to.AddDate(0, 0, -one.days), To: to}
				started := time.Now()
				bytes, count := how(query)
				*into = append(*into, time.Since(started).Seconds()*1000)
				rows, size = max(rows, count), max(size, bytes)
			}
			byHand := func(query backend.DataQuery) (int, int) { return askedByHand(b, address, query), 0 }
			bySource := func(query backend.DataQuery) (int, int) { return 0, askedThrough(b, source, query) }
			for n := range b.N {
				ask(2*n, &alone, byHand)
				ask(2*n+1, &through, bySource)
				ask(2*n+1, &aloneCached, byHand)
				ask(2*n, &throughCached, bySource)
			}
			b.ReportMetric(median(alone), "alone-ms")
			b.ReportMetric(median(through), "through-ms")
			b.ReportMetric(median(aloneCached), "alone-cached-ms")
			b.ReportMetric(median(throughCached), "through-cached-ms")
			b.ReportMetric(float64(rows), "rows")
			b.ReportMetric(float64(size), "bytes")
		})
	}
}

func nowOf(b *testing.B, address string) time.Time {
	b.Helper()
	var status struct{ Now int64 }
	answer, err := http.Get(address + "/api/v1/status")
	if err == nil {
		defer func() { _ = answer.Body.Close() }()
		err = json.NewDecoder(answer.Body).Decode(&status)
	}
	if err != nil {
		b.Fatal(err)
	}
	return time.UnixMilli(status.Now)
}

// askedByHand gives the bytes of the answer.
func askedByHand(b *testing.B, address string, query backend.DataQuery) int {
	b.Helper()
	when, own, failure := translate(query)
	if failure != nil {
		b.Fatal(failure)
	}
	body := fmt.Sprintf(`{"from":%d,"to":%d,"queries":[%s]}`, when.from, when.to, own)
	answer, err := http.Post(address+"/api/v1/query", "application/json", strings.NewReader(body))
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	read, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		b.Fatalf("%d, %v", answer.StatusCode, err)
	}
	return len(read)
}

// askedThrough gives the rows of the answer, once it is encoded as Grafana gets it.
func askedThrough(b *testing.B, source *Datasource, query backend.DataQuery) int {
	b.Helper()
	response, err := source.QueryData(context.Background(), &backend.QueryDataRequest{Queries: []backend.DataQuery{query}})
	if err != nil {
		b.Fatal(err)
	}
	if err := response.Responses[query.RefID].Error; err != nil {
		b.Fatal(err)
	}
	encoded, err := backend.ToProto().QueryDataResponse(backend.DataFrameFormat_ARROW, response)
	if err == nil {
		_, err = proto.Marshal(encoded)
	}
	if err != nil {
		b.Fatal(err)
	}
	rows, _ := response.Responses[query.RefID].Frames[0].RowLen()
	return rows
}

func median(values []float64) float64 {
	slices.Sort(values)
	return values[len(values)/2]
}
