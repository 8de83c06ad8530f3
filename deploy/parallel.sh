#!/bin/sh
# Spread a hunt over the cores of one machine, or over many by GNU parallel's own --sshlogin.
#
#   SEEDS=1..1000001 SHARES=64 deploy/parallel.sh [OPTION...]
#
# Further options go to every share, as --flaw NAME. The results are in $RESULTS, and merged at
# the end: status 0 when nothing was found, 1 when something was found and written, 3 when nothing was
# found and not all seeds were played.
set -eu
SEEDS=${SEEDS:-1..100001}
SHARES=${SHARES:-$(nproc)}
RESULTS=${RESULTS:-hunt-results.jsonl}
RAFTLAB=${RAFTLAB:-raftlab}

# A share that finds something ends with status 1: that is no reason to stop the others. What is
# missing in the end, the merge will say.
seq "$SHARES" | parallel --will-cite --halt never \
    "$RAFTLAB" hunt --seeds "$SEEDS" --shard "{}/$SHARES" --keep-going --json "$@" \
    > "$RESULTS" || true

exec "$RAFTLAB" hunt --merge "$RESULTS"
