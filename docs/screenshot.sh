#!/bin/sh
# Makes docs/page.webp anew: the page of the samples, as a browser shows it first. Takes chromium, and cwebp of the
# package webp.
set -eu
cd "$(dirname "$0")/.."
made=$(mktemp -d)
trap 'rm -rf "$made"' EXIT
cargo run --locked -- -q -t summary --html "$made/page.html" samples/*.pcapng > "$made/summary.txt"
chromium --headless --no-sandbox --disable-gpu --no-first-run --disable-background-networking --disable-sync \
    --user-data-dir="$made/profile" --hide-scrollbars --window-size=1280,800 --screenshot="$made/page.png" "file://$made/page.html"
cwebp -quiet -preset text -q 60 -m 6 "$made/page.png" -o docs/page.webp
