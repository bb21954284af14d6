// Package plugin is Grafana's side of the data source: queries, health and resources, each handed on to the API.
package plugin

import (
	"context"
	"fmt"
	"net/http"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/backend/httpclient"
	"github.com/grafana/grafana-plugin-sdk-go/backend/instancemgmt"

	"github.com/sightline/sightline/plugin/pkg/api"
)

// ID of the plugin, as in plugin.json.
const ID = "sightline-findings-datasource"

// Datasource is one configured data source; Grafana makes a new one when its settings change.
type Datasource struct {
	client *api.Client
	// problem is what is wrong with the settings. Every request is answered with it: an error of NewDatasource would be
	// shown without its text.
	problem *api.Failure
}

var (
	_ backend.QueryDataHandler      = (*Datasource)(nil)
	_ backend.CheckHealthHandler    = (*Datasource)(nil)
	_ backend.CallResourceHandler   = (*Datasource)(nil)
	_ instancemgmt.InstanceDisposer = (*Datasource)(nil)
)

// NewDatasource reads the settings of a data source.
func NewDatasource(ctx context.Context, settings backend.DataSourceInstanceSettings) (instancemgmt.Instance, error) {
	options, err := optionsOf(ctx, settings)
	if err != nil {
		return &Datasource{problem: refused("The settings of the data source can not be read: "+err.Error()+".", "Correct what was provisioned.")}, nil
	}
	client, err := api.New(settings.URL, settings.DecryptedSecureJSONData["token"], options)
	if err != nil {
		return &Datasource{problem: api.FailureOf(err)}, nil
	}
	return &Datasource{client: client}, nil
}

// optionsOf takes the client's options from the settings. The SDK panics where provisioned ones are of a wrong type.
func optionsOf(ctx context.Context, settings backend.DataSourceInstanceSettings) (options httpclient.Options, err error) {
	defer func() {
		if panicked := recover(); panicked != nil {
			err = fmt.Errorf("%v", panicked)
		}
	}()
	return settings.HTTPClientOptions(ctx)
}

// Dispose ends what the instance holds.
func (d *Datasource) Dispose() {
	if d.client != nil {
		d.client.Close()
	}
}

// handedOn are the headers of Grafana's request that the API reads: who asks (signed by Grafana), whether an alert rule
// does, and the person's own token where the data source forwards it instead of having one.
var handedOn = []string{backend.GrafanaUserSignInTokenHeaderName, backend.FromAlertHeaderName, backend.OAuthIdentityTokenHeaderName}

func headersFrom(given http.Header) http.Header {
	header := http.Header{}
	for _, name := range handedOn {
		if value := given.Get(name); value != "" {
			header.Set(name, value)
		}
	}
	return header
}
