# Grafana with the data source plugin. Dashboards and alert rules come at start, in /etc/grafana/provisioning.
ARG NODE_VERSION=24.21.0
ARG GO_VERSION=1.26.5
ARG GRAFANA_VERSION=12.4.0

FROM node:${NODE_VERSION}-bookworm-slim AS frontend
WORKDIR /app
COPY package.json package-lock.json ./
COPY collector/package.json collector/
COPY dashboards/package.json dashboards/
COPY plugin/package.json plugin/
RUN npm ci --no-audit --no-fund --ignore-scripts --workspace plugin --include-workspace-root
COPY plugin plugin
RUN npm run build --workspace plugin

FROM golang:${GO_VERSION}-bookworm AS backend
ARG TARGETARCH=amd64
WORKDIR /plugin
COPY plugin/go.mod plugin/go.sum ./
RUN go mod download
COPY plugin/pkg pkg
RUN CGO_ENABLED=0 GOOS=linux GOARCH=${TARGETARCH} go build -trimpath -ldflags "-s -w" -o gpx_sightline_findings_linux_${TARGETARCH} ./pkg

FROM grafana/grafana-oss:${GRAFANA_VERSION}
ENV GF_PATHS_PLUGINS=/usr/share/sightline/plugins \
    GF_PLUGINS_ALLOW_LOADING_UNSIGNED_PLUGINS=sightline-findings-datasource \
    GF_PLUGINS_PREINSTALL_DISABLED=true
COPY --from=frontend /app/plugin/dist /usr/share/sightline/plugins/sightline-findings-datasource
COPY --from=backend --chmod=0755 /plugin/gpx_sightline_findings_linux_* /usr/share/sightline/plugins/sightline-findings-datasource/
USER 472
