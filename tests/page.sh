#!/usr/bin/env bash
# The page in a real browser: fills a store with the demo's stories, serves it, and looks at every page at 390 and 1200
# pixels, light and dark, with and without what a phone has. Screenshots go to target/screenshots.
#
#   tests/page.sh [PROGRAM]       PROGRAM: target/release/tollwatch unless named
set -euo pipefail
cd "$(dirname "$0")/.."
program=$(realpath "${1:-target/release/tollwatch}")
browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome) || {
    echo "there is no Chromium here: apt-get install chromium" >&2
    exit 69
}
work=$(mktemp -d)
"$program" demo --dir "$work/demo" --day 0 --page 127.0.0.1:0 >"$work/log" 2>&1 &
server=$!
trap 'kill $server 2>/dev/null || true; wait $server 2>/dev/null || true; rm -rf "$work"' EXIT
for _ in $(seq 600); do
    grep -q '^page: ' "$work/log" && break
    kill -0 $server || { cat "$work/log"; exit 1; }
    sleep 0.2
done
address=$(sed -n 's/^page: //p' "$work/log" | tail -n 1)
mkdir -p target/screenshots
python3 tests/page.py "$browser" "$address" "$work/profile" target/screenshots
