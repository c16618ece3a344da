#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Prove the verifier with Frama-C's WP, and judge by its log.

usage: prove.py [--smoke] [--update] [--jobs N] [FILE...]
  FILE      rlv_table and so on; every file of verifier/ without one
  --smoke   also smoke tests (does a contract contradict itself, can each statement be reached?)
            and whether what unproved.txt lists is still unproved
  --update  write the numbers of goals to goals.txt
  --jobs N  files side by side, each with two provers (2)
BUILD_DIR names the build folder. Results of goals, a hash of each and what the prover said, are
kept in RINGLIB_CACHE or the build folder: only a goal that is the same to the last letter is not
proved again. Exit code 0: all is proved; 1: not; 77: there is no Frama-C.
"""
import argparse
import concurrent.futures
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
HERE = ROOT / "tests" / "proof"
VERIFIER = ROOT / "verifier"
OUT = pathlib.Path(os.environ.get("BUILD_DIR", ROOT / "build")).resolve() / "proof"
CACHE = pathlib.Path(os.environ.get("RINGLIB_CACHE", OUT)).resolve() / "proof-cache"
LIMIT_S = 900  # of one Frama-C
# Seconds a goal. The second is for goals that a busy machine did not get through in the first.
GOAL_S = (10, 30)
WP = ["-wp", "-wp-rte", "-warn-unsigned-overflow", "-warn-unsigned-downcast",
      "-warn-signed-downcast", "-wp-prover", "cvc4,z3"]
# Nothing but the smoke tests. They must not be proved, so each takes its whole second.
SMOKE = ["-wp", "-wp-smoke-tests", "-wp-smoke-timeout", "1", "-wp-prover", "z3",
         "-wp-prop=-@lemma,-@requires,-@assigns,-@ensures,-@exits,-@assert,-@invariant,-@variant,"
         "-@breaks,-@continues,-@returns,-@terminates,-@decreases,-@check"]
# Warnings after which a proved goal may say less than it seems to.
WEAK = re.compile(r"Missing (?!RTE)|No (?:'assigns'|code|contract)|Neither code|Cast with|"
                  r"unsupported|[Uu]nknown|[Ii]gnor|not yet|Hide|[Uu]nexpected|[Ss]kip|No goal")
FORBIDDEN = re.compile(r"\b(?:admit|axiom|axiomatic|__FRAMAC__)\b|wp-skip|-wp-prop")
NAME = r"[a-z][\w \t\n*]*?\b(\w+)\([^;{}]*\)"
CONTRACT = re.compile(r"/\*?@(?:(?!\*/|@/).)*?\b(?:ensures|assigns)\b(?:(?!\*/|@/).)*(?:\*/|@/)"
                      r"\s*" + NAME.replace(r"\([^;{}]*\)", r"\("), re.S)


def text_of(path):
    """A source, without comments that are not ACSL: they may hold any words."""
    return re.sub(r"/\*(?![@]).*?\*/", "", path.read_text(encoding="utf-8"), flags=re.S)


def table_of(name):
    """Lines of a table in this folder: the first word and the rest."""
    lines = (HERE / name).read_text(encoding="utf-8").splitlines()
    return dict((line.split(None, 1) + [""])[:2] for line in lines if line and line[0] != "#")


def headers_of(path):
    """The verifier's headers that a file includes, by any way."""
    found = set()
    for name in re.findall(r'#include "verifier/(\w+\.h)"', path.read_text(encoding="utf-8")):
        found |= {VERIFIER / name} | headers_of(VERIFIER / name)
    return found


def functions_of(path):
    return re.findall(r"^[ \t]*(?:static|struct|enum|bool|void|u?int\w+|size_t|rlv_inline|const)"
                      r"\b[^;{}()=@]*?\b(\w+)\([^;{}@]*\)\s*(?:/\*@ ghost[^@]*?\*/\s*)?\{",
                      text_of(path), re.M)


def plan(files):
    """By file, the header functions to leave out, because an earlier file proves them."""
    done, skip = {}, {}
    for path in files:
        inlines = {f for h in headers_of(path) for f in functions_of(h)}
        skip[path] = sorted(f for f in inlines if f in done)
        done.update(dict.fromkeys(inlines, path))
    return skip


def rules_broken():
    """What no log shows: words that let goals through, loops that need not end, contracts that
    files rest on and none proves."""
    bad, defined, stated = [], set(), set()
    for path in sorted(VERIFIER.glob("*.[ch]")):
        text = text_of(path)
        for match in FORBIDDEN.finditer(text):
            bad.append(f"{path.name}: {match[0]!r} stands there")
        loops = len(re.findall(r"\b(?:for|while) \(", text))
        ends = len(re.findall(r"loop variant", text))
        if loops != ends:
            bad.append(f"{path.name}: {loops} loops, {ends} loop variants")
        defined |= set(functions_of(path))
        stated |= set(CONTRACT.findall(text))
    bad += [f"{f}: a contract, and no file of the verifier defines it" for f in stated - defined]
    bad += [f"{f}: unproved.txt names it, and there is none" for f in
            set(table_of("unproved.txt")) - defined]
    return bad


