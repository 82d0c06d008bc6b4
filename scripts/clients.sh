#!/usr/bin/env bash
# Installs the client libraries that the gateway is tested with, and a Node for those that need one: scripts/clients.sh [DIR]   (default .venv-clients)
# Every package is pinned in tests/clients/. Quick when it is there already.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
pins=$here/../tests/clients
venv=${1:-.venv-clients}
python=${PYTHON:-python3}

fail() {
  echo "clients: $1" >&2
  exit 1
}

stamp() {
  cat "$pins"/requirements*.txt "$pins/node/package-lock.json" "$here/clients.sh" | sha256sum | cut -d ' ' -f 1
}

clear_place() {
  "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || fail "\`$python\` is not Python 3.11 or newer: set PYTHON to one"
  [ ! -e "$venv" ] || [ -f "$venv/pyvenv.cfg" ] || fail "\`$venv\` exists and is no virtualenv: name another folder"
  rm -rf "$venv" "$pins/node/node_modules"
}

# LlamaIndex and instructor do not go with the newest library of OpenAI: they have one of their own.
install() {
  "$python" -m venv "$venv"
  "$python" -m venv --without-pip "$venv/openai-2"
  pip() { "$venv/bin/python" -m pip "$@" >>"$venv/install.log" 2>&1 || fail "pip failed: see \`$venv/install.log\`"; }
  pip install --no-deps --no-compile --requirement "$pins/requirements.txt"
  pip --python "$venv/openai-2/bin/python" install --no-deps --no-compile --requirement "$pins/requirements-openai-2.txt"
  local bin
  bin=$(cd "$venv/bin" && pwd)
  (cd "$pins/node" && PATH="$bin:$PATH" npm ci --no-audit --no-fund) >>"$venv/install.log" 2>&1 || fail "npm failed: see \`$venv/install.log\`"
}

if [ "$(cat "$venv/.stamp" 2>/dev/null)" != "$(stamp)" ] || [ ! -d "$pins/node/node_modules" ]; then
  clear_place
  echo "clients: installing the client libraries into \`$venv\` (800 MB, about a minute)"
  install
  stamp >"$venv/.stamp"
fi
echo "clients: the client libraries are in \`$venv\`"
