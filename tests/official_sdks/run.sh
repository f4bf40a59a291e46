#!/usr/bin/env bash
# Meta's own SDKs against the fake Facebook, unchanged but for the host.
# The SDKs go into the target folder. Only where pip or npm cannot install is a part left out, with a loud line.
set -euo pipefail
cd "$(dirname "$0")/../.."
here=tests/official_sdks
target=${CARGO_TARGET_DIR:-target}
mkdir -p "$target/official_sdks"
work=$(cd "$target/official_sdks" && pwd)

cargo build -q --features fake-server --example fake_facebook
"$target/debug/examples/fake_facebook" --port 0 --seed 7 >"$work/ready.json" &
server=$!
trap 'kill "$server" 2>/dev/null || true' EXIT
for _ in $(seq 100); do
  [ -s "$work/ready.json" ] && break
  kill -0 "$server" || { echo "the fake did not start" >&2; exit 1; }
  sleep 0.1
done
[ -s "$work/ready.json" ] || { echo "the fake did not say its address" >&2; exit 1; }

python() {
  [ -x "$work/venv/bin/python" ] || python3 -m venv "$work/venv" || return 1
  "$work/venv/bin/python" -c 'import facebook_business' 2>/dev/null ||
    "$work/venv/bin/pip" install -q --disable-pip-version-check 'facebook_business==26.0.3'
}
node_sdk() {
  [ -d "$work/node/node_modules/facebook-nodejs-business-sdk" ] && return 0
  mkdir -p "$work/node" && (cd "$work/node" && npm install --silent --no-audit --no-fund --prefix . facebook-nodejs-business-sdk@24.0.1)
}

if python >"$work/pip.log" 2>&1; then
  "$work/venv/bin/python" "$here/sdk.py" "$work/ready.json"
else
  echo "!!! SKIPPED: Meta's Python SDK was NOT checked, pip cannot install it (see $work/pip.log) !!!" >&2
fi
if node_sdk >"$work/npm.log" 2>&1; then
  NODE_PATH="$work/node/node_modules" node "$here/sdk.cjs" "$work/ready.json"
else
  echo "!!! SKIPPED: Meta's Node SDK was NOT checked, npm cannot install it (see $work/npm.log) !!!" >&2
fi
