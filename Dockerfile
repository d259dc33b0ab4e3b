# The binary on a small base with certificate authorities; `docker run … run --target URL` judges a server.
FROM rust:1-slim-bookworm AS build
RUN apt-get update && apt-get install -y --no-install-recommends build-essential && rm -rf /var/lib/apt/lists/*
WORKDIR /source
COPY . .
RUN cargo build --locked --profile dist

FROM debian:bookworm-slim
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates && rm -rf /var/lib/apt/lists/* \
    && useradd --system --create-home scimproof
COPY --from=build /source/target/dist/scimproof /usr/local/bin/scimproof
COPY ci/run.sh /usr/local/bin/scimproof-ci
USER scimproof
WORKDIR /home/scimproof
ENTRYPOINT ["scimproof"]
CMD ["--help"]
