# SPDX-License-Identifier: BSD-2-Clause
"""Benchmarks that are programs on this machine: rings, pools, buffers, driver against a fake NIC.

A program measures the metrics that its arguments name, in slices of the two sides that take turns,
and prints a line for each pair of sides. It is run PROCESSES times: where memory lies favours one
side or the other for the length of a process.
"""
import json
import os
import subprocess

import results

PROGRAMS = ("bench_ring",)
PROCESSES = 15
LIMIT_S = 300


def program(build, name):
    return os.path.join(build, "tests", "bench", name)


def listing(build, name):
    out = subprocess.run([program(build, name), "--list"], check=True, stdout=subprocess.PIPE,
                         text=True).stdout
    return out.split()


def metrics(build):
    return [m for name in PROGRAMS for m in listing(build, name)]


def measure(build, name, wanted):
    """Runs of each pair of sides, in the order in which they were first printed."""
    runs = {}
    for _ in range(PROCESSES):
        out = subprocess.run([program(build, name), *wanted], check=True, timeout=LIMIT_S,
                             stdout=subprocess.PIPE, text=True).stdout
        for line in out.splitlines():
            line = json.loads(line)
            key = line["metric"], line["unit"], line["peer_name"]
            runs.setdefault(key, []).append(line["run"])
    return runs


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
            results.note(f"{name}: {err}")
            continue
        for (metric, unit, peer_name), values in runs.items():
            results.emit(results.reduce(metric, unit, peer_name, values))
            measured.add(metric)
    return len(set(wanted) - measured)
