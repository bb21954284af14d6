/**
 * The message: a line per alert, with links. Of what is resolved it says why. Whatever comes from a report is text: none of these
 * channels is given markup other than the links that are made here.
 */
const TEMPLATE = `{{ define "sightline.title" -}}
{{ if eq .Status "firing" }}🔴{{ else }}✅ Resolved:{{ end }} {{ .CommonLabels.alertname }}
{{- if gt (len .Alerts) 1 }} ({{ len .Alerts }}){{ end }}
{{- end }}

{{ define "sightline.line" -}}
{{ if eq .Status "resolved" }}✅ {{ end }}{{ .Annotations.summary }}
{{- if and (eq .Status "resolved") .Annotations.outcome }} · now: {{ .Annotations.outcome }}{{ end }}
{{- end }}

{{ define "sightline.text" -}}
{{ range .Alerts }}{{ template "sightline.line" . }}
[findings]({{ .Annotations.findings }})
{{- if .Annotations.account }} · [account]({{ .Annotations.account }}){{ end }}
{{- if eq .Status "firing" }} · [silence]({{ .SilenceURL }}){{ end }}

{{ end }}
{{- end }}

{{ define "sightline.slack" -}}
{{ range .Alerts }}{{ template "sightline.line" . }}
<{{ .Annotations.findings }}|findings>
{{- if .Annotations.account }} · <{{ .Annotations.account }}|account>{{ end }}
{{- if eq .Status "firing" }} · <{{ .SilenceURL }}|silence>{{ end }}

{{ end }}
{{- end }}
`;

export function templateFile(): object {
  return { apiVersion: 1, templates: [{ orgId: 1, name: 'Sightline', template: TEMPLATE }] };
}
