#!/usr/bin/env bash
# One run in a pipeline: what is set in the environment becomes arguments, the reports go into one folder. Used by
# action.yml and gitlab/template.yml; exits as scimproof does.
set -euo pipefail

reports="${REPORTS:-scimproof-reports}"
mkdir -p "$reports"
arguments=(run --fail-on "${FAIL_ON:-must}" --html "$reports/report.html" --json "$reports/report.json" --junit "$reports/report.xml")
if [ -n "${URL:-}" ]; then
  arguments+=(--target "$URL" --token-env SCIMPROOF_TOKEN --allow-writes --wait "${WAIT:-30s}")
fi
if [ -n "${PROFILE:-}" ]; then arguments+=(--profile "$PROFILE"); fi
if [ -n "${IDP:-}" ]; then arguments+=(--idp "$IDP"); fi
if [ -n "${BASELINE:-}" ]; then arguments+=(--baseline "$BASELINE"); fi
if [ -n "${GITHUB_ACTIONS:-}" ]; then arguments+=(--github); fi
# Words, as on a command line: these are the caller's own.
read -r -a more <<<"${ARGUMENTS:-}"
exec "${SCIMPROOF:-scimproof}" "${arguments[@]}" ${more[@]+"${more[@]}"}
