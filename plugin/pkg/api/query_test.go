package api

import (
	"context"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"
)

const wide = `{"version":"v1","results":{"A":{"status":200,"frames":[{"schema":{"refId":"A","meta":{"type":"timeseries-wide","typeVersion":[0,1],"executedQueryString":"select 1","custom":{"ageMs":5}},` +
	`"fields":[{"name":"time","type":"time","typeInfo":{"frame":"time.Time"}},` +
	`{"name":"open","type":"number","typeInfo":{"frame":"float64","nullable":true},"labels":{"severity":"HIGH"},"config":{"unit":"short"}},` +
	`{"name":"rule","type":"string","typeInfo":{"frame":"string","nullable":true}},` +
	`{"name":"fixable","type":"boolean","typeInfo":{"frame":"bool","nullable":true}},` +
	`{"name":"labels","type":"other","typeInfo":{"frame":"json.RawMessage"}}]},` +
	`"data":{"values":[[1000,2000],[1.5,null],["a",null],[true,null],[{"b":1},{}]]}}]},` +
	`"B":{"status":400,"error":{"title":"Bad query","detail":"measures: too small","executed":"select 2","issues":[{"path":"","message":"Unrecognized key: \"x\""}]}}}}`

func TestFramesComeAsTheAPIWroteThem(t *testing.T) {
	results, err := clientOf(t, serving(t, says("application/json; charset=utf-8", 200, wide)).URL).Query(context.Background(), nil, batch())
	if err != nil {
		t.Fatal(err)
	}
	frame := results["A"].Frames[0]
	if at, _ := frame.ConcreteAt(0, 1); !at.(time.Time).Equal(time.UnixMilli(2000)) {
		t.Errorf("the time is %v", at)
	}
	if value, _ := frame.ConcreteAt(1, 0); value != 1.5 || frame.At(1, 1).(*float64) != nil {
		t.Errorf("the values are %v, %v", value, frame.At(1, 1))
	}
	if frame.Fields[1].Labels["severity"] != "HIGH" || frame.Fields[1].Config.Unit != "short" {
		t.Error("labels and units are lost")
	}
	if frame.Meta.Type != "timeseries-wide" || frame.Meta.TypeVersion != [2]uint{0, 1} || frame.Meta.ExecutedQueryString != "select 1" {
		t.Errorf("the meta is %+v", frame.Meta)
	}
	if _, err := frame.MarshalArrow(); err != nil {
		t.Error(err)
	}
}

func TestAQueryThatFailsFailsAlone(t *testing.T) {
	results, err := clientOf(t, serving(t, says("application/json", 200, wide)).URL).Query(context.Background(), nil, batch())
	if err != nil || results["A"].Failure != nil {
		t.Fatal(err)
	}
	failed := results["B"]
	told(t, failed.Failure, http.StatusBadRequest, "measures: too small. ", "update the collector")
	if failed.Executed != "select 2" {
		t.Errorf("what was run is %q", failed.Executed)
	}
}

func TestAnAnswerWithoutDataIsAnError(t *testing.T) {
	for _, frames := range []string{`[]`, `null`, `[null]`, `[{}]`, `[{"schema":{"fields":[]},"data":{"values":[]}}]`} {
		body := `{"results":{"A":{"status":200,"frames":` + frames + `}}}`
		results, err := clientOf(t, serving(t, says("application/json", 200, body)).URL).Query(context.Background(), nil, batch())
		if err != nil {
			t.Fatal(err)
		}
		told(t, results["A"].Failure, http.StatusBadGateway, "without data")
	}
}

func TestAnswersThatAreCutAnywhereAreErrors(t *testing.T) {
	for end := range len(wide) {
		if _, err := readAnswer([]byte(wide[:end])); err == nil {
			t.Fatalf("cut after %d bytes it was read", end)
		}
	}
}

func TestFramesThatContradictThemselvesAreErrors(t *testing.T) {
	for _, change := range [][2]string{
		{`[1.5,null]`, `[1.5]`},
		{`[1.5,null]`, `[1.5,2,3]`},
		{`[1.5,null]`, `["x",{}]`},
		{`[1000,2000]`, `[true,"x"]`},
		{`[true,null]`, `["yes",1]`},
		{`"frame":"bool"`, `"frame":"no.Type"`},
		{`"values":[[1000`, `"entities":[{"NaN":[99]}],"values":[[1000`},
		{`"data":{`, `"data":{"nanos":[[1],[2],[3],[4],[5],[6]],`},
	} {
		if !strings.Contains(wide, change[0]) {
			t.Fatal(change[0])
		}
		if answer, err := readAnswer([]byte(strings.Replace(wide, change[0], change[1], 1))); err == nil {
			t.Errorf("%s was read: %+v", change[1], answer.Results["A"])
		}
	}
}

// FuzzReadAnswer: go test -fuzz FuzzReadAnswer ./pkg/api. What was read must also go on to Grafana.
func FuzzReadAnswer(f *testing.F) {
	f.Add([]byte(wide))
	f.Fuzz(func(_ *testing.T, body []byte) {
		answer, err := readAnswer(body)
		if err != nil {
			return
		}
		for _, result := range answer.Results {
			for _, frame := range result.Frames {
				_, _ = frame.MarshalArrow()
			}
		}
	})
}

// BenchmarkDecode decodes the answer in the file SIGHTLINE_ANSWER: bench/tasks/plugin.ts writes one of 10,000 rows.
func BenchmarkDecode(b *testing.B) {
	name := os.Getenv("SIGHTLINE_ANSWER")
	if name == "" {
		b.Skip("SIGHTLINE_ANSWER names no answer of the API")
	}
	body, err := os.ReadFile(name)
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(body)))
	for b.Loop() {
		if _, err := readAnswer(body); err != nil {
			b.Fatal(err)
		}
	}
}
