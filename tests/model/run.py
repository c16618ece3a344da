#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Check the model of the life of a pin, and that the checker finds each bug that is planted in it.

usage: run.py [BUG_...]        only these bugs; all and the model itself without a name
Exit code 0: the model has no error and each bug has one; 1 otherwise; 77: there is no spin.
"""
import concurrent.futures
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

MODEL = pathlib.Path(__file__).resolve().parent / "pin.pml"
LIMIT = 100  # seconds, of one step
MEMORY = 1024  # MB, of one search
# What each bug must be found by: another error might hide that the bug itself is missed.
BUGS = {
    "BUG_UNREGISTER_IGNORES_FLIGHT": r"assertion violated .*owned",
    "BUG_EXIT_UNPINS_FIRST": r"assertion violated .*owned",
    "BUG_DOORBELL_UNLOCKS": r"assertion violated .*(pinned|owned)",
    "BUG_DOORBELL_IGNORES_EXIT": r"assertion violated .*owned",
    "BUG_FRAGMENT_RELEASED": r"assertion violated .*(owned|pinned)",
    "BUG_DONE_EARLY": r"assertion violated .*(owned|pinned)",
    "BUG_QUIESCE_DOES_NOT_WAIT": r"assertion violated .*(owned|pinned)",
    "BUG_QUIESCE_WAITS_FOREVER": r"invalid end state",
    "BUG_UNBIND_DOES_NOT_WAIT": r"assertion violated .*freed",
    "BUG_REGISTER_IGNORES_EXIT": r"assertion violated .*exited",
    "BUG_EXIT_LOCK_ORDER": r"assertion violated .*freed|invalid end state",
}
# Where the device waits for ever, it may.
UNREACHED_FINE = ("device",)


def run(command, folder):
    done = subprocess.run(command, cwd=folder, timeout=LIMIT, check=False, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return done.stdout


def search(name, defines=(), cc=("-O0", "-DSAFETY"), pan=()):
    """What the checker says of the model with @defines, and the seconds that it took."""
    begin = time.monotonic()
    with tempfile.TemporaryDirectory(prefix=f"model-{name}-") as folder:
        said = run(["spin", *(f"-D{d}" for d in defines), "-a", str(MODEL)], folder)
        said += run(["cc", "-w", f"-DMEMLIM={MEMORY}", *cc, "-o", "pan", "pan.c"],
                    folder)
        said += run(["./pan", "-m1000000", *pan], folder)
    return said, time.monotonic() - begin


def number(pattern, said):
    found = re.search(pattern, said)
    return int(found.group(1)) if found else None


def states(said):
    return number(r"(\d+) states, stored", said)


class Model(unittest.TestCase):
    """Searches run two at a time; each test waits for its own."""

    @classmethod
    def setUpClass(cls):
        cls.pool = concurrent.futures.ThreadPoolExecutor(2)
        if wanted():
            cls.good = cls.pool.submit(search, "good", [], ("-O2", "-DSAFETY"))
            cls.cycles = cls.pool.submit(search, "cycles", ["OPS=2"], ("-O2", "-DNP"), ("-l",))
        cls.found = {bug: cls.pool.submit(search, bug, [bug])
                     for bug in BUGS if wanted(bug)}

    @classmethod
    def tearDownClass(cls):
        cls.pool.shutdown()

    def assert_complete(self, said):
        self.assertEqual(number(r"errors: (\d+)", said), 0, said)
        self.assertNotRegex(said, r"MEMLIM|max search depth too small|Search not completed")

    def test_model_has_no_error(self):
        """No assertion fails, and whatever the order, nobody is left waiting."""
        said, seconds = self.good.result()
        self.assert_complete(said)
        for process, first in re.findall(r"unreached in proctype (\w+)\n\t(.*)", said):
            if process not in UNREACHED_FINE:
                self.assertRegex(first, r"^\(0 of ", f"dead part of {process}:\n{said}")
        print(f"model: {states(said):,} states, no error, "
              f"{seconds:.1f} s", file=sys.stderr)

    def test_no_run_goes_on_for_ever(self):
        """There is no cycle at all, with one call less; so exit and unbind end."""
        said, seconds = self.cycles.result()
        self.assert_complete(said)
        print(f"cycles: {states(said):,} states, none, {seconds:.1f} s",
              file=sys.stderr)


def add_bug(bug, sign):
    def test(self):
        said, seconds = self.found[bug].result()
        self.assertRegex(said, r"(?m)^pan:\d+: ", f"{bug} was not found:\n{said}")
        self.assertRegex(said, sign)
        what = re.search(r"(?m)^pan:\d+: (.*?) *\(at depth (\d+)", said)
        print(f"{bug}: {what[1]}, depth {what[2]}, {seconds:.1f} s", file=sys.stderr)
    setattr(Model, f"test_{bug.lower()}_is_found", test)


def wanted(bug=None):
    """Without arguments all is, the model itself too."""
    return len(sys.argv) < 2 or bug in sys.argv[1:]


def main():
    if not shutil.which("spin"):
        print("skipped: spin is not installed; run tools/deps.sh test")
        return 77
    for bug, sign in BUGS.items():
        if wanted(bug):
            add_bug(bug, sign)
    if not wanted():
        del Model.test_model_has_no_error, Model.test_no_run_goes_on_for_ever
    return not unittest.main(argv=sys.argv[:1], exit=False).result.wasSuccessful()


if __name__ == "__main__":
    sys.exit(main())
