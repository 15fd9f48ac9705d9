#!/usr/bin/env bash
# Builds everything and runs all tests. Installs what the tests need and the machine lacks (Debian and Ubuntu).
#
#   ./test.sh                   all tests; ends with the line "N passed, N failed"
#   ./test.sh --coverage        also prints the lines that tests run, for each project (see docs/testing.md)
#   ./test.sh --real-machines   also boots machines in systemd-nspawn (root; systemd-container, mmdebstrap; see docs/testing.md)
set -euo pipefail
cd "$(dirname "$0")"

real_machines=0
coverage=()
for argument in "$@"; do
    case "$argument" in
        --real-machines) real_machines=1 ;;
        --coverage) coverage=(--coverlet --coverlet-output-format lcov --coverlet-single-hit --results-directory artifacts/coverage) ;;
        *) echo "test.sh: unknown option $argument; it takes --coverage, --real-machines or nothing" >&2; exit 2 ;;
    esac
done

# need COMMAND PACKAGE: installs the Debian package when the command is missing, or says what to install.
need() {
    if command -v "$1" >/dev/null; then return; fi
    echo "test.sh: $1 is missing, installing the package $2" >&2
    local as_root=()
    if [ "$(id -u)" -ne 0 ]; then as_root=(sudo -n); fi
    if ! command -v apt-get >/dev/null ||
        ! { "${as_root[@]}" apt-get update -qq && DEBIAN_FRONTEND=noninteractive "${as_root[@]}" apt-get install -y -qq \
            --no-install-recommends "$2"; } >&2; then
        echo "test.sh: could not install it: install $1 yourself (Debian package: $2) and start again" >&2
        exit 1
    fi
}

# want COMMAND PACKAGE: as need, but without it only some tests are skipped.
want() { (need "$1" "$2") || echo "skipped: tests that need $2"; }

want pg_lsclusters postgresql
need kubectl kubernetes-client
need cloud-init cloud-init
if [ "$real_machines" -eq 1 ]; then
    if [ "$(id -u)" -ne 0 ]; then echo "skipped: tests that boot machines, which need root"; fi
    want systemd-nspawn systemd-container
    want mmdebstrap mmdebstrap
    export GANTRY_REAL_MACHINES=1
fi

export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
log="$(mktemp)"
trap 'rm -f "$log"' EXIT

if [ ! -d ../shared/reference/maas-recordings ] && [ -z "${GANTRY_MAAS_RECORDINGS:-}" ]; then
    echo "skipped: tests that replay the recordings of a real MAAS region, which are not beside this repository"
fi

dotnet tool restore --verbosity quiet
dotnet csharpier check . --log-level warning || { echo "test.sh: format the files above with: dotnet csharpier format ." >&2; exit 1; }
dotnet restore Gantry.slnx --locked-mode --verbosity quiet || {
    echo "test.sh: projects and packages.lock.json differ: run dotnet restore, look at what it changes, and commit it" >&2
    exit 1
}
dotnet build Gantry.slnx --no-restore --verbosity quiet -nologo
failed=0
if [ "${#coverage[@]}" -gt 0 ]; then rm -rf artifacts/coverage; fi
dotnet test --solution Gantry.slnx --no-build --max-parallel-test-modules 2 "${coverage[@]}" 2>&1 | tee "$log" || failed=1

count() { sed -n "s/^ *$1: *\([0-9][0-9]*\).*/\1/p" "$log" | tail -1; }
passed="$(count succeeded)"
broken="$(count failed)"
if [ -z "$passed" ]; then
    echo "test.sh: the test run ended without a summary" >&2
    echo "0 passed, 1 failed"
    exit 1
fi
if [ "${#coverage[@]}" -gt 0 ]; then
    printf '\n| project                |  lines |    run |   share |\n|---|---|---|---|\n'
    awk -v root="$PWD" -f eng/coverage.awk artifacts/coverage/*.info
    echo
fi
if [ "$failed" -ne 0 ] && [ "${broken:-0}" -eq 0 ]; then broken=1; fi
echo "$passed passed, ${broken:-0} failed"
exit "$failed"
