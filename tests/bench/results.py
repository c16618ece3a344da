# SPDX-License-Identifier: BSD-2-Clause
"""From runs of two sides to one result: a JSON line on stdout and in build/bench/results.jsonl."""
import json
import math
import os
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.abspath(os.environ.get("BUILD_DIR", os.path.join(ROOT, "build")))
FOLDER = os.path.join(BUILD, "bench")


def median(values):
    values = sorted(values)
    n = len(values)
    return (values[(n - 1) // 2] + values[n // 2]) / 2


def interval(values):
    """A 95 % interval of the median, by order statistics: it assumes no distribution."""
    values = sorted(values)
    n = len(values)
    below = 0.0  # probability that fewer than k + 1 of n values lie below the median
    k = 0
    while k < n // 2:
        below += math.comb(n, k) / 2 ** n
        if below > 0.025:
            break
        k += 1
    k = max(k - 1, 0)
    return values[k], values[n - 1 - k]


def reduce(metric, unit, peer_name, runs):
    """@runs: [ours, peer, ratio] of each run; [ours] where there is no peer (@peer_name None)."""
    result = {"metric": metric, "ours": round(median([r[0] for r in runs]), 3), "peer": None,
              "peer_name": peer_name, "ratio": None}
    column = 0
    if peer_name:
        column = 2
        result["peer"] = round(median([r[1] for r in runs]), 3)
        result["ratio"] = round(median([r[2] for r in runs]), 4)
    low, high = interval([r[column] for r in runs])
    if peer_name:
        result["ratio_low"] = round(low, 4)
        result["ratio_high"] = round(high, 4)
    # Half the width of the 95 % interval: of the ratio, or of ours where there is no ratio.
    result |= {"unit": unit, "runs": len(runs), "spread": round((high - low) / 2, 4)}
    return result


measured = []  # that this run has emitted


def emit(result):
    measured.append(result)
    line = json.dumps(result)
    print(line, flush=True)
    os.makedirs(FOLDER, exist_ok=True)
    with open(os.path.join(FOLDER, "results.jsonl"), "a", encoding="utf-8") as f:
        f.write(line + "\n")


def note(text):
    print(f"bench: {text}", file=sys.stderr, flush=True)
