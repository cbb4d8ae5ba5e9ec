# SPDX-License-Identifier: MIT
# The images of nftoggle: `host` for the daemons on the network of the host, `daemon` for the others, `nats` for the bus.
# Both images of daemons share their Debian, their Node and their programs, layer by layer.
ARG DEBIAN=trixie
ARG NODE=24

FROM node:${NODE}-${DEBIAN}-slim AS build
RUN apt-get update && apt-get install -y --no-install-recommends \
    g++ make pkg-config libmnl-dev libnetfilter-conntrack-dev libnetfilter-queue-dev libnftables-dev libnftnl-dev
# Its table of symbols, a seventh of it, is for debuggers.
RUN install -D -s --strip-program=/usr/bin/strip /usr/local/bin/node /node/node
WORKDIR /src
COPY toolchain/package.json toolchain/package-lock.json toolchain/
RUN npm ci --prefix toolchain --omit=optional --no-audit --no-fund
COPY package.json pnpm-lock.yaml pnpm-workspace.yaml ./
RUN CI=true node toolchain/node_modules/pnpm/bin/pnpm.cjs fetch --prod
# What takes longest, and changes seldom.
COPY packages/interceptor/native packages/interceptor/native
RUN make -j2 -C packages/interceptor/native NODE_INCLUDE=/usr/local/include/node \
    NAPI_INCLUDE="$(echo /src/node_modules/.pnpm/node-addon-api@*/node_modules/node-addon-api)" \
 && install -D -s packages/interceptor/native/build/nftoggle.node /addon/nftoggle.node
COPY . .
RUN CI=true node toolchain/node_modules/pnpm/bin/pnpm.cjs install --offline --frozen-lockfile --prod \
    --filter '@nftoggle/docker...' \
 && node docker/bundle.ts /bundle \
 && cp nftoggle /bundle/

FROM debian:${DEBIAN}-slim AS base
COPY --link --from=build /node/node /usr/local/bin/node
ENTRYPOINT ["/usr/local/bin/nftoggle"]

FROM base AS daemon
COPY --link --from=build /bundle /opt/nftoggle
COPY --link docker/nftoggle docker/health /usr/local/bin/

# What changes seldom comes first: a new version of nftoggle brings its own layers and no others.
FROM base AS host
RUN apt-get update && apt-get install -y --no-install-recommends \
    iproute2 iputils-ping libmnl0 libnetfilter-conntrack3 libnetfilter-queue1 libnftables1 libnftnl11 nftables \
 && rm -rf /var/lib/apt/lists/* /var/cache/* /var/log/*
COPY --link --from=build /bundle /opt/nftoggle
COPY --link docker/nftoggle docker/health /usr/local/bin/
COPY --link --from=build /addon/nftoggle.node /opt/nftoggle/packages/interceptor/native/build/nftoggle.node

FROM debian:${DEBIAN}-slim AS nats
RUN apt-get update && apt-get install -y --no-install-recommends nats-server \
 && rm -rf /var/lib/apt/lists/* /var/cache/* /var/log/*
COPY --link docker/health /usr/local/bin/
ENTRYPOINT ["nats-server"]
