#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""rl-fwd and rl-gen over capture files: every byte, every count, every bad argument.

usage: test_apps.py RL_FWD RL_GEN
"""
import json
import os
import random
import re
import signal
import struct
import subprocess
import sys
import tempfile
import time
import unittest

FWD, GEN = (os.path.abspath(a) for a in sys.argv[1:3])
LIMIT = 60  # seconds for any one run


def write_pcap(name, frames, linktype=1):
    with open(name, "wb") as f:
        f.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 262144, linktype))
        for i, frame in enumerate(frames):
            f.write(struct.pack("<IIII", i, 0, len(frame), len(frame)) + frame)


def write_zeros(name, count):
    """Many small frames, quickly."""
    write_pcap(name, [])
    with open(name, "ab") as f:
        some = (struct.pack("<IIII", 0, 0, 60, 60) + b"\0" * 60) * 10000
        for _ in range(count // 10000):
            f.write(some)


def read_pcap(name):
    with open(name, "rb") as f:
        data = f.read()
    magic, = struct.unpack_from("<I", data)
    assert magic in (0xa1b2c3d4, 0xa1b23c4d), hex(magic)
    at, frames = 24, []
    while at < len(data):
        _, _, caplen, length = struct.unpack_from("<IIII", data, at)
        assert caplen == length
        frames.append(data[at + 16:at + 16 + caplen])
        assert len(frames[-1]) == caplen, "torn frame"
        at += 16 + caplen
    return frames


def random_frames(sizes, seed=1):
    rng = random.Random(seed)
    return [rng.randbytes(size) for size in sizes]


class Run:
    """A program run to its end: @code, @out, @err, and @json where it printed a summary."""

    def __init__(self, *args):
        done = subprocess.run([str(a) for a in args], capture_output=True, text=True,
                              timeout=LIMIT, check=False)
        self.code, self.out, self.err = done.returncode, done.stdout, done.stderr
        at = self.out.find("{\n")
        self.json = json.loads(self.out[at:]) if at >= 0 else None


class Case(unittest.TestCase):
    def setUp(self):
        self.top = tempfile.TemporaryDirectory()
        self.addCleanup(self.top.cleanup)
        os.chdir(self.top.name)
        self.addCleanup(os.chdir, "/")

    def good(self, *args):
        run = Run(*args)
        self.assertEqual((run.code, run.err), (0, ""), run.out)
        self.assertEqual(run.json["leaked_buffers"], 0)
        return run

    def one_line(self, run, code, *words):
        """It failed as it should: one line that names cause and fix, no summary."""
        self.assertEqual(run.code, code, run.err)
        self.assertEqual(run.err.count("\n"), 1, run.err)
        for word in words:
            self.assertIn(word, run.err)


class Forward(Case):
    def test_every_size_arrives_unchanged(self):
        frames = random_frames(range(60, 9001, 7)) + random_frames([9000, 9018, 14])
        write_pcap("in", frames)
        for more in ([], ["--room", "256"], ["--room", "16256"], ["--burst", "1"],
                     ["--burst", "512"], ["--cpus", "0"], ["--pool", "64"]):
            with self.subTest(more=more):
                run = self.good(FWD, "--quiet", "--mtu", 9000, *more, "pcap:in", "pcap:,out")
                self.assertEqual(read_pcap("out"), frames)
                self.assertEqual(run.json["ended_by"], "end")
                self.assertEqual(run.json["received"], len(frames))
                self.assertEqual(run.json["sent"], len(frames))
                rx, tx = run.json["ports"][0]["rx"][0], run.json["ports"][1]["tx"][0]
                for side in rx, tx:
                    self.assertEqual(side["packets"], len(frames))
                    self.assertEqual(side["bytes"], sum(map(len, frames)))
                    self.assertEqual(set(side["drops"].values()), {0})

    def test_pairs_cross(self):
        given = [random_frames([60 + n] * (50 + n), n) for n in range(5)]
        for n, frames in enumerate(given):
            write_pcap(f"in{n}", frames)
        self.good(FWD, "--quiet", *(f"pcap:in{n},out{n}" for n in range(5)))
        # 0 and 1, 2 and 3; the last one gets its own back.
        for n, peer in enumerate((1, 0, 3, 2, 4)):
            self.assertEqual(read_pcap(f"out{peer}"), given[n])

    def test_swap_mac(self):
        frames = random_frames([60, 14, 1514])
        write_pcap("in", frames)
        self.good(FWD, "--quiet", "--swap-mac", "pcap:in", "pcap:,out")
        self.assertEqual(read_pcap("out"), [f[6:12] + f[:6] + f[12:] for f in frames])

    def test_empty_capture(self):
        write_pcap("in", [])
        self.assertEqual(self.good(FWD, "--quiet", "pcap:in,out").json["received"], 0)
        self.assertEqual(read_pcap("out"), [])

    def test_count_is_exact(self):
        frames = random_frames([60] * 5000)
        write_pcap("in", frames)
        for count in (1, 31, 32, 33, 4999, 5000):
            run = self.good(FWD, "--quiet", "--count", count, "pcap:in", "pcap:,out")
            self.assertEqual(read_pcap("out"), frames[:count])
            self.assertEqual(run.json["received"], count)

    def test_count_over_many_ports_is_exact(self):
        for n in range(4):
            write_pcap(f"in{n}", random_frames([60] * 3000, n))
        run = self.good(FWD, "--quiet", "--count", 7001, "--cpus", "0,0,0",
                        *(f"pcap:in{n},out{n}" for n in range(4)))
        self.assertEqual(run.json["received"], 7001)
        self.assertEqual(sum(len(read_pcap(f"out{n}")) for n in range(4)), 7001)

    def test_too_long_frames_are_counted(self):
        frames = random_frames([1518, 1519, 60, 9000])
        write_pcap("in", frames)
        run = self.good(FWD, "--quiet", "pcap:in", "pcap:,out")
        self.assertEqual(read_pcap("out"), [frames[0], frames[2]])
        self.assertEqual(run.json["ports"][1]["tx"][0]["drops"]["too_long"], 2)

    def test_damaged_capture_passes_what_came_before(self):
        frames = random_frames([60] * 100)
        write_pcap("in", frames)
        os.truncate("in", os.path.getsize("in") - 1)
        run = Run(FWD, "--quiet", "pcap:in", "pcap:,out")
        self.one_line(run, 1, "pcap: in: frame 100: ", "record it again")
        self.assertEqual(read_pcap("out"), frames[:99])
        self.assertEqual(run.json["ended_by"], "error")
        self.assertTrue(run.json["ports"][0]["failed"])

    def test_damaged_capture_stops_its_pair_only(self):
        frames = random_frames([60] * 100)
        write_pcap("in", frames)
        write_pcap("bad", frames)
        os.truncate("bad", os.path.getsize("bad") - 1)
        run = Run(FWD, "--quiet", "pcap:bad", "pcap:,out0", "pcap:in", "pcap:,out1")
        self.one_line(run, 1, "pcap: bad: ")
        self.assertEqual(read_pcap("out0"), frames[:99])
        self.assertEqual(read_pcap("out1"), frames)

    def test_table_and_totals(self):
        write_pcap("in", [b"\0" * 60] * 2000 + [b"\0" * 2000])
        run = self.good(FWD, "pcap:in", "pcap:,out")
        self.assertIn("port 0 pcap:in: received 2,001 packets, sent 0, lost 0\n", run.out)
        self.assertIn("port 1 pcap:,out: received 0 packets, sent 2,000, lost too_long 1\n", run.out)
        # Slow enough for two rows of each port, without being slow on a fast machine.
        run = self.good(GEN, "--tx", "pcap:,out", "--rate", 1000, "--duration", 2.5)
        rows = re.findall(r"^ +\d+\.\d +0 pcap:,out +up +0 +([\d,]+) +0\.00 +0\.\d\d +0$", run.out,
                          re.M)
        self.assertGreaterEqual(len(rows), 2, run.out)
        for row in rows:
            self.assertTrue(50 < int(row.replace(",", "")) < 1500, row)

    def test_json_file(self):
        write_pcap("in", random_frames([60]))
        run = Run(FWD, "--quiet", "--json", "j", "pcap:in,out")
        self.assertEqual((run.code, run.out, run.err), (0, "", ""))
        with open("j", encoding="utf-8") as f:
            self.assertEqual(json.load(f)["received"], 1)
        run = Run(FWD, "--quiet", "--json", "no/j", "pcap:in,out")
        self.one_line(run, 1, "no/j", "No such file")
        self.assertEqual(run.json["received"], 1)

    def test_stdout_full_is_told(self):
        write_pcap("in", random_frames([60]))
        with open("/dev/full", "wb") as full:
            done = subprocess.run([FWD, "--quiet", "pcap:in,out"], stdout=full,
                                  stderr=subprocess.PIPE, text=True, timeout=LIMIT, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("No space left", done.stderr)

    def test_dump_regs_of_a_file_is_refused(self):
        write_pcap("in", random_frames([60]))
        done = subprocess.run([FWD, "--dump-regs", "pcap:in"], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, timeout=LIMIT, check=False)
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)
        self.assertIn("pcap:in: no registers", done.stderr)

    def test_duration(self):
        write_zeros("in", 1000000)
        begin = time.monotonic()
        run = self.good(FWD, "--quiet", "--burst", 1, "--duration", 0.2, "pcap:in",
                        "pcap:,/dev/null")
        self.assertLess(time.monotonic() - begin, 20)
        self.assertEqual(run.json["ended_by"], "duration")
        self.assertEqual(run.json["received"], run.json["sent"])


class Signals(Case):
    """A signal in the middle: a summary, exit code 0, files that can be read."""

    def interrupted(self, signo, *args):
        program = subprocess.Popen([str(a) for a in args], stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True)
        time.sleep(0.3)
        self.assertIsNone(program.poll(), "it ended before the signal came")
        program.send_signal(signo)
        out, err = program.communicate(timeout=LIMIT)
        self.assertEqual((program.returncode, err), (0, ""))
        result = json.loads(out[out.find("{\n"):])
        self.assertEqual(result["ended_by"], "signal")
        self.assertEqual(result["leaked_buffers"], 0)
        return result

    def test_fwd(self):
        write_zeros("in", 3000000)
        for signo in signal.SIGINT, signal.SIGTERM:
            result = self.interrupted(signo, FWD, "--burst", 1, "pcap:in", "pcap:,/dev/null")
            self.assertEqual(result["received"], result["sent"])

    def test_gen(self):
        for signo in signal.SIGINT, signal.SIGTERM:
            result = self.interrupted(signo, GEN, "--tx", "pcap:,out", "--rate", 1000)
            self.assertEqual(len(read_pcap("out")), result["tx"]["packets"])


class Generate(Case):
    def through(self, *args, mtu=9000):
        """Generate to a file, forward, check what arrived."""
        sent = self.good(GEN, "--quiet", "--tx", "pcap:,a", *args).json["tx"]["packets"]
        self.good(FWD, "--quiet", "--mtu", mtu, "pcap:a", "pcap:,b")
        flows = [a for i, a in enumerate(args) if args[i - 1] == "--stream"]
        more = ["--stream", flows[0]] if flows else []
        result = self.good(GEN, "--quiet", "--rx", "pcap:b", "--count", sent, *more).json
        self.assertEqual(result["rx"]["packets"], sent)
        for what in "lost", "corrupt", "duplicated", "reordered", "foreign":
            self.assertEqual(result["rx"][what], 0, what)
        return read_pcap("b")

    def test_sizes(self):
        for size in 60, 61, 64, 67, 68, 1514, 1518, 2048, 2049, 9000, 9018:
            frames = self.through("--size", size, "--count", 50, "--flows", 3)
            self.assertEqual({len(f) for f in frames}, {size})

    def test_size_range(self):
        frames = self.through("--size", "60-1514", "--count", 1455)
        self.assertEqual([len(f) for f in frames], list(range(60, 1515)))

    def test_imix(self):
        frames = self.through("--imix", "--count", 1200, "--flows", 16, "--stream", 4711)
        sizes = [len(f) for f in frames]
        self.assertEqual([sizes.count(s) for s in (60, 590, 1514)], [700, 400, 100])

    def test_addresses(self):
        frames = self.through("--count", 6, "--flows", 3, "--dst-mac", "52:54:00:12:34:56",
                              "--src-mac", "52:54:00:00:00:01")
        for i, frame in enumerate(frames):
            self.assertEqual(frame[:14].hex(), "525400123456" "525400000001" "0800")
            self.assertEqual(frame[26:34].hex(), f"c61200{i % 3:02x}" f"c61300{i % 3:02x}")
            self.assertEqual(checksum(frame[14:34]), 0)
            pseudo = frame[26:34] + b"\0\x11" + frame[38:40]
            self.assertEqual(checksum(pseudo + frame[34:]), 0)

    def test_rate(self):
        begin = time.monotonic()
        result = self.good(GEN, "--quiet", "--tx", "pcap:,a", "--rate", 2000, "--count", 1000).json
        self.assertGreater(time.monotonic() - begin, 0.45)
        self.assertLess(result["tx"]["packets_per_second"], 2200)

    def check(self, frames, code, *args, **want):
        write_pcap("b", frames)
        run = Run(GEN, "--quiet", "--rx", "pcap:b", *args)
        self.assertEqual(run.code, code, run.out)
        got = {k: run.json["rx"][k] for k in want}
        self.assertEqual(got, want)

    def test_every_fault_is_told_apart(self):
        self.good(GEN, "--quiet", "--tx", "pcap:,a", "--count", 100, "--flows", 4, "--size", 128)
        f = read_pcap("a")
        self.check(f, 0, lost=0, corrupt=0, duplicated=0, reordered=0, foreign=0, packets=100)
        # One in the middle: seen by the gap. At the end: known from --count alone.
        self.check(f[:50] + f[51:], 1, lost=1, packets=99)
        self.check(f[:50] + f[51:], 0, "--allow-loss", lost=1)
        self.check(f[:99], 0, lost=0, packets=99)
        self.check(f[:99], 1, "--count", 100, lost=1)
        # Twice: at once, and much later.
        self.check(f[:50] + f[49:], 1, duplicated=1, lost=0)
        self.check(f + f[:3], 1, duplicated=3, lost=0)
        # Late, within a flow; between flows the order is free.
        self.check(f[:8] + [f[12]] + f[9:12] + [f[8]] + f[13:], 0, reordered=1, lost=0)
        self.check([f[1], f[0], f[3], f[2]] + f[4:], 0, reordered=0, lost=0)
        # Not ours.
        self.check(f[:50] + random_frames([60, 14, 1514]) + f[50:], 0, foreign=3, lost=0)
        self.check(f, 1, "--stream", 10, foreign=100, packets=0)
        self.check([], 1, packets=0)

    def test_every_changed_bit_is_seen(self):
        self.good(GEN, "--quiet", "--tx", "pcap:,a", "--count", 1, "--size", 131)
        frame = read_pcap("a")[0]
        bad = []
        for at in range(14, len(frame)):
            for bit in range(8):
                bad.append(frame[:at] + bytes([frame[at] ^ 1 << bit]) + frame[at + 1:])
        bad += [frame[:-1], frame + b"\0"]
        # What the sums of IP and UDP can not see: words that changed places.
        for at in range(44, len(frame) - 4, 2):
            if frame[at:at + 2] != frame[at + 2:at + 4]:
                bad.append(frame[:at] + frame[at + 2:at + 4] + frame[at:at + 2] + frame[at + 4:])
        write_pcap("b", bad)
        rx = Run(GEN, "--quiet", "--rx", "pcap:b").json["rx"]
        self.assertEqual(rx["packets"], 0)
        # Where the change makes it not ours, it is foreign, and missed as lost.
        self.assertEqual(rx["corrupt"] + rx["foreign"], len(bad))
        self.assertGreater(rx["corrupt"], len(bad) - 8 * 8)

    def test_capture_is_compared_byte_for_byte(self):
        frames = random_frames([60, 61, 1514, 60, 9000, 200] * 20)
        frames += frames[:5]  # the same frame may be in it more than once
        write_pcap("c", frames)
        self.good(GEN, "--quiet", "--tx", "pcap:,b", "--capture", "c")
        self.assertEqual(read_pcap("b"), frames)
        args = ("--capture", "c")
        self.check(frames, 0, *args, lost=0, corrupt=0, duplicated=0, reordered=0, packets=125)
        self.check(frames[:7] + frames[8:], 1, *args, lost=1, reordered=0)
        self.check(frames[:7] + [frames[6]] + frames[7:], 1, *args, duplicated=1, lost=0)
        changed = frames[3][:-1] + bytes([frames[3][-1] ^ 1])
        self.check(frames[:3] + [changed] + frames[4:], 1, *args, corrupt=1, lost=1)
        self.check([frames[1], frames[0]] + frames[2:], 0, *args, reordered=1, lost=0)
        # The second copy of the first frame comes early: that is neither loss nor a double.
        early = frames[:50] + frames[:1] + frames[50:120] + frames[121:]
        self.check(early, 0, *args, lost=0, duplicated=0)

    def test_capture_over_and_over(self):
        frames = random_frames([60, 61, 62])
        write_pcap("c", frames)
        self.good(GEN, "--quiet", "--tx", "pcap:,b", "--capture", "c", "--count", 7)
        self.assertEqual(read_pcap("b"), frames * 2 + frames[:1])
        self.check(frames * 2 + frames[:1], 0, "--capture", "c", "--count", 7, lost=0)

    def test_full_disk(self):
        run = Run(GEN, "--quiet", "--tx", "pcap:,/dev/full", "--count", 10)
        self.one_line(run, 1, "No space left on device")


def checksum(data):
    total = sum(struct.unpack(f">{(len(data) + 1) // 2}H", data + b"\0" * (len(data) % 2)))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return total ^ 0xffff


class BadArguments(Case):
    """Each ends with one line that names cause and fix, a code, and nothing left behind."""

    FWD_CASES = (
        # arguments, exit code, what the line says
        ([], 2, "no port given", "rl-fwd --help"),
        (["nic:0"], 2, "nic:0: no such kind of port", "vfio:"),
        (["0000:01:00.0"], 2, "no such kind of port", "vfio:"),
        (["pcap:"], 2, "names no file", "pcap:IN,OUT"),
        (["pcap:a,b,c"], 2, "more than one comma"),
        (["pcap:missing"], 1, "missing: cannot read: No such file", "check the name"),
        (["pcap:missing,out"], 1, "No such file"),
        (["pcap:in,out", "pcap:missing"], 1, "No such file"),
        (["pcap:in,in"], 2, "both input and output", "another"),
        (["pcap:in", "pcap:,in"], 1, "another port uses this file"),
        (["pcap:,in", "pcap:in"], 1, "another port is writing"),
        (["pcap:in,no/out"], 1, "cannot write", "folder you may write to"),
        (["pcap:text"], 1, "not a capture", "tcpdump -w"),
        (["pcap:raw"], 1, "not Ethernet", "Ethernet interface"),
        (["--queues", "0", "pcap:in,out"], 2, "--queues 0", "1 to 16"),
        (["--queues", "17", "pcap:in,out"], 2, "--queues 17", "1 to 16"),
        (["--queues", "2", "pcap:in,out"], 2, "2 queues asked for", "has 1 each way"),
        (["--queues", "x", "pcap:in,out"], 2, "--queues x", "1 to 16"),
        (["--queues", "-1", "pcap:in,out"], 2, "--queues -1"),
        (["--queues", "", "pcap:in,out"], 2, "give a number"),
        (["--queues"], 2, "--queues needs a value"),
        (["--rx-slots", "0", "pcap:in,out"], 2, "--rx-slots 0", "1 to 65535"),
        (["--rx-slots", "65536", "pcap:in,out"], 2, "1 to 65535"),
        (["--tx-slots", "1.5", "pcap:in,out"], 2, "1 to 65535"),
        (["--burst", "0", "pcap:in,out"], 2, "1 to 512"),
        (["--burst", "513", "pcap:in,out"], 2, "1 to 512"),
        (["--mtu", "9001", "pcap:in,out"], 2, "--mtu 9001", "68 to 9000"),
        (["--mtu", "67", "pcap:in,out"], 2, "68 to 9000"),
        (["--pool", "0", "pcap:in,out"], 2, "1 to 4194304"),
        (["--pool", "99999999999999999999", "pcap:in,out"], 2, "1 to 4194304"),
        (["--room", "100", "pcap:in,out"], 2, "256 to 16256"),
        (["--room", "1000", "pcap:in,out"], 2, "multiple of 64"),
        (["--huge", "3M", "pcap:in,out"], 2, "4K, 2M, 1G"),
        (["--cpus", "a", "pcap:in,out"], 2, "--cpus a", "0,2-3"),
        (["--cpus", "3-1", "pcap:in,out"], 2, "0,2-3"),
        (["--cpus", "0,", "pcap:in,out"], 2, "0,2-3"),
        (["--cpus", "0-99", "pcap:in,out"], 2, "0,2-3"),
        (["--cpus", "1023", "pcap:in,out"], 2, "there is no CPU 1023", "from 0 to"),
        (["--duration", "0", "pcap:in,out"], 2, "--duration 0", "seconds"),
        (["--duration", "nan", "pcap:in,out"], 2, "seconds"),
        (["--count", "0", "pcap:in,out"], 2, "--count 0"),
        (["--nothing", "pcap:in,out"], 2, "--nothing is no option", "rl-fwd --help"),
        (["-x", "pcap:in,out"], 2, "-x is no option"),
        (["--quiet=1", "pcap:in,out"], 2, "takes no value"),
        (["pcap:in"] * 17, 2, "17 ports", "at most 16"),
        (["pcap:" + "x" * 1024], 2, "at most 1023 characters"),
    )
    GEN_CASES = (
        ([], 2, "no port given", "--tx"),
        (["pcap:in"], 2, "pcap:in", "--tx and --rx"),
        (["--tx", "nic:0"], 2, "no such kind of port"),
        (["--rx", "pcap:missing"], 1, "No such file"),
        (["--tx", "pcap:,out", "--rx", "pcap:missing"], 1, "No such file"),
        (["--tx", "pcap:,out", "--size", "59"], 2, "60 to 9018"),
        (["--tx", "pcap:,out", "--size", "9019"], 2, "60 to 9018"),
        (["--tx", "pcap:,out", "--size", "100-60"], 2, "60 to 9018"),
        (["--tx", "pcap:,out", "--size", "60-"], 2, "60 to 9018"),
        (["--tx", "pcap:,out", "--size", "x"], 2, "60 to 9018"),
        (["--tx", "pcap:,out", "--flows", "0"], 2, "1 to 65536"),
        (["--tx", "pcap:,out", "--flows", "65537"], 2, "1 to 65536"),
        (["--tx", "pcap:,out", "--queues", "2"], 2, "as many --flows"),
        (["--tx", "pcap:,out", "--queues", "2", "--flows", "2"], 2, "has 1 each way"),
        (["--tx", "pcap:,out", "--stream", "0"], 2, "1 to 65535"),
        (["--tx", "pcap:,out", "--dst-mac", "52:54:00"], 2, "MAC address such as"),
        (["--tx", "pcap:,out", "--src-mac", "52:54:00:00:00:01:02"], 2, "MAC address such as"),
        (["--tx", "pcap:,out", "--rate", "-5"], 2, "--rate -5"),
        (["--tx", "pcap:,out", "--capture", "missing"], 1, "No such file"),
        (["--tx", "pcap:,out", "--capture", "text"], 1, "not a capture"),
        (["--tx", "pcap:,out", "--capture", "empty"], 1, "no frame"),
        (["--tx", "pcap:,out", "--capture", "cut"], 1, "frame 1", "record it again"),
        (["--tx", "pcap:,out", "--capture", "in", "--imix"], 2, "can not both be"),
        (["--tx", "pcap:,out", "--capture", "in,raw"], 2, "without a comma"),
        (["--tx", "pcap:,in", "--capture", "in"], 2, "write over it"),
        (["--tx", "pcap:,out", "--drain-ms", "0"], 2, "1 to 60000"),
    )

    def setUp(self):
        super().setUp()
        write_pcap("in", random_frames([60]))
        write_pcap("cut", random_frames([60]))
        os.truncate("cut", 24 + 16 + 59)
        write_pcap("empty", [])
        write_pcap("raw", random_frames([60]), linktype=101)
        with open("text", "w", encoding="ascii") as f:
            f.write("not a capture\n" * 10)
        self.before = self.files()

    @staticmethod
    def files():
        found = {}
        for name in os.listdir("."):
            with open(name, "rb") as f:
                found[name] = f.read()
        return found

    def each(self, program, cases):
        for args, code, *words in cases:
            with self.subTest(args=args):
                run = Run(program, *args)
                self.one_line(run, code, *words)
                self.assertEqual(run.out, "")
                self.assertEqual(self.files(), self.before)

    def test_fwd(self):
        self.each(FWD, self.FWD_CASES)

    def test_gen(self):
        self.each(GEN, self.GEN_CASES)

    def test_reader_that_went_away_costs_no_summary(self):
        ours, theirs = os.pipe()
        os.close(ours)
        with open("err", "w", encoding="ascii") as err:
            done = subprocess.run([FWD, "--json", "j", "pcap:in,o"], stdout=theirs, stderr=err,
                                  timeout=LIMIT, check=False)
        os.close(theirs)
        self.assertEqual(done.returncode, 0)
        with open("j", encoding="ascii") as f:
            self.assertEqual(json.load(f)["leaked_buffers"], 0)
        self.assertEqual(read_pcap("o"), read_pcap("in"))

    def test_help_names_every_option(self):
        for program in FWD, GEN:
            run = Run(program, "--help")
            self.assertEqual((run.code, run.err), (0, ""))
            self.assertEqual(Run(program, "-h").out, run.out)
            self.assertLessEqual(max(map(len, run.out.splitlines())), 90)
            for option in re.findall(r"^  (?:-h, )?(--[a-z-]+)", run.out, re.M):
                if option != "--help":
                    refused = Run(program, option, "", "nic:0")
                    self.assertNotIn("is no option", refused.err)
            for option in ("queues", "burst", "rx-slots", "tx-slots", "mtu", "pool", "room", "huge",
                           "cpus", "duration", "count", "quiet", "verbose", "json", "help"):
                self.assertIn(f"--{option} ", run.out)


if __name__ == "__main__":
    del sys.argv[1:3]
    unittest.main(verbosity=2)
