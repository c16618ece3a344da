# SPDX-License-Identifier: BSD-2-Clause
"""Benchmarks that are programs on this machine: rings, pools, buffers, the verifier, a driver against
a fake NIC.

A program measures the metrics that its arguments name, in slices of the two sides that take turns,
and prints a line for each pair of sides. It is run PROCESSES times: where memory lies favours one
side or the other for the length of a process.
"""
import json
import os
import re
import subprocess

import results

PROGRAMS = ("bench_ring", "bench_pool", "bench_e1000", "bench_verifier")
PROCESSES = 15
LIMIT_S = 300

INSNS = ("e1000.rx.burst32.insns", "e1000.tx.burst32.insns", "e1000.rxtx.burst32.insns")
INSNS_TARGET = 130  # receive plus transmit, a frame
ADDED = ("e1000.verify.rx.added_insns", "e1000.verify.tx.added_insns")
ADDED_LIMIT = 25  # a descriptor
BURST = 32
BURSTS = 1000


def program(build, name):
    return os.path.join(build, "tests", "bench", name)


def listing(build, name):
    out = subprocess.run([program(build, name), "--list"], check=True, stdout=subprocess.PIPE,
                         text=True).stdout
    return out.split()


def metrics(build):
    return [m for name in PROGRAMS for m in listing(build, name)] + list(INSNS + ADDED)


def measure(build, name, wanted):
    """Runs of each pair of sides, in the order in which they were first printed."""
    runs = {}
    for _ in range(PROCESSES):
        out = subprocess.run([program(build, name), *wanted], check=True, timeout=LIMIT_S,
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True).stdout
        for line in out.splitlines():
            line = json.loads(line)
            key = line["metric"], line["unit"], line.get("peer_name")
            runs.setdefault(key, []).append(line["run"])
    return runs


def collected(build, direction, bursts, verify):
    """Instructions that callgrind counts in @bursts bursts."""
    out = subprocess.run(
        ["valgrind", "--tool=callgrind", f"--toggle-collect=counted_{direction}",
         "--callgrind-out-file=/dev/null", program(build, "bench_e1000"), "--insns", direction,
         str(bursts), *verify],
        check=True, timeout=LIMIT_S, stderr=subprocess.PIPE, text=True).stderr
    return int(re.search(r"Collected : (\d+)", out).group(1))


def insns(build, direction, *verify):
    """A frame's share, without what the first bursts pay once."""
    more = collected(build, direction, 2 * BURSTS, verify)
    more -= collected(build, direction, BURSTS, verify)
    return more / (BURSTS * BURST)


def emit_target(metric, target_name, value, target):
    results.emit(results.reduce(metric, "instructions", target_name,
                                [[value, target, value / target]]))


def run_insns(build, wanted):
    """Exact: the same numbers come out each time, so one run is enough."""
    rx, tx = insns(build, "rx"), insns(build, "tx")
    for metric, value in zip(INSNS, (rx, tx, rx + tx)):
        # What was added to is told with what was added.
        if metric not in wanted and not set(ADDED) & set(wanted):
            continue
        if metric == INSNS[2]:
            emit_target(metric, "target", value, INSNS_TARGET)
        else:
            results.emit(results.reduce(metric, "instructions", None, [[value]]))
    for metric, direction, off in zip(ADDED, ("rx", "tx"), (rx, tx)):
        if metric in wanted:
            emit_target(metric, "limit", insns(build, direction, "verify") - off, ADDED_LIMIT)


def run(build, wanted):
    """Measure @wanted, emit results. Return: how many metrics have none."""
    measured = set()
    for name in PROGRAMS:
        mine = [m for m in listing(build, name) if m in wanted]
        if not mine:
            continue
        try:
            runs = measure(build, name, mine)
        except (subprocess.SubprocessError, ValueError) as err:
            results.note(f"{name}: {err} {getattr(err, 'stderr', '') or ''}")
            continue
        for (metric, unit, peer_name), values in runs.items():
            results.emit(results.reduce(metric, unit, peer_name, values))
            measured.add(metric)
    mine = [m for m in INSNS + ADDED if m in wanted]
    if mine:
        try:
            run_insns(build, mine)
            measured.update(mine)
        except (OSError, subprocess.SubprocessError, AttributeError) as err:
            results.note(f"callgrind: {err}")
    return len(set(wanted) - measured)
