# dotring, and a Redis for it, on Debian. docker-compose.yml starts both.
ARG BASE=debian:bookworm-slim

FROM $BASE AS build
SHELL ["/bin/bash", "-euo", "pipefail", "-c"]
WORKDIR /dotring
COPY scripts/lib/packages.sh scripts/lib/
RUN source scripts/lib/packages.sh && packages_install build
COPY . .
RUN cmake -G Ninja -B build -DDOTRING_TESTS=OFF -DDOTRING_BENCH=OFF && cmake --build build --target dotring dotring-ctl \
    && strip --strip-debug build/bin/dotring build/bin/dotring-ctl
# The packages of the libraries it is linked with, for the next stage: their names differ between releases.
RUN ldd build/bin/dotring build/bin/dotring-ctl | awk '$2 == "=>" { print "*/" $1 }' | xargs dpkg --search | cut -d : -f 1 | sort -u \
    >build/packages

FROM $BASE AS dotring
COPY --from=build /dotring/build/packages /tmp/packages
COPY --from=build /dotring/build/bin/dotring /dotring/build/bin/dotring-ctl /usr/local/bin/
# Port 53 without root: a capability of the file, which the container's limits must allow (NET_BIND_SERVICE).
RUN apt-get update && apt-get install --yes --no-install-recommends ca-certificates libcap2-bin $(cat /tmp/packages) \
    && setcap cap_net_bind_service+ep /usr/local/bin/dotring \
    && apt-get purge --yes --auto-remove libcap2-bin && rm -rf /var/lib/apt/lists/* /var/cache/apt/* /tmp/packages \
    && useradd --system --uid 5300 --no-create-home --shell /usr/sbin/nologin dotring
USER dotring
EXPOSE 53/udp 53/tcp
ENTRYPOINT ["/usr/local/bin/dotring"]

FROM $BASE AS redis
RUN apt-get update && apt-get install --yes --no-install-recommends redis-server \
    && rm -rf /var/lib/apt/lists/* /var/cache/apt/* \
    && mkdir -p /run/redis /data && chown redis:redis /run/redis /data
# Volumes take their owner from these folders.
VOLUME ["/run/redis", "/data"]
USER redis
ENTRYPOINT ["redis-server", "--save", "300 1000", "--dir", "/data", "--bind", "127.0.0.1", "--port", "0"]
