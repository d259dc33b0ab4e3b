#!/bin/sh
# GET by id of a few servers side by side, with whatever load tool is there (oha or wrk), by turns.
# Usage: benches/compare.sh [seconds]      Needs a release build: cargo build --release
set -eu

seconds=${1:-3}
rounds=5
binary=${SCIMPROOF:-target/release/scimproof}
foreign=${SCIMPROOF_FOREIGN:-target/foreign}/bin/scim2-server
token=compare-token-0123456789
folder=$(mktemp -d)
pids=""

finish() {
  for pid in $pids; do kill "$pid" 2>/dev/null || true; done
  rm -rf "$folder"
}
trap finish EXIT

if command -v oha >/dev/null; then tool=oha
elif command -v wrk >/dev/null; then tool=wrk
else echo "neither oha nor wrk is here: cargo install oha, or apt-get install wrk"; exit 0
fi
[ -x "$binary" ] || { echo "$binary is not there: cargo build --release, or name one in SCIMPROOF"; exit 1; }
pin() { core=$1; shift; if command -v taskset >/dev/null; then exec taskset -c "$core" "$@"; else exec "$@"; fi; }

# Starts a server, waits for it, and makes a user: sets $url to the user.
serve() {
  name=$1 base=$2; shift 2
  (pin 0 "$@" >"$folder/$name.log" 2>&1) &
  pids="$pids $!"
  for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
    id=$(curl -s -X POST "$base/Users" -H "Authorization: Bearer $token" -H "Content-Type: application/scim+json" \
      -d '{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"robin@example.test","title":"Engineer",
           "emails":[{"value":"robin@example.test","type":"work","primary":true}]}' |
      sed -n 's/.*"id": *"\([^"]*\)".*/\1/p')
    if [ -n "$id" ]; then url="$base/Users/$id"; return; fi
    sleep 0.5
  done
  echo "$name did not start:"; cat "$folder/$name.log"; exit 1
}

rate() {
  case $tool in
    oha) pin 1 oha --no-tui -c 64 -z "${seconds}s" -H "Authorization: Bearer $token" "$1" |
      sed -n 's/.*Requests\/sec: *\([0-9.]*\).*/\1/p' ;;
    wrk) pin 1 wrk -t1 -c64 "-d${seconds}s" -H "Authorization: Bearer $token" "$1" |
      sed -n 's/.*Requests\/sec: *\([0-9.]*\).*/\1/p' ;;
  esac
}

serve memory http://127.0.0.1:18081/scim/v2 "$binary" serve --listen 127.0.0.1:18081 --token "$token"
memory=$url
serve sqlite http://127.0.0.1:18082/scim/v2 "$binary" serve --listen 127.0.0.1:18082 --token "$token" --store "$folder/a.db"
sqlite=$url
other=
if [ -x "$foreign" ]; then
  echo "$token" >"$folder/token"
  serve scim2-server http://127.0.0.1:18083/v2 "$foreign" --hostname 127.0.0.1 --port 18083 --bearer-token "$token"
  other=$url
else
  echo "scim2-server is not at $foreign: it is left out (name its folder in SCIMPROOF_FOREIGN)"
fi

echo "GET by id, requests per second, $tool, 64 connections, $rounds rounds of $seconds s by turns"
round=0
while [ "$round" -lt "$rounds" ]; do
  round=$((round + 1))
  line="round $round: memory $(rate "$memory"), SQLite $(rate "$sqlite")"
  [ -z "$other" ] || line="$line, scim2-server $(rate "$other")"
  echo "$line"
done
