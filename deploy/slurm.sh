#!/bin/sh
# Spread a hunt over a Slurm cluster: a job array, a share of the seeds each.
#
#   SEEDS=1..10000001 sbatch --array=1-64 deploy/slurm.sh
#
# and when all have ended:
#
#   raftlab hunt --merge hunt-*.json
#
# The array counts from 1, without gaps; its size is the number of shares.
#SBATCH --job-name=raftlab-hunt
#SBATCH --array=1-64
#SBATCH --cpus-per-task=4
#SBATCH --mem=2G
#SBATCH --time=01:00:00
#SBATCH --output=hunt-%A_%a.log
set -eu
SEEDS=${SEEDS:-1..1000001}
RAFTLAB=${RAFTLAB:-raftlab}
RESULT=hunt-${SLURM_ARRAY_JOB_ID}_${SLURM_ARRAY_TASK_ID}.json

# Status 1 means that something was found, 3 that not all was seen: the job did well, and the merge
# says what it came to. A result appears whole or not at all.
"$RAFTLAB" hunt --seeds "$SEEDS" --shard "$SLURM_ARRAY_TASK_ID/$SLURM_ARRAY_TASK_COUNT" \
    --keep-going --json > "$RESULT.part" || case $? in 1 | 3) ;; *) exit 2 ;; esac
mv "$RESULT.part" "$RESULT"
