"""The child process: serves one GGUF model over OpenAI's API on a loopback port of its own choosing, until its
standard input closes.

    python -m gateway.embedded.server MODEL.gguf --alias NAME --threads 2 --slots 2 --context 2048

It prints its base URL as one line when it is ready. Its life hangs on its parent's pipe: however the parent ends, the
pipe closes.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

QUIET = -1
LONGEST_ANSWER = 512
"""Tokens, where the caller sets no limit: a small model may never find an end."""


def main() -> None:
    import xllamacpp

    options = parse()
    params = xllamacpp.CommonParams()
    params.model.path = str(options.model)
    params.model_alias = {options.alias}
    params.n_ctx = options.context * options.slots
    params.n_parallel = options.slots
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = options.threads
    params.n_predict = LONGEST_ANSWER
    params.sampling.temp = 0.0
    params.cache_ram_mib = 0  # prompts of other callers are not kept
    params.verbosity = QUIET
    params.ui = False
    server = xllamacpp.Server(params)
    print(f"{server.listening_address}/v1", flush=True)
    sys.stdin.read()


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path)
    parser.add_argument("--alias", required=True)
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--slots", type=int, required=True)
    parser.add_argument("--context", type=int, required=True, help="tokens of one slot")
    return parser.parse_args()


if __name__ == "__main__":
    main()
