package plugin

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"golang.org/x/text/language"
	"golang.org/x/text/message"

	"github.com/sightline/sightline/plugin/pkg/api"
)

// CheckHealth says whether queries will be answered, how much there is to ask and how old it is; or what to do.
func (d *Datasource) CheckHealth(ctx context.Context, request *backend.CheckHealthRequest) (*backend.CheckHealthResult, error) {
	if d.problem != nil {
		return unhealthy(d.problem.Said, d.problem.Todo), nil
	}
	status, err := d.client.Status(ctx, headersFrom(request.GetHTTPHeaders()))
	if err != nil {
		failure := api.FailureOf(err)
		return unhealthy(failure.Said, failure.Todo), nil
	}
	warehouse := status.Warehouse
	switch {
	case warehouse == nil:
		return unhealthy("This server answers no queries.",
			"It runs without a warehouse. Start the collector with one (sightline serve does by default), or enter the URL of one that has it."), nil
	case !status.MayRead():
		return unhealthy("The token may not read.",
			"It has not the role viewer. Make one with sightline token create --role viewer and enter it here."), nil
	case warehouse.State != "ready" || status.Findings == nil || status.Scopes == nil:
		return unhealthy(fmt.Sprintf("Sightline %s is warming up (%.0f %%).", status.Version, 100*warehouse.Progress),
			"The settings are right. The collector still reads the bucket, and answers queries when it is done: try again in a minute."), nil
	}
	text := message.NewPrinter(language.English)
	said := text.Sprintf("Sightline %s: %d findings in %d scopes", status.Version, *status.Findings, *status.Scopes)
	if warehouse.AgeMs != nil {
		said += ", as of " + ago(*warehouse.AgeMs)
	}
	if status.NewestRunAt != nil {
		said += ", newest scan " + ago(status.Now-*status.NewestRunAt)
	}
	result := &backend.CheckHealthResult{Status: backend.HealthStatusOk, Message: said}
	switch {
	case warehouse.Problem != nil:
		result.Message += ". The bucket can not be followed at the moment"
		result.JSONDetails = details("Answers are as old as said. The collector reports: " + *warehouse.Problem)
	case *status.Findings == 0:
		result.Message += ". Nothing has been brought in that this token may see"
		result.JSONDetails = details("Bring in the report of a scanner with sightline ingest, or try it with sightline demo.")
	}
	return result, nil
}

func unhealthy(said, todo string) *backend.CheckHealthResult {
	return &backend.CheckHealthResult{Status: backend.HealthStatusError, Message: said, JSONDetails: details(todo)}
}

// details are what Grafana shows below the message; `verboseMessage` would be folded away.
func details(todo string) []byte {
	raw, _ := json.Marshal(map[string]string{"message": todo})
	return raw
}

// ago tells an age in its largest unit: "12 s ago".
func ago(ms int64) string {
	age := time.Duration(max(ms, 0)) * time.Millisecond
	switch {
	case age < 2*time.Minute:
		return fmt.Sprintf("%d s ago", age/time.Second)
	case age < 2*time.Hour:
		return fmt.Sprintf("%d min ago", age/time.Minute)
	case age < 48*time.Hour:
		return fmt.Sprintf("%d h ago", age/time.Hour)
	default:
		return fmt.Sprintf("%d days ago", age/(24*time.Hour))
	}
}
