#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Run benchmarks and print one JSON line for each result.

usage: tests/bench/run.py [PATTERN]

PATTERN is a regular expression that the whole name of a metric has to match, as 'ring.*'.
The lines are appended to bench/results.jsonl in the build folder that BUILD_DIR names; with all of
'verifier.(hot|cold).*' among them, bench/verifier.svg is drawn beside it. The
benchmarks have a build folder of their own inside it (-Dbench=true, optimized, no assertions).
"""
import os
import re
import subprocess
import sys

import native
import plot
import results
import vm

SUITES = (native, vm)


def setup():
    build = os.path.join(results.FOLDER, "build")
    if not os.path.exists(os.path.join(build, "build.ninja")):
        subprocess.run(["meson", "setup", build, results.ROOT, "-Dbench=true",
                        "--buildtype=release"], check=True, stdout=subprocess.DEVNULL)
    subprocess.run(["ninja", "-C", build, "--quiet"], check=True, stdout=sys.stderr)
    return build


def main():
    if len(sys.argv) > 2 or sys.argv[1:] == ["--help"]:
        print(__doc__)
        return 2
    pattern = re.compile(sys.argv[1] if len(sys.argv) == 2 else ".*")
    build = setup()
    found = failed = 0
    for suite in SUITES:
        wanted = [m for m in suite.metrics(build) if pattern.fullmatch(m)]
        if not wanted:
            continue
        found += len(wanted)
        failed += suite.run(build, wanted)
    plot.verifier(results.measured)
    if not found:
        results.note(f"no metric matches {pattern.pattern!r}")
        return 2
    if failed:
        results.note(f"{failed} of {found} metrics could not be measured")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
