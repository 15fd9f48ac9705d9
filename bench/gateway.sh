#!/usr/bin/env bash
# What a gateway costs by itself: lab, console and gateway as three processes, clusters of 1+1 over the public API.
#   bench/gateway.sh [CLUSTERS] [SPEED]
set -euo pipefail

clusters="${1:-100}"
speed="${2:-60}"
root="$(cd "$(dirname "$0")/.." && pwd)"
folder="$(mktemp -d)"
export GANTRY_MAAS_KEY="bench:bench:bench"

"$root/gantry" --version >/dev/null # builds
gantry() { dotnet "$root/artifacts/gantry/gantry.dll" "$@"; }
use() { gantry "$@" --data "$folder/console"; }

pids=()
clean() {
    kill "${pids[@]}" 2>/dev/null || true
    wait 2>/dev/null || true
    rm -rf "$folder"
}
trap clean EXIT

start() { # NAME COMMAND…
    dotnet "$root/artifacts/gantry/gantry.dll" "${@:2}" >"$folder/$1.log" 2>&1 &
    pids+=($!)
}

until_works() {
    for _ in $(seq 120); do
        if "$@" >/dev/null 2>&1; then return; fi
        sleep 1
    done
    echo "'$*' did not work within two minutes:" >&2
    tail -n 5 "$folder"/*.log >&2
    exit 1
}

memory() { awk -v key="$1:" '$1 == key { printf "%.0f", $2 / 1024 }' "/proc/$gateway/status"; }
ticks() { awk '{ print $14 + $15 }' "/proc/$gateway/stat"; }
say() { printf '%-75s %12s\n' "$1" "$2"; }

start lab lab --port 15240 --machines $((clusters * 5 / 2 + 20)) --speed "$speed" --user-key "$GANTRY_MAAS_KEY"
start console console --port 18443 --data "$folder/console"
until_works use profile list
start gateway gateway run --data "$folder/gateway" --console https://127.0.0.1:18443 \
    --ca-file "$(find "$folder/console" -name '*.pem' | grep -i ca | head -n 1)" --name rack --pairing-code "$(use gateway pairing-code -o json | grep -o '"pairingCode": *"[^"]*"' | cut -d'"' -f4)"
gateway="${pids[2]}"
until_works use account create rack --endpoint http://127.0.0.1:15240/MAAS
sleep 20
base="$(memory VmRSS)"
say "gateway with one account and no cluster" "$base MiB"

for number in $(seq "$clusters"); do use cluster create "c$number" --workers 1 >/dev/null; done
began=$(date +%s)
while (($(use cluster list -o json | grep -c '"state": "Running"') < clusters)); do
    if (($(date +%s) - began > 900)); then
        echo "not all clusters run after 15 minutes" >&2
        exit 1
    fi
    sleep 5
done
say "peak while $clusters clusters were made (all machines at once)" "$(memory VmHWM) MiB"

sleep 120
before="$(ticks)"
sleep 120
after="$(ticks)"
say "gateway with $clusters idle clusters" "$(memory VmRSS) MiB"
say "the same per cluster, above the base" "$(((($(memory VmRSS) - base) * 1024) / clusters)) KiB"
say "its processor share, idle" "$(awk -v t=$((after - before)) -v h="$(getconf CLK_TCK)" 'BEGIN { printf "%.1f %%", t / h / 120 * 100 }')"
