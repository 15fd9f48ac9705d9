#!/usr/bin/env bash
# Writes the software bill of materials of the published executable as CycloneDX JSON: every package with version, licence and
# hash. Packages that only the build uses have the scope "excluded".
#
#   eng/sbom.sh [FILE]     default: artifacts/gantry.cdx.json
set -euo pipefail
cd "$(dirname "$0")/.."

file="${1:-artifacts/gantry.cdx.json}"
tool=artifacts/tools
if [ ! -x "$tool/dotnet-CycloneDX" ]; then dotnet tool install CycloneDX --version 6.3.1 --tool-path "$tool" >&2; fi
mkdir -p "$(dirname "$file")"
"$tool/dotnet-CycloneDX" src/Gantry/Gantry.csproj --output-format Json --set-name gantry \
    --set-version "$(sed -n 's:.*<Version>\(.*\)</Version>.*:\1:p' Directory.Build.props)" \
    --output "$(dirname "$file")" --filename "$(basename "$file")" >&2
echo "$file"
