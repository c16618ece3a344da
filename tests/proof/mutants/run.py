#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Plant bugs in a copy of the verifier, one at a time: does proof or fuzzing find each?

usage: run.py [--check] [--record] [NAME...]    NAME may have * and ?
  --check   only whether all still apply
  --record  write what was found to results.txt
Run before a release. A bug that neither finds fails, and so does one whose text is not in the file
any more. BUILD_DIR names the build folder; FUZZ_S is how long each fuzz target runs (15).
"""
import concurrent.futures
import fnmatch
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import prove  # noqa: E402  (its folder is on the path only now)

BUGS = pathlib.Path(__file__).resolve().parent / "bugs.txt"
FUZZ_S = os.environ.get("FUZZ_S", "15")
TARGETS = {"rlv_table.c": ("table", "e1000"), "rlv_table_edit.c": ("table", "e1000"),
           "rlv_find.h": ("table", "e1000")}  # the likely one first; e1000 alone elsewhere


class Bug:
    """One entry: name, file, function, the file it is proved with, what it is; old and new."""

    def __init__(self, text):
        head, *lines = text.splitlines()
        self.name, self.file, self.function, self.proof, self.what = head.split(None, 4)
        self.old = [line[1:].strip() for line in lines if line[0] == "-"]
        self.new = [line[1:].strip() for line in lines if line[0] == "+"]

    def plant(self, verifier):
        """Change the file; False if the old text is not there exactly once."""
        path = verifier / self.file
        lines = path.read_text(encoding="utf-8").splitlines()
        first = [i for i, line in enumerate(lines)
                 if re.match(rf"[a-z].*\b{self.function}\(", line)]
        if not first or not self.old:
            return False
        last = lines.index("}", first[-1])
        n = len(self.old)
        at = [i for i in range(first[-1], last)
              if [line.strip() for line in lines[i:i + n]] == self.old]
        if len(at) != 1:
            return False
        lines[at[0]:at[0] + n] = self.new
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return True


def copy_of_tree(folder):
    for part in ("verifier", "tests/fuzz", "ringlib"):
        shutil.copytree(prove.ROOT / part, folder / part)
    return folder


def open_goals(root, bug, known=frozenset()):
    """Goals of the function that are not proved; None if Frama-C told of none. Goals besides
    @known get more time, as in make proof."""
    names = set()
    for seconds in map(str, prove.GOAL_S):
        command = ["timeout", "-k", "5", "300", "frama-c", "-machdep", "gcc_x86_64",
                   f"-cpp-extra-args=-I{root}", *prove.WP, "-wp-timeout", seconds, "-wp-par", "2",
                   "-wp-cache", "update", "-wp-cache-dir", prove.CACHE, "-wp-fct", bug.function,
                   f"verifier/{bug.proof}.c"]
        log = subprocess.run(command, cwd=root, check=False, text=True, stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT).stdout
        proved, goals, open_now = prove.goals_in(log)
        if not goals or proved + len(open_now) < goals:
            return None
        names = set(open_now)
        if names <= known:
            break
    return names


def fuzz_finds(root, bug):
    """Whether a fuzz target stops, and that for what it found."""
    for target in TARGETS.get(bug.file, ("e1000",)):
        run = subprocess.run(["timeout", "-k", "5", "240", "sh", root / "tests/fuzz/run.sh", target,
                              FUZZ_S, root / "out"], check=False, text=True,
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if run.returncode == 1 and "the input that failed is in" in run.stdout:
            return True
        if run.returncode:
            print(f"FAILED: {bug.name}: fuzz target {target} did not run:\n{run.stdout}")
    return False


def judge(bug, pool, before):
    """Which of the two find the bug: a word for the table."""
    with tempfile.TemporaryDirectory(prefix="mutant-") as folder:
        root = copy_of_tree(pathlib.Path(folder))
        bug.plant(root / "verifier")
        fuzz = pool.submit(fuzz_finds, root, bug)
        after = open_goals(root, bug, before or set())
        # Frama-C that told of no goals, here or without the bug, has found nothing.
        proof = None not in (before, after) and bool(after - before)
        found = fuzz.result()
    return "both" if proof and found else "proof" if proof else "fuzz" if found else "NONE"


def load():
    text = BUGS.read_text(encoding="utf-8")
    text = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    return [Bug(part) for part in re.split(r"\n\s*\n", text.strip())]


def misfits(bugs):
    bad = []
    for bug in bugs:
        with tempfile.TemporaryDirectory(prefix="mutant-") as folder:
            root = copy_of_tree(pathlib.Path(folder))
            if not bug.plant(root / "verifier"):
                bad.append(bug.name)
    return bad


def main():
    names = [a for a in sys.argv[1:] if a not in ("--check", "--record")]
    bugs = [b for b in load() if not names or any(fnmatch.fnmatch(b.name, n) for n in names)]
    if not bugs:
        sys.exit(__doc__)
    bad = misfits(bugs)
    for name in bad:
        print(f"FAILED: {name}: its text is not in its function, or more than once")
    print(f"{len(bugs)} bugs, {len(bugs) - len(bad)} apply")
    if bad or "--check" in sys.argv:
        return 1 if bad else 0
    prove.set_up()
    start = time.monotonic()
    before, lines, missed = {}, [], 0
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        for bug in bugs:
            key = (bug.proof, bug.function)
            if key not in before:
                before[key] = open_goals(prove.ROOT, bug)
            found = judge(bug, pool, before[key])
            missed += found == "NONE"
            lines.append(f"{found:6} {bug.name}: {bug.what}")
            print(lines[-1], flush=True)
    if "--record" in sys.argv:
        (BUGS.parent / "results.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(f"{len(bugs) - missed} of {len(bugs)} bugs found in {time.monotonic() - start:.0f} s")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
