#!/usr/bin/env bash
# Kills Gantry with SIGKILL while it creates, rolls, scales down and deletes clusters, and looks after each kill whether anything was lost or
# doubled. See docs/testing.md.
#
#   eng/kills.sh up            gantry up, one process; the lab is killed with it
#   eng/kills.sh separate      console, gateway and lab as three processes: console and gateway in turn
#   eng/kills.sh up 40 7       number of kills in each phase (40) and seed (1)
#
# GANTRY_KILLS_SPEED is the lab's speed (40); a slower lab has longer phases. Data folders of a failure stay in the folder for temporary files.
set -euo pipefail
cd "$(dirname "$0")/.."

case "${1:-}" in
    up) test=when_gantry_up_is_killed_in_each_phase ;;
    separate) test=when_console_and_gateway_are_killed_in_turn_in_each_phase ;;
    *) sed -n '2,9s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
esac

dotnet build tests/Gantry.Scenarios -c Release --verbosity quiet -nologo
export GANTRY_KILLS="${2:-40}" GANTRY_SEED="${3:-1}"
exec artifacts/bin/Gantry.Scenarios/release/Gantry.Scenarios -noColor -explicit only -showLiveOutput \
    -method "*.Nothing_is_lost_or_doubled_$test"
