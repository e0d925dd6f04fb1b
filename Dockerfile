# The control plane. Envoy runs in an image of its own: see docker-compose.yml.
FROM envoyproxy/envoy:v1.40.0 AS envoy

FROM node:24-bookworm AS build
WORKDIR /app
# The types of Envoy's messages are read out of the Envoy binary.
COPY --from=envoy /usr/local/bin/envoy /usr/local/bin/envoy
ENV ENVOY_BIN=/usr/local/bin/envoy
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY . .
RUN npm run build && npm prune --omit=dev

FROM node:24-bookworm-slim
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/gen gen
COPY --from=build /app/dist dist
COPY --from=build /app/schema schema
COPY --from=build /app/templates templates
COPY --from=build /app/examples/alt-las/backend.ts examples/alt-las/backend.ts
# Holds the socket that proxies connect to: only this user may.
RUN install -d -o node -g node -m 700 /run/sluice /var/lib/sluice
USER node
ENTRYPOINT ["node", "/app/dist/src/cli.js"]
CMD ["serve"]
