# The collector: reads reports, keeps findings in the bucket, answers queries. Also renders Grafana's provisioning (deploy/setup.ts).
ARG NODE_VERSION=24.21.0

FROM node:${NODE_VERSION}-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
COPY collector/package.json collector/
COPY dashboards/package.json dashboards/
COPY plugin/package.json plugin/
# The compiler is of the root, what the collector runs on is of its own workspace.
RUN npm ci --no-audit --no-fund --ignore-scripts --workspace collector --include-workspace-root
COPY collector collector
COPY tsconfig.base.json ./
RUN npm run build --workspace collector
RUN npm prune --omit=dev --no-audit --no-fund --ignore-scripts --workspace collector

FROM node:${NODE_VERSION}-bookworm-slim
ENV NODE_ENV=production
WORKDIR /app
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/collector/bin collector/bin
COPY --from=build /app/collector/dist collector/dist
COPY --from=build /app/collector/package.json collector/
COPY dashboards/package.json dashboards/
COPY dashboards/src/build/names.ts dashboards/src/build/
COPY dashboards/src/alerts dashboards/src/alerts
COPY deploy/setup.ts deploy/sightline.yaml deploy/
COPY provisioning provisioning
USER node
EXPOSE 8080
ENTRYPOINT ["node", "collector/bin/sightline.js"]
CMD ["serve", "--host", "0.0.0.0", "--port", "8080"]
