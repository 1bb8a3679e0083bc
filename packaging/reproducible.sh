#!/bin/sh
# Makes the static program twice, of two copies of what was committed last, in directories of other names: the same bytes come out.
set -eu
cd "$(dirname "$0")/.."

made="$(mktemp -d)"
trap 'rm -rf "$made"' EXIT
for copy in one another; do
    mkdir "$made/$copy"
    git archive HEAD | tar -x -C "$made/$copy"
    sh "$made/$copy/packaging/static.sh"
done
cmp "$made/one/target/static/msncensus" "$made/another/target/static/msncensus"
sha256sum < "$made/one/target/static/msncensus"
