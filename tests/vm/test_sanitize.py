#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""rl-fwd built with AddressSanitizer and UBSan (in $SANITIZE_DIR, see tests/run.py) on NICs: no
report, and no leak at its end, however it ends."""

import os
import pathlib
import sys

import case
import product
from testhost import Nic

# A program that a sanitizer stops ends with this code, which rl-fwd itself never has.
REPORTED = 99
FLAGS = f"exitcode={REPORTED}:abort_on_error=0:detect_leaks=1:detect_stack_use_after_return=1"
UBSAN = f"exitcode={REPORTED}:print_stacktrace=1:halt_on_error=1"
JUMBO = tuple(range(60, 70)) + tuple(range(2000, 9014, 701)) + (9014,)


class Sanitize(product.GuestCase):
    """A pair of each model."""

    @classmethod
    def setUpClass(cls):
        cls.build = pathlib.Path(os.environ["SANITIZE_DIR"])
        cls.options = {"programs": product.programs("rl-fwd", build=cls.build), "mem": "2G"}
        super().setUpClass()

    @classmethod
    def nics(cls):
        cls.pairs = [(Nic(), Nic()), (Nic("e1000"), Nic("e1000"))]
        return [nic for pair in cls.pairs for nic in pair]

    def fwd(self, nics, *options):
        by = ("env", f"ASAN_OPTIONS={FLAGS}", f"UBSAN_OPTIONS={UBSAN}")
        return super().fwd(nics, "--quiet", *options, by=by)

    def passes(self, pair, sizes, rounds=4):
        data = product.frames(sizes, 1, rounds)
        got = product.exchange((pair[0], data, pair[1], len(data)),
                               (pair[1], data, pair[0], len(data)))
        for way in got:
            self.assert_frames(way, data)

    def test_is_built_with_them(self):
        """Else all below would mean nothing."""
        said = self.vm.run("ASAN_OPTIONS=help=1 rl-fwd --help").out
        self.assertIn("Available flags for AddressSanitizer", said)
        data = (self.build / "libringlib.so.0").read_bytes()
        for symbol in (b"__asan_report_load8", b"__ubsan_handle_"):
            self.assertIn(symbol, data)

    def test_all_sizes(self):
        for pair in self.pairs:
            with self.subTest(model=pair[0].model):
                fwd = self.fwd(pair, "--swap-mac")
                data = product.frames(range(60, 1515, 31), 2, 4)
                swapped = [f[6:12] + f[:6] + f[12:] for f in data]
                got = product.exchange((pair[0], data, pair[1], len(data)))
                self.assert_frames(got[0], swapped)
                self.assertEqual(fwd.stop()["leaked_buffers"], 0)
                self.assertEqual(fwd.job.output(), "")

    def test_jumbo_of_many_segments(self):
        for pair in self.pairs:
            with self.subTest(model=pair[0].model):
                queues = 2 if pair[0].model == "e1000e" else 1
                fwd = self.fwd(pair, "--mtu", 9000, "--room", 512, "--rx-slots", 2048,
                               "--queues", queues)
                self.passes(pair, JUMBO)
                self.assertEqual(fwd.stop("INT")["leaked_buffers"], 0)
                self.assertEqual(fwd.job.output(), "")

    def test_unplug(self):
        pair = self.pairs[0]
        fwd = self.fwd(pair)
        self.passes(pair, (60, 1514))
        self.vm.request_unplug(pair[0])
        summary = fwd.finish(code=1)
        self.vm.wait_unplugged(pair[0], 15)
        self.assertEqual(summary["ended_by"], "removed")
        self.assertEqual(len(fwd.job.output().splitlines()), 1, fwd.job.output())
        self.vm.plug(pair[0])

    def test_refusals(self):
        """Half-way failures are cleaned up after."""
        uri = product.uri(self.vm, self.pairs[0][0])
        for code, words in ((2, f"--rx-slots 56 {uri}"), (1, f"--pool 500 {uri}"),
                            (1, f"{uri} {uri}"), (1, f"{uri} vfio:0000:ff:1f.7"),
                            (2, f"--queues 3 {uri}"), (1, f"{uri} pcap:/gone")):
            with self.subTest(words=words):
                done = self.vm.run(f"ASAN_OPTIONS={FLAGS} UBSAN_OPTIONS={UBSAN} "
                                   f"rl-fwd --quiet {words}")
                self.assertEqual(done.rc, code, done)
                self.assertEqual(len(done.out.splitlines()), 1, done)


if __name__ == "__main__":
    if "SANITIZE_DIR" not in os.environ:
        print("skipped: no build with sanitizers; run: tests/run.py vm")
        sys.exit(77)
    case.main()
