#!/bin/sh
# Makes a Debian package, target/debian/msncensus_*.deb, with the manual pages and completions that the program writes of itself.
#
# It needs cargo-deb (`cargo install --locked cargo-deb`).
set -eu
cd "$(dirname "$0")/.."
sh .ci/setup
. packaging/paths.sh

cargo build --release --locked --features parquet
program=target/release/msncensus
made=target/packaging
mkdir -p "$made"
"$program" man > "$made/msncensus.1"
"$program" man merge > "$made/msncensus-merge.1"
for shell in bash zsh fish; do
    "$program" completions "$shell" > "$made/msncensus.$shell"
done
cargo deb --no-build --strip
