#!/usr/bin/env bash
# `features = ["sqlite"]` in one build with the other crates that bring SQLite: cargo allows one libsqlite3-sys in a build.
# Each scratch package must resolve; those with a program here must compile and run. All of it lives in the target folder.
set -euo pipefail
cd "$(dirname "$0")/../.."
root=$PWD
mkdir -p "${CARGO_TARGET_DIR:-target}/beside"
work=$(cd "${CARGO_TARGET_DIR:-target}/beside" && pwd)
export CARGO_TARGET_DIR="$work/target"

# beside NAME DEPENDENCY...: a package with audiencekit and these.
beside() {
  local dir="$work/$1" program="$root/tests/beside/$1.rs"
  mkdir -p "$dir"
  [ -f "$program" ] || { program="$dir/main.rs"; echo 'fn main() {}' >"$program"; }
  {
    printf '[package]\nname = "beside"\nversion = "0.0.0"\nedition = "2024"\npublish = false\n[workspace]\n'
    printf '[[bin]]\nname = "beside"\npath = "%s"\n[profile.dev]\ndebug = 0\n[dependencies]\n' "$program"
    printf 'audiencekit = { path = "%s", default-features = false, features = ["sqlite"] }\n' "$root"
    printf '%s\n' "${@:2}"
  } >"$dir/Cargo.toml"
  local tree
  tree=$(cd "$dir" && cargo tree --quiet --edges normal --prefix none --no-dedupe)
  echo "$1: $(sed 's/ (.*//' <<<"$tree" | grep -E '^(rusqlite|libsqlite3-sys) ' | sort -u | paste -sd' ')"
  grep -q '^audiencekit ' <<<"$tree"
  grep -q '^rusqlite ' <<<"$tree"
  if [ "$program" != "$dir/main.rs" ]; then
    rm -f "$dir"/test.db*
    (cd "$dir" && cargo run --quiet -- "$dir/test.db")
    echo "$1: compiled and run in ${SECONDS}s"
  fi
}

tokio='tokio = { version = "1", features = ["rt", "macros"] }'
beside sqlx_0_8 'sqlx = { version = "0.8", features = ["sqlite", "runtime-tokio"] }'
beside sqlx_postgres 'sqlx = { version = "0.9", features = ["postgres", "runtime-tokio"] }'
beside sea_orm_1 'sea-orm = { version = "1.1", features = ["sqlx-sqlite", "runtime-tokio"] }'
beside sea_orm 'sea-orm = { version = "2", features = ["sqlx-sqlite", "runtime-tokio"] }'
beside deadpool_sqlite 'deadpool-sqlite = "0.14"'
beside deadpool_sqlite_0_12 'deadpool-sqlite = "0.12"'
beside tokio_rusqlite 'tokio-rusqlite = "0.8"'
beside tokio_rusqlite_0_7 'tokio-rusqlite = "0.7"'
beside refinery 'refinery = { version = "0.10", features = ["rusqlite"] }'
beside refinery_0_8 'refinery = { version = "0.8", features = ["rusqlite"] }'
beside diesel 'diesel = { version = "2.3", features = ["sqlite"] }'
beside sqlx 'sqlx = { version = "0.9", default-features = false, features = ["sqlite", "runtime-tokio"] }' "$tokio"
