# SPDX-License-Identifier: BSD-2-Clause
"""A picture of the verifier's cost against the size of its page arrays, from results."""
import os
import re
import shutil
import subprocess

import results

NAME = re.compile(r"verifier\.(hot|cold)\.(\d+)(KB|MB)\.(batch256\.)?cycles")
UNIT = {"KB": 1 << 10, "MB": 1 << 20}
LIMIT_S = 60

SCRIPT = """
set terminal svg size 720,420 font "sans-serif,13" background "white"
set output "{svg}"
set logscale x 2
set logscale y
set xtics ({xtics})
set ytics (1, 2, 4, 8, 16, 32, 64)
set xlabel "page array: 8 bytes for each pinned page of 4 KB"
set ylabel "TSC cycles a descriptor"
set yrange [0.7:128]
set key top left
set grid
plot $cold using 1:2 with linespoints lw 2 title "check, random pages, batch 32", \\
     $cold256 using 1:2 with linespoints lw 2 title "check, random pages, batch 256", \\
     $limit using 1:2 with linespoints lw 2 dt 2 title "limit: prefetched look-up alone", \\
     $hot using 1:2 with linespoints lw 2 title "check, the same pages, batch 32"
"""


def series(measured):
    """The plot's lines, [(bytes, cycles)] each; empty where nothing was measured."""
    lines = {"hot": {}, "cold": {}, "cold256": {}, "limit": {}}
    for result in measured:
        match = NAME.fullmatch(result["metric"])
        if not match:
            continue
        at = int(match[2]) * UNIT[match[3]]
        lines[match[1] + ("256" if match[4] else "")][at] = result["ours"]
        if match[1] == "cold" and not match[4]:
            lines["limit"][at] = result["peer"]
    return lines


def verifier(measured):
    """Write verifier.svg from what this run has measured, if that is all of a line."""
    lines = series(measured)
    if not all(len(line) > 1 for line in lines.values()):
        return
    if not shutil.which("gnuplot"):
        results.note("no plot: gnuplot is not installed (gnuplot-nox)")
        return
    svg = os.path.join(results.FOLDER, "verifier.svg")
    data = "".join("$" + name + " << EOD\n" +
                   "".join(f"{at} {value}\n" for at, value in sorted(line.items())) + "EOD\n"
                   for name, line in lines.items())
    tics = ", ".join(f'"{at >> 20} MB" {at}' if at >= 1 << 20 else f'"{at >> 10} KB" {at}'
                     for at in sorted(lines["cold"]))
    subprocess.run(["gnuplot"], input=data + SCRIPT.format(svg=svg, xtics=tics), text=True,
                   check=True, timeout=LIMIT_S)
    results.note(f"plot: {svg}")
