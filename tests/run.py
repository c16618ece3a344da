#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Run every test and end with one line: N passed, M failed, K skipped.

usage: tests/run.py [SUITE...]   suites: unit sanitize model fuzz proof vm (all without a name)
BUILD_DIR names the build folder; the sanitizer build stands beside it inside.
"""
import json
import os
import re
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BUILD = os.path.abspath(os.environ.get("BUILD_DIR", os.path.join(ROOT, "build")))
SANITIZE = os.path.join(BUILD, "sanitize")
WERROR = os.environ.get("WERROR", "false")
SUITES = ("unit", "sanitize", "model", "fuzz", "proof", "vm")


class Count:
    """Test cases by how they ended."""

    def __init__(self):
        self.passed = self.failed = self.skipped = 0

    def add(self, test):
        """Count the cases of one meson test: what cmocka or unittest says, else the test is one."""
        text = (test.get("stdout") or "") + (test.get("stderr") or "")
        before = self.failed
        if not self._add_cmocka(text) and not self._add_unittest(text):
            self.passed += test["result"] == "OK"
            self.skipped += test["result"] == "SKIP"
        if test["result"] not in ("OK", "SKIP", "EXPECTEDFAIL") and self.failed == before:
            self.failed += 1  # it crashed, timed out, or a single-case test failed

    def _add_cmocka(self, text):
        ran = re.findall(r"^\[  PASSED  \] (\d+) test", text, re.M)
        self.passed += sum(map(int, ran))
        self.failed += sum(map(int, re.findall(r"^\[  FAILED  \] .*?(\d+) test", text, re.M)))
        self.skipped += sum(map(int, re.findall(r"^\[  SKIPPED \] .*?(\d+) test", text, re.M)))
        return bool(ran)

    def _add_unittest(self, text):
        ran = re.findall(r"^Ran (\d+) tests? in", text, re.M)
        ends = re.findall(r"^(?:OK|FAILED)(?: \((.*)\))?$", text, re.M)
        if not ran or not ends:
            return False
        words = dict(re.findall(r"(failures|errors|skipped)=(\d+)", " ".join(ends)))
        bad = int(words.get("failures", 0)) + int(words.get("errors", 0))
        skipped = int(words.get("skipped", 0))
        self.failed += bad
        self.skipped += skipped
        self.passed += sum(map(int, ran)) - bad - skipped
        return True

    def __str__(self):
        return f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped"


def setup_sanitize():
    if not os.path.exists(os.path.join(SANITIZE, "build.ninja")):
        subprocess.run(
            ["meson", "setup", SANITIZE, ROOT, "-Db_sanitize=address,undefined",
             "-Dc_args=-fno-sanitize-recover=all", "-Dbuildtype=debug", "-Ddebug_pool=true",
             "-Db_lundef=false",
             f"-Dwerror={WERROR}"],
            check=True, stdout=subprocess.DEVNULL)
    subprocess.run(["ninja", "-C", SANITIZE, "--quiet"], check=True)


def meson_test(build, suite, count):
    """Run one suite and add up its cases."""
    log = os.path.join(build, "meson-logs", "testlog.json")
    if os.path.exists(log):
        os.unlink(log)
    env = dict(os.environ, BUILD_DIR=build, SANITIZE_DIR=SANITIZE)
    code = subprocess.run(
        ["meson", "test", "-C", build, "--no-rebuild", "--suite", suite, "--print-errorlogs"],
        env=env, check=False).returncode
    tests = []
    if os.path.exists(log):
        with open(log, encoding="utf-8") as f:
            tests = [json.loads(line) for line in f if line.strip()]
    if not tests:
        print(f"suite {suite} ran no test (meson test ended with {code})")
        count.failed += 1
    for test in tests:
        count.add(test)
        why = re.findall(r"^skipped:? (.*)$|skipped ['\"](.*)['\"]$",
                         (test.get("stdout") or "") + (test.get("stderr") or ""), re.M)
        for words in why:
            print(f"skipped in {test['name']}: {''.join(words)}")


def main():
    suites = sys.argv[1:] or SUITES
    if any(s not in SUITES for s in suites):
        sys.exit(__doc__)
    count = Count()
    if "unit" in suites:
        meson_test(BUILD, "unit", count)
    if "sanitize" in suites or "vm" in suites:
        setup_sanitize()
    if "sanitize" in suites:
        meson_test(SANITIZE, "unit", count)
    if "fuzz" in suites:
        meson_test(BUILD, "fuzz", count)
    if "model" in suites:
        meson_test(BUILD, "model", count)
    if "proof" in suites:
        meson_test(BUILD, "proof", count)
    if "vm" in suites:
        before = count.passed
        meson_test(BUILD, "vm", count)
        if count.passed == before:
            print("no test ran in the test host: no NIC was driven at all")
            count.failed += os.environ.get("CI") == "true"
    print(count)
    return 1 if count.failed or not count.passed else 0


if __name__ == "__main__":
    sys.exit(main())
