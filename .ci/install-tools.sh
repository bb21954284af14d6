#!/usr/bin/env bash
# Installs what tests run against: two servers, a browser, and another reader of our tables. Quick when they are there already.
# Usage: .ci/install-tools.sh [--only versitygw,moto,delta,chromium,nmap,compose]
# Prints `export NAME=value` lines (for eval) and writes the same to tools.env in the cache folder (for `source`).
set -euo pipefail

VERSITYGW_VERSION=1.8.0
MOTO_VERSION=5.2.5
DELTA_VERSION=1.6.6
COMPOSE_GO_VERSION=2.16.2

cache="${XDG_CACHE_HOME:-$HOME/.cache}/sightline-tools"
only="versitygw,moto,delta,chromium,nmap,compose"
if [[ "${1:-}" == "--only" ]]; then
  only="${2:?--only needs a list}"
elif [[ $# -gt 0 ]]; then
  echo "usage: $0 [--only versitygw,moto,delta,chromium,nmap,compose]" >&2
  exit 2
fi

mkdir -p "$cache/bin"
# Two runs at once would build into the same folders.
exec 9>"$cache/lock"
if command -v flock >/dev/null; then flock 9; fi

wants() { [[ ",$only," == *",$1,"* ]]; }
say() { echo "install-tools: $*" >&2; }

# A tool counts as installed when the marker of that version was written, which is the last step.
is_installed() { [[ -x "$1" && -f "$cache/$2" ]]; }

install_versitygw() {
  local binary="$cache/bin/versitygw" marker="versitygw-$VERSITYGW_VERSION"
  if is_installed "$binary" "$marker"; then return; fi
  if ! command -v go >/dev/null; then
    say "versitygw needs Go, which is not installed: tests against it will be skipped"
    return
  fi
  say "building versitygw $VERSITYGW_VERSION (about a minute and a half)"
  GOBIN="$cache/bin" go install "github.com/versity/versitygw/cmd/versitygw@v$VERSITYGW_VERSION" >&2
  rm -f "$cache"/versitygw-*
  touch "$cache/$marker"
}

# The reader of compose files that docker compose is made of, as a program.
install_compose() {
  local binary="$cache/bin/compose-go" marker="compose-go-$COMPOSE_GO_VERSION"
  if is_installed "$binary" "$marker"; then return; fi
  if ! command -v go >/dev/null; then
    say "compose-go needs Go, which is not installed: the compose file will not be checked by it"
    return
  fi
  say "building compose-go $COMPOSE_GO_VERSION"
  GOBIN="$cache/compose-build" go install "github.com/compose-spec/compose-go/v2/cmd@v$COMPOSE_GO_VERSION" >&2
  mv "$cache/compose-build/cmd" "$binary"
  rm -rf "$cache/compose-build" "$cache"/compose-go-*
  touch "$cache/$marker"
}

install_moto() {
  local binary="$cache/moto/bin/moto_server" marker="moto-$MOTO_VERSION"
  if is_installed "$binary" "$marker"; then return; fi
  if ! command -v python3 >/dev/null; then
    say "moto needs Python 3, which is not installed: tests against it will be skipped"
    return
  fi
  say "installing moto $MOTO_VERSION"
  rm -rf "$cache/moto" "$cache"/moto-*
  python3 -m venv "$cache/moto"
  "$cache/moto/bin/pip" install --quiet --disable-pip-version-check "moto[server]==$MOTO_VERSION" >&2
  touch "$cache/$marker"
}

install_delta() {
  local python="$cache/delta/bin/python" marker="delta-$DELTA_VERSION"
  if is_installed "$python" "$marker"; then return; fi
  if ! command -v python3 >/dev/null; then
    say "delta-rs needs Python 3, which is not installed: tests that read tables with it will be skipped"
    return
  fi
  say "installing delta-rs $DELTA_VERSION"
  rm -rf "$cache/delta" "$cache"/delta-*
  python3 -m venv "$cache/delta"
  "$cache/delta/bin/pip" install --quiet --disable-pip-version-check "deltalake==$DELTA_VERSION" >&2
  touch "$cache/$marker"
}

install_package() {
  local name="$1" without="$2"
  if command -v "$name" >/dev/null; then return; fi
  if [[ "$(id -u)" != 0 ]] || ! command -v apt-get >/dev/null; then
    say "$name is not installed, and only root can install it: $without will be skipped"
    return
  fi
  say "installing $name"
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq >&2
  apt-get install -y -qq --no-install-recommends "$name" >&2
}

if wants versitygw; then install_versitygw; fi
if wants moto; then install_moto; fi
if wants delta; then install_delta; fi
if wants compose; then install_compose; fi
if wants chromium; then install_package chromium 'browser tests'; fi
if wants nmap; then install_package nmap 'tests that run it'; fi

{
  if [[ -x "$cache/bin/versitygw" ]]; then printf 'export VERSITYGW=%q\n' "$cache/bin/versitygw"; fi
  if [[ -x "$cache/moto/bin/moto_server" ]]; then printf 'export MOTO_SERVER=%q\n' "$cache/moto/bin/moto_server"; fi
  if [[ -x "$cache/delta/bin/python" ]]; then printf 'export DELTA_PYTHON=%q\n' "$cache/delta/bin/python"; fi
  if [[ -x "$cache/bin/compose-go" ]]; then printf 'export COMPOSE_GO=%q\n' "$cache/bin/compose-go"; fi
  if chromium="$(command -v chromium)"; then printf 'export CHROMIUM=%q\n' "$chromium"; fi
} >"$cache/tools.env.new"
mv "$cache/tools.env.new" "$cache/tools.env"
cat "$cache/tools.env"
