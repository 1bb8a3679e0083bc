#!/bin/sh
# Makes target/static/msncensus, which needs no library of the machine that it runs on: it reads captures, and cannot listen.
#
# It is linked with the C library of this machine; where Rust's musl target and musl-tools are installed,
# TARGET=x86_64-unknown-linux-musl takes that.
set -eu
cd "$(dirname "$0")/.."
sh .ci/setup
RUSTFLAGS="-C target-feature=+crt-static"
. packaging/paths.sh

target="${TARGET:-$(rustc -vV | sed -n 's/^host: //p')}"
CARGO_PROFILE_RELEASE_STRIP=symbols cargo build --release --locked --target "$target" --target-dir target/static/build --no-default-features --features parquet
cp "target/static/build/$target/release/msncensus" target/static/msncensus