def set_up():
    """Find the provers, once, into a file of this build's own."""
    OUT.mkdir(parents=True, exist_ok=True)
    CACHE.mkdir(parents=True, exist_ok=True)
    conf = OUT / "why3.conf"
    os.environ["WHY3CONFIG"] = str(conf)
    if not conf.exists():
        new = OUT / f"why3.conf.{os.getpid()}"
        subprocess.run(["why3", "-C", new, "config", "detect"], check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        new.rename(conf)


def frama_c(path, flags, log):
    """The log of one run. Frama-C ends with 0 whatever was proved."""
    command = ["timeout", "-k", "5", str(LIMIT_S), "frama-c", "-machdep", "gcc_x86_64",
               f"-cpp-extra-args=-I{ROOT}", *flags, "-wp-par", "2", "-wp-cache", "update",
               "-wp-cache-dir", CACHE, f"verifier/{path.name}"]
    run = subprocess.run(command, cwd=ROOT, check=False, text=True, stdout=subprocess.PIPE,
                         stderr=subprocess.STDOUT)
    (OUT / f"{path.stem}.{log}.log").write_text(run.stdout, encoding="utf-8")
    # Frama-C breaks a long warning after its first colon.
    return re.sub(r"Warning: *\n +", "Warning: ", run.stdout)


def goals_in(log):
    """Goals proved, goals, and those not proved by name. No total line: nothing was proved."""
    open_goals = re.findall(r"^\[wp\] \[(?:Failed|Timeout|Stepout|Unknown)\] Goal (\S+)", log, re.M)
    found = re.search(r"^\[wp\] Proved goals:\s+(\d+) / (\d+)", log, re.M)
    return (int(found[1]), int(found[2]), open_goals) if found else (0, 0, open_goals)


def weak_in(log):
    return sorted({m for m in re.findall(r"Warning: (.*)", log) if WEAK.search(m)})


def smoke(path, skip):
    """Smoke tests passed, and what is wrong."""
    log = frama_c(path, SMOKE + skip, "smoke")
    failed = re.findall(r"\[Failed\] Smoke-test (\S+)", log)
    passed = len(re.findall(r"\[Passed\] Smoke-test ", log))
    wrong = [f"contradiction, or code that is never reached: {name}" for name in failed]
    if not passed or not failed and goals_in(log)[:2] != (passed, passed):
        wrong.append("smoke tests did not end: see the log")
    return passed, wrong


def prove(path, known, least, args):
    """What is to be printed for one file, whether all is well, and its goals."""
    start = time.monotonic()
    source = text_of(path) + "".join(text_of(h) for h in headers_of(path))
    unproved = [f for f in functions_of(path) if f in table_of("unproved.txt")]
    skip = ["-wp-skip-fct", ",".join(known + unproved)] if known + unproved else []
    mine = [f for f in functions_of(path) if f not in unproved]
    wrong = [f"{f}: no contract" for f in mine if f not in CONTRACT.findall(source)]
    for seconds in GOAL_S:
        log = frama_c(path, WP + ["-wp-timeout", str(seconds)] + skip, "wp")
        proved, goals, open_goals = goals_in(log)
        if goals and proved == goals and not open_goals:
            break
    wrong += [f"not proved: {goal}" for goal in open_goals] + weak_in(log)
    if not goals:
        wrong.append("Frama-C told of no goals: see the log")
    elif proved != goals:
        wrong.append(f"{proved} of {goals} goals proved")
    if goals < least:
        wrong.append(f"{goals} goals, and goals.txt says {least}")
    seen = re.findall(r"annotating function (\w+)", log)
    wrong += [f"{f}: Frama-C did not look at it" for f in mine if f not in seen]
    lines = []
    if goals > least and not args.update:
        lines.append(f"goals.txt says {least}: raise it, or run with --update")
    if args.smoke:
        passed, bad = smoke(path, skip)
        lines.append(f"{passed} smoke tests passed")
        wrong += bad
        for f in set(unproved) & set(CONTRACT.findall(source)):
            log = frama_c(path, WP + ["-wp-timeout", "2", "-wp-fct", f], f)
            got, of, _ = goals_in(log)
            if of and got == of and not weak_in(log):
                wrong.append(f"{f} is proved now: take it out of unproved.txt")
    lines += [f"FAILED: {line}" for line in wrong]
    took = time.monotonic() - start
    head = f"{path.stem}: {proved} goals proved in {took:.0f} s"
    return "\n".join([head] + [f"    {line}" for line in lines]), not wrong, proved


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--smoke", action="store_true")
    parser.add_argument("--update", action="store_true")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("files", nargs="*")
    args = parser.parse_args()
    for tool in ("frama-c", "why3", "z3", "cvc4"):
        if not shutil.which(tool):
            print(f"skipped: no {tool}; run: tools/deps.sh test (newer Debians may not have it)")
            return 77
    start = time.monotonic()
    counts = table_of("goals.txt")
    # Files that include little prove what the headers hold. The most work starts first.
    every = sorted((p for p in VERIFIER.glob("*.c")
                    if set(functions_of(p)) - set(table_of("unproved.txt"))),
                   key=lambda p: (len(headers_of(p)), p.stem))
    known = plan(every)
    chosen = [p for p in reversed(every) if not args.files or p.stem in args.files]
    if len(chosen) < len(set(args.files)):
        sys.exit(__doc__)
    set_up()
    bad = rules_broken()
    if not args.files and not args.update:
        bad += [f"{p.name}: goals.txt does not name it" for p in every if p.stem not in counts]
    for line in bad:
        print(f"FAILED: {line}")
    total, good = 0, not bad
    with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
        runs = {pool.submit(prove, p, known[p], int(counts.get(p.stem, 0)), args): p
                for p in chosen}
        for run in concurrent.futures.as_completed(runs):
            lines, fine, proved = run.result()
            print(lines, flush=True)
            counts[runs[run].stem] = proved
            total, good = total + proved, good and fine
    if args.update and good:
        (HERE / "goals.txt").write_text("# Goals of each file of verifier/: may rise, not fall.\n" +
                                        "".join(f"{k} {v}\n" for k, v in sorted(counts.items())),
                                        encoding="utf-8")
    for name, why in table_of("unproved.txt").items():
        print(f"not proved: {name} ({why})")
    print(f"{total} goals proved in {time.monotonic() - start:.0f} s" + ("" if good else ", FAILED"))
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
