#!/usr/bin/env bash
# All of the recipe, in order: training/run.sh TRAIN.jsonl.gz EVAL.jsonl [minutes]
set -euo pipefail
cd "$(dirname "$0")/.."
train=$1 held_out=$2 minutes=${3:-60} work=${WORK:-.cache/training} layers=20
base=$(python -c 'from gateway.embedded.models import base_model; print(base_model())')

python -m training.benign > training/data/benign_frames.jsonl
python -m training.harmful > training/data/harmful_frames.jsonl
python -m training.prepare "$train" --held-out "$held_out" --out "$work/data"
python -m training.train --base "$base" --data "$work/data" --out "$work/run" --layers "$layers" --minutes "$minutes"
python -m training.finish install "$work/run/adapter.npz" --base "$base" --layers "$layers"
gateway evaluate "$work/data/validation.jsonl" --guardian default --resume "$work/scores.jsonl" --json "$work/raw.json"
python -m training.finish calibrate "$work/scores.jsonl" "$work/data/validation.jsonl"
gateway evaluate "$held_out" --guardian default --json "$work/public.json"
