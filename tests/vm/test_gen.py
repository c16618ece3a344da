#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""rl-gen on NICs: through rl-fwd it finds nothing wrong; of a wire that does harm it tells what."""

import time

import case
import product
from product import uri
from testhost import Hub, Nic


class Gen(product.GuestCase):
    """What both guests' tests have in common."""

    guest_programs = ("rl-fwd", "rl-gen")

    def gen(self, tx, rx, *options):
        return self.start("rl-gen", "--quiet", *options, "--tx", uri(self.vm, tx),
                          "--rx", uri(self.vm, rx))

    def assert_found(self, summary, **found):
        """Exactly this and nothing else is wrong."""
        kinds = ("lost", "corrupt", "duplicated", "reordered", "foreign")
        self.assertEqual({k: summary["rx"][k] for k in kinds if summary["rx"][k]}, found)
        self.assertEqual(summary["leaked_buffers"], 0)


class ThroughFwd(Gen):
    """rl-gen, a wire, rl-fwd, a wire, and back to rl-gen: four NICs."""

    @classmethod
    def nics(cls):
        return [Nic(backend=Hub(n)) for n in (1, 1, 2, 2)]

    def through(self, count, *options, fwd=()):
        """@count packets from the first NIC to the last. (packets, bytes) of the queues that they
        went through, at each of the four NICs."""
        tx, left, right, rx = self.vm.nics
        forwarder = self.fwd([left, right], "--quiet", *fwd)
        summary = self.gen(tx, rx, "--count", count, *options).finish(60)
        forwarded = forwarder.stop()
        self.assert_found(summary)
        self.assertTrue(summary["good"])
        self.assertEqual((summary["tx"]["packets"], summary["rx"]["packets"]), (count, count))
        uris = [port["uri"] for port in summary["ports"]]
        way = ((summary, uris.index(uri(self.vm, tx)), "tx"), (forwarded, 0, "rx"),
               (forwarded, 1, "tx"), (summary, uris.index(uri(self.vm, rx)), "rx"))
        for who, *where in way:
            self.assertEqual(who.total(*where), (count, summary["tx"]["bytes"]))
            self.assertEqual(who.device(*where), who.total(*where))
            self.assertEqual(who.drops(where[0]), {})
        return [who.queues(*where) for who, *where in way]

    def test_imix(self):
        self.through(6000, "--imix", "--rate", 3000, "--flows", 16)

    def test_jumbo(self):
        self.through(1015, "--size", "8000-9014", "--rate", 700, fwd=("--mtu", 9000))

    def test_two_queues(self):
        queues = ("--queues", 2)
        for spread in self.through(3000, "--rate", 2000, "--flows", 64, *queues, fwd=queues):
            self.assertEqual(len(spread), 2)
            self.assertGreater(min(packets for packets, _ in spread), 3000 // 5)

    def test_link_down_for_a_moment(self):
        """QEMU drops what a NIC sends while its link is down."""
        tx, left, right, rx = self.vm.nics
        forwarder = self.fwd([left, right], "--quiet")
        gen = self.gen(tx, rx, "--rate", 1000, "--duration", 4)
        gen.wait_running()
        time.sleep(1)
        self.vm.set_link(right, False)
        time.sleep(0.5)
        self.vm.set_link(right, True)
        summary = gen.finish(code=1)
        forwarded = forwarder.stop()
        lost = summary["tx"]["packets"] - summary["rx"]["packets"]
        self.assertGreater(lost, 0)
        self.assertGreater(summary["rx"]["packets"], 0)
        self.assert_found(summary, lost=lost)
        self.assertEqual(forwarded.total(0, "rx")[0], summary["tx"]["packets"])


class HarmfulWire(Gen):
    """The host is the wire, and changes what goes over it."""

    @classmethod
    def nics(cls):
        return [Nic(), Nic("e1000")]

    def over(self, harm, count=200, code=1, options=()):
        """@count packets; @harm(number, frame): the list of frames to hand on. Summary."""
        tx, rx = self.vm.nics
        for nic in (tx, rx):
            product.clear(nic)
        gen = self.gen(tx, rx, "--count", count, "--size", "60-600", "--rate", 1000,
                       "--drain-ms", 1000, *options)
        for number in range(count):
            data = tx.recv(20)
            self.assertIsNotNone(data, gen.job.output())
            for out in harm(number, data):
                rx.send(out)
        summary = gen.finish(code=code)
        self.assertEqual(summary["good"], code == 0)
        self.assert_silent(*self.vm.nics)
        return summary

    def test_no_harm(self):
        self.assert_found(self.over(lambda n, f: [f], code=0))

    def test_lost(self):
        lose_five = lambda n, f: [] if n % 40 == 3 else [f]
        self.assert_found(self.over(lose_five), lost=5)
        self.assert_found(self.over(lose_five, code=0, options=["--allow-loss"]), lost=5)

    def test_last_ones_lost(self):
        self.assert_found(self.over(lambda n, f: [f] if n < 190 else []), lost=10)

    def test_doubled(self):
        self.assert_found(self.over(lambda n, f: [f, f] if n % 40 == 3 else [f]), duplicated=5)

    def test_changed(self):
        def flip(number, data):
            at = {10: 14, 20: 30, 30: 42, 40: 52, 50: len(data) - 1}.get(number)
            return [data if at is None else data[:at] + bytes([data[at] ^ 4]) + data[at + 1:]]
        summary = self.over(flip)
        # What no longer looks like rl-gen's is not its own: the first byte of the IP header.
        self.assertEqual(summary["rx"]["corrupt"] + summary["rx"]["foreign"], 5)
        self.assertGreaterEqual(summary["rx"]["corrupt"], 3)
        self.assertEqual(summary["rx"]["lost"], 5)

    def test_cut_short(self):
        self.assert_found(self.over(lambda n, f: [f[:-8] if n in (100, 150) else f]), corrupt=2,
                          lost=2)

    def test_out_of_order(self):
        held = []

        def swap(number, data):
            if number % 50 == 7:
                held.append(data)
                return []
            return [data] + [held.pop() for _ in held[:]]
        self.assert_found(self.over(swap, code=0), reordered=4)

    def test_not_ours(self):
        rng = product.random.Random(1)
        self.assert_found(self.over(lambda n, f: [f] + [product.frame(100, rng)] * (n % 50 == 7),
                                    code=0), foreign=4)


if __name__ == "__main__":
    case.main()
