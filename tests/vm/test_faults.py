#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""rl-fwd when something goes wrong: signals, links and devices that go, memory and rings that run
out. Each time under load, and each time the next start has to work."""

import contextlib
import itertools
import random
import re
import threading
import time

import case
import product
from testhost import Dgram, Nic

JUMBO = 9014
# Registers (82574 datasheet, 10.2): offset in QEMU's trace
RCTL, TCTL, IMC = 0x100, 0x400, 0xd8
RDBAL, RDLEN, RDT, TDLEN, TDT = 0x2800, 0x2808, 0x2818, 0x3808, 0x3818
ENABLE = 2  # RCTL.EN, TCTL.EN
TRACE = ("e1000e_core_write", "e1000e_core_read")
COMMAND_MASTER = 4


class Load:
    """Frames into all of @nics, as many as they take, until the end of the with block."""

    def __init__(self, *nics):
        self.end = False
        self.threads = [threading.Thread(target=self._send, args=[nic]) for nic in nics]

    def _send(self, nic):
        data = product.frames((60, 61, 64, 128, 590, 1514), nic.index, 20)
        for number, frame in enumerate(itertools.cycle(data)):
            if self.end:
                break
            with contextlib.suppress(TimeoutError):  # nobody takes it: the program is not there
                nic.send(frame, timeout=0.1)
            if number % 32 == 0:
                time.sleep(0.002)  # who receives needs the interpreter as well

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.end = True
        for thread in self.threads:
            thread.join()


def is_ring(access):
    """Whether it gives the device the address of a receive ring."""
    write, reg, value = access
    return write and reg == RDBAL and value != 0


class Faults(product.GuestCase):
    """A pair of each model, and a NIC whose wire nobody reads."""

    options = {"trace": TRACE}

    @classmethod
    def nics(cls):
        cls.pairs = [(Nic(), Nic()), (Nic("e1000"), Nic("e1000"))]
        cls.unread = Nic(backend=Dgram(receive=False))
        return [nic for pair in cls.pairs for nic in pair] + [cls.unread]

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.trace(False)

    @classmethod
    def trace(cls, on):
        for event in TRACE:
            cls.vm.qmp("trace-event-set-state", name=event, enable=on)

    def under_load(self, fwd, pair, frames=500):
        """A Load that has been through @fwd when the body begins."""
        @contextlib.contextmanager
        def loaded():
            with Load(*pair) as load:
                for nic in pair:
                    self.assertEqual(len(nic.collect(frames, 20)), frames, fwd.job.output())
                yield load
        return loaded()

    def works(self, *nics):
        fwd = self.fwd(nics, "--quiet")
        self.passes(*nics)
        self.assertEqual(fwd.stop()["leaked_buffers"], 0)

    def passes(self, *nics):
        """Fresh frames come through, whatever is still on the wires before them."""
        for near, far in (nics, nics[::-1]):
            data = product.frames((60, 1514), 99)
            for frame in data:
                near.send(frame)
            got = far.collect(len(data), 10, data.__contains__)
            self.assert_frames(got, data, f"{near.name} to {far.name}")

    def assert_one_line(self, fwd, pattern):
        """What @fwd wrote (with --quiet) is one line, which @pattern matches."""
        self.assertEqual(len(fwd.job.output().splitlines()), 1, fwd.job.output())
        self.assertRegex(fwd.job.output(), pattern)

    def assert_off_the_bus(self, pair):
        """Neither may do DMA, by its PCI command register."""
        files = " ".join(f"/sys/bus/pci/devices/{bdf}/config" for bdf in map(self.vm.bdf, pair))
        said = self.vm.ok(f"for f in {files}; do od -An -tu2 -j4 -N2 $f; done")
        self.assertEqual([int(word) & COMMAND_MASTER for word in said.split()], [0, 0])

    def test_stop_signals(self):
        """Every frame that came in is accounted for: sent, or given up."""
        for pair in self.pairs:
            with self.subTest(model=pair[0].model):
                for sig in ("TERM", "INT"):
                    fwd = self.fwd(pair, "--quiet")
                    seen = 200
                    with self.under_load(fwd, pair, seen):
                        summary = fwd.stop(sig)
                    self.assertEqual(fwd.job.output(), "")
                    self.assertEqual(summary["ended_by"], "signal")
                    self.assertEqual(summary["leaked_buffers"], 0)
                    self.assertEqual(summary["received"], summary["sent"] + summary["tx_full"])
                    self.assert_off_the_bus(pair)
                    for p, nic in enumerate(pair):
                        rx, tx = summary.total(p, "rx")[0], summary.total(p, "tx")[0]
                        full = summary["ports"][1 - p]["tx_full"]
                        self.assertEqual(summary.total(1 - p, "tx")[0] + full, rx)
                        self.assertEqual(summary.device(p, "tx")[0], tx)
                        self.assertGreaterEqual(summary.device(p, "rx")[0], rx)
                        left = nic.collect(tx - seen, 5)
                        self.assertEqual(seen + len(left), tx)
                        self.assert_silent(nic)
                self.works(*pair)

    def test_kill_at_random_moments(self):
        """The device does no more DMA (see tearDown), and the next start works."""
        rng = random.Random(1)
        for pair in self.pairs:
            with self.subTest(model=pair[0].model):
                uris = [product.uri(self.vm, nic) for nic in pair]
                with Load(*pair):
                    for turn in range(5):
                        fwd = self.start("rl-fwd", "--quiet", *uris)
                        if turn:
                            fwd.wait_running()
                        time.sleep(rng.random() * 0.3)
                        fwd.signal("KILL")
                        self.assertEqual(fwd.wait().rc, 128 + 9)
                    self.assert_off_the_bus(pair)
                    self.assertEqual(self.vm.dmar_faults(), [])
                self.works(*pair)

    def accesses(self):
        """[(write?, register, value)] of the e1000e in use, by QEMU."""
        text = self.vm.trace_log.read_text(encoding="utf-8", errors="replace")
        found = re.findall(r"e1000e_core_(write|read) .*register 0x(\w+), .*value: 0x(\w+)", text)
        return [(how == "write", int(reg, 16), int(value, 16)) for how, reg, value in found]

    @staticmethod
    def not_stopped(accesses):
        """What after @accesses was missing for the device to be stopped and seen to be so."""
        state, seen = {}, {}
        for write, reg, value in accesses:
            (state if write else seen)[reg] = value
            if write:
                seen.pop(reg, None)
        wrong = [] if state.get(IMC) == 0xffffffff else ["IMC not written"]
        for name, reg in (("RCTL", RCTL), ("TCTL", TCTL)):
            for what, values in (("written", state), ("read back", seen)):
                if reg not in values or values[reg] & ENABLE:
                    wrong.append(f"{name} not {what} without EN")
        for reg in (RDLEN, RDT, TDLEN, TDT):
            for queue in (0, 0x100):
                if state.get(reg + queue) != 0 or seen.get(reg + queue) != 0:
                    wrong.append(f"{reg + queue:#x} not 0 and read back")
        return wrong

    def test_stop_sequence(self):
        """What reaches the device: on SIGTERM the stop; after SIGKILL, of which it knows nothing,
        the stop comes first at the next start."""
        nic = self.pairs[0][0]
        self.trace(True)
        try:
            fwd = self.fwd([nic], "--quiet")
            with Load(nic):
                nic.collect(100)
                fwd.stop()
            self.assertEqual(self.not_stopped(self.accesses()), [])
            self.assertIn(True, [is_ring(a) for a in self.accesses()])

            fwd = self.fwd([nic], "--quiet")
            with Load(nic):
                nic.collect(100)
                fwd.signal("KILL")
                fwd.wait()
            before = len(self.accesses())
            self.assertNotEqual(self.not_stopped(self.accesses()), [])
            fwd = self.fwd([nic], "--quiet")
            found = self.accesses()[before:]
            found = found[:[is_ring(a) for a in found].index(True)]
            # Stopped at some moment before it got its first ring
            last_read = [i for i, a in enumerate(found) if a[:2] == (False, TDT + 0x100)]
            self.assertIn([], [self.not_stopped(found[:i + 1]) for i in last_read] or
                          [self.not_stopped(found)])
            fwd.stop()
        finally:
            self.trace(False)

    def test_link_down_and_up(self):
        for pair in self.pairs:
            with self.subTest(model=pair[0].model):
                fwd = self.fwd(pair)
                with self.under_load(fwd, pair):
                    for p, nic in enumerate(pair):
                        self.addCleanup(self.vm.set_link, nic, True)
                        self.vm.set_link(nic, False)
                        fwd.job.wait_output(rf"^port {p} \S+: link down$", 10)
                        self.vm.set_link(nic, True)
                        fwd.job.wait_output(rf"^port {p} \S+: link up, 1000 Mbit/s full", 10)
                self.passes(*pair)
                summary = fwd.stop()
                self.assertEqual([port["failed"] for port in summary["ports"]], [False, False])
                # Told once each, not at every look
                self.assertEqual(len(re.findall("link (?:down|up)", fwd.job.output())), 4)

    def assert_released(self, fwd, pair, gone):
        """@fwd gave the NIC number @gone of @pair back and ended."""
        summary = fwd.finish(code=1)
        self.assert_one_line(fwd, rf"^rl-fwd: port {gone} \S+: the device was taken away; put it")
        self.assertEqual(summary["ended_by"], "removed")
        self.assertEqual(summary["leaked_buffers"], 0)
        for p in (0, 1):
            port = summary["ports"][p]
            self.assertEqual((port["removed"], port["failed"]), (p == gone, False))
        other = summary.total(1 - gone, "tx")[0]
        self.assertEqual(summary.device(1 - gone, "tx")[0], other)

    def test_unplug(self):
        """The monitor takes the device while frames pass."""
        pair = self.pairs[0]
        fwd = self.fwd(pair, "--quiet")
        with self.under_load(fwd, pair):
            self.vm.request_unplug(pair[0])
            self.assert_released(fwd, pair, 0)
            self.vm.wait_unplugged(pair[0], 15)
        self.vm.plug(pair[0])
        self.works(*pair)

    def test_unbind_and_remove(self):
        """The guest's administrator takes it: from vfio-pci, and from the PCI bus."""
        for pair in self.pairs:
            with self.subTest(model=pair[0].model):
                for gone, how in ((1, "driver/unbind"), (0, "remove")):
                    fwd = self.fwd(pair, "--quiet")
                    bdf = self.vm.bdf(pair[gone])
                    with self.under_load(fwd, pair):
                        what = bdf if how == "driver/unbind" else "1"
                        taking = self.vm.spawn(f"echo {what} > /sys/bus/pci/devices/{bdf}/{how}")
                        self.assert_released(fwd, pair, gone)
                        self.assertEqual(taking.wait(15).rc, 0)
                    self.vm.ok("echo 1 > /sys/bus/pci/rescan")
                    self.vm.bind(pair[gone], "vfio")
                self.works(*pair)

    def test_pool_exhausted(self):
        """Just enough buffers for the receive rings: frames under way leave slots empty. That is
        counted, and costs no frame, for QEMU holds back what has no descriptor."""
        slots = 64
        for pair in self.pairs:
            with self.subTest(model=pair[0].model):
                fwd = self.fwd(pair, "--quiet", "--rx-slots", slots, "--tx-slots", slots, "--pool",
                               2 * (slots - 1))
                data = product.frames((60, 590, 1514), 7, 500)
                got = product.exchange((pair[0], data, pair[1], len(data)),
                                       (pair[1], data, pair[0], len(data)))
                self.assert_frames(got[0], data)
                self.assert_frames(got[1], data)
                summary = fwd.stop()
                self.assertEqual(summary["leaked_buffers"], 0)
                self.assertEqual(set(summary.drops(0)) | set(summary.drops(1)), {"no_buffer"})
                self.works(*pair)

    def test_receive_overrun(self):
        """A frame that needs more descriptors than are free, while the program does not run."""
        for pair in self.pairs:
            with self.subTest(model=pair[0].model):
                fwd = self.fwd(pair, "--quiet", "--mtu", 9000, "--room", 256, "--rx-slots", 64)
                fwd.signal("STOP")
                state = f"/proc/$(cat /run/job/{fwd.job.ident})/status"
                self.vm.ok(f"until grep -q 'State:.T' {state}; do usleep 10000; done")
                data = product.frames([JUMBO], 8, 3)
                for frame in data:  # 36 of 63 descriptors each
                    pair[0].send(frame)
                time.sleep(0.5)  # for QEMU to take them up
                fwd.signal("CONT")
                # e1000e keeps what finds no room and tries again; e1000 drops it
                kept = data if pair[0].model == "e1000e" else data[:1]
                self.assert_frames(pair[1].collect(len(kept), 10), kept)
                self.passes(*pair)
                summary = fwd.stop()
                self.assert_silent(*pair)
                drops = summary.drops(0)
                self.assertGreaterEqual(drops.pop("rx_overruns", 0), 1)
                self.assertEqual(drops, {} if pair[0].model == "e1000e" else
                                 {"rx_missed": 2, "rx_no_buffer": 2})
                self.assertEqual(summary.drops(1), {})

    def test_wire_that_nobody_reads(self):
        """Frames pile up behind the device: rl-fwd goes on, counts, stops, and they are not
        lost."""
        near, far = self.pairs[0][0], self.unread
        data = product.frames((60, 590, 1514), 9, 1000)
        fwd = self.fwd([near, far], "--quiet")
        for frame in data:
            near.send(frame)
        time.sleep(1)
        summary = fwd.stop()
        self.assertEqual(summary.total(0, "rx"), product.total(data))
        self.assertEqual(summary.device(1, "tx"), product.total(data))
        self.assert_frames(far.collect(len(data), 10), data)


if __name__ == "__main__":
    case.main()
