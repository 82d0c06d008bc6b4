#!/usr/bin/env bash
# All of the recipe, in order: training/run.sh DATA BASE OUT
#
#   DATA   a folder; what it has of these is used:
#            rows.jsonl.gz        labelled rows, beside those of training/data/
#            held-out.jsonl       rows of the evaluation: what is near to them is left out
#            instructions.jsonl   general instructions; without them stage one is left out
#   BASE   a Hugging Face name or folder, or a GGUF file
#   OUT    what comes of it: collected/ data/ sft/ safety/ scores.jsonl ratio/ ablate/ guardian/ and run.log
#
# Broken off, it goes on where it was: start it again with the same words. To do a stage anew, remove OUT/STAGE.done and what it wrote.
# COLLECT_BASE_URL and COLLECT_MODEL (`collect.py`): a model that is asked for safe answers to the harmful rows of rows.jsonl.gz.
# LAUNCH is how to start a stage that trains (default `python`), for eight GPUs
#   LAUNCH="accelerate launch --config_file training/fsdp.yaml --num_processes 8"
# COLLECT, PREPARE, SFT, SAFETY, RATIO, ABLATE are options of these stages; SKIP names stages to leave out.
set -euo pipefail

[ $# = 3 ] || { sed -n '2,/^set/{/^#/s/^# \{0,1\}//p}' "$0"; exit 2; }
data=$(realpath "$1") base=$2 out=$(realpath -m "$3")
[ -d "$data" ] || { echo "run: there is no folder \`$1\`" >&2; exit 2; }
[ ! -e "$base" ] || base=$(realpath "$base")
cd "$(dirname "$0")/.."
mkdir -p "$out"
exec > >(tee -a "$out/run.log")

stage() {
  local name=$1
  shift
  case " ${SKIP:-} " in *" $name "*) return ;; esac
  if [ ! -e "$out/$name.done" ]; then
    echo "== $name: $*"
    "$@"
    touch "$out/$name.done"
  fi
}

has() { [ ! -e "$data/$2" ] || echo "$1" "$data/$2"; }

# shellcheck disable=SC2046,SC2086 # options are words
{
  launch=${LAUNCH:-python} collected=
  if [ -n "${COLLECT_BASE_URL:-}" ]; then
    stage collect python -m training.collect "$data/rows.jsonl.gz" --out "$out/collected" ${COLLECT:-}
    [ ! -e "$out/collect.done" ] || collected=$out/collected/collected.jsonl.gz
  fi
  stage prepare python -m training.prepare $collected $(has "" rows.jsonl.gz) $(has --held-out held-out.jsonl) --out "$out/data" ${PREPARE:-}
  if [ -e "$data/instructions.jsonl" ]; then
    stage sft $launch -m training.sft --base "$base" --data "$data/instructions.jsonl" --out "$out/sft" ${SFT:-}
    [ ! -e "$out/sft.done" ] || base=$out/sft/model
  fi
  stage safety $launch -m training.safety --base "$base" --data "$out/data" --out "$out/safety" ${SAFETY:-}
  stage predict python -m training.predict "$out/safety/checkpoint" "$out/data/validation.jsonl" --base "$base" --out "$out/scores.jsonl"
  stage ratio $launch -m training.ratio --base "$base" --data "$out/data" --out "$out/ratio" ${SAFETY:-} ${RATIO:-}
  stage ablate $launch -m training.ablate --base "$base" --data "$out/data" --out "$out/ablate" ${SAFETY:-} ${ABLATE:-}
  stage export python -m training.export "$out/safety/checkpoint" --base "$base" --out "$out/guardian"
}
