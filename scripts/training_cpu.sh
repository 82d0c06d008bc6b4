#!/usr/bin/env bash
# Installs what `training/` and its tests need into a virtualenv of its own: scripts/training_cpu.sh [DIR]   (default .venv-training)
# Quick when it is there already. Which build of torch it is, for a CPU or for CUDA, pip's own configuration decides; the tests need no GPU.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
venv=${1:-.venv-training}
python=${PYTHON:-python3}
pins=$here/training_cpu.constraints.txt
log=$venv/install.log

fail() {
  echo "training_cpu: $1" >&2
  exit 1
}

stamp() {
  cat "$pins" "$here/../constraints.txt" "$here/../pyproject.toml" "$here/training_cpu.sh" | sha256sum | cut -d ' ' -f 1
}

clear_place() {
  "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || fail "\`$python\` is not Python 3.11 or newer: set PYTHON to one"
  [ ! -e "$venv" ] || [ -f "$venv/pyvenv.cfg" ] || fail "\`$venv\` exists and is no virtualenv: name another folder"
  rm -rf "$venv"
}

install() {
  "$python" -m venv "$venv"
  "$venv/bin/python" -m pip install --quiet --no-cache-dir -c "$here/../constraints.txt" -c "$pins" \
    -e "$here/..[training]" pytest pytest-asyncio pytest-timeout hypothesis >"$log" 2>&1 ||
    fail "$(grep -m 1 '^ERROR' "$log" || echo "pip failed"): see \`$log\`"
}

[ -f "$pins" ] || fail "\`$pins\` is missing"
if [ "$(cat "$venv/.stamp" 2>/dev/null)" != "$(stamp)" ]; then
  clear_place
  echo "training_cpu: installing torch and what goes with it into \`$venv\` (1.5 GB, about 2 minutes)"
  install
  stamp >"$venv/.stamp"
fi
echo "training_cpu: torch $("$venv/bin/python" -c 'import torch; print(torch.__version__)') is in \`$venv\`"
