#!/usr/bin/env bash
# Mutation testing: Stryker.NET changes the code in many small ways and looks whether a test of the project notices.
# Prints each change that none noticed, and the score. See docs/testing.md.
#
#   eng/mutate.sh planner          src/Gantry.Clusters/Planning, tests of Gantry.Clusters
#   eng/mutate.sh queue            src/Gantry.Clusters/Queueing
#   eng/mutate.sh explaining       src/Gantry.Clusters/Explaining
#   eng/mutate.sh steps            src/Gantry.Engine/Steps, tests of Gantry.Engine
#   eng/mutate.sh planner Etcd.cs Join.cs   some files of them
set -euo pipefail
cd "$(dirname "$0")/.."

case "${1:-}" in
    planner) project=Gantry.Clusters folder=Planning ;;
    queue) project=Gantry.Clusters folder=Queueing ;;
    explaining) project=Gantry.Clusters folder=Explaining ;;
    steps) project=Gantry.Engine folder=Steps ;;
    *) sed -n '2,9s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
esac

tool=artifacts/tools
if [ ! -x "$tool/dotnet-stryker" ]; then dotnet tool install dotnet-stryker --version 5.1.0 --tool-path "$tool"; fi
files=()
for file in "${@:2}"; do files+=(--mutate "**/$folder/$file"); done
if [ ${#files[@]} -eq 0 ]; then files=(--mutate "**/$folder/*.cs"); fi
output="$PWD/artifacts/mutation"
rm -rf "$output"

# Each mutant runs the tests anew: properties run with few samples, and the slowest tests of the engine stay out.
export GantryMutation=true
(cd "tests/$project.Tests" && CsCheck_Iter="${CsCheck_Iter:-15}" "../../$tool/dotnet-stryker" --config-file ../../eng/stryker.json \
    --project "$project.csproj" "${files[@]}" --output "$output")
dotnet run eng/survivors.cs -- "$output/reports/mutation-report.json"
