#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""rl-fwd between two NICs whose wires end on the host: every frame arrives, unchanged and in order,
and all counters tell the same."""

import pathlib
import random
import struct

import case
import pcapfile
import product
from product import BROADCAST, HOST_MAC, exchange, frame, frames, mac, total, vlan_frame
from testhost import Nic

SIZES = (60, 61, 63, 64, 65, 127, 128, 129, 255, 256, 257, 511, 512, 513, 1023, 1024, 1025, 1513,
         1514)
# About 2,048: the buffers' size. 4,096: a page. The largest at MTU 9,000, without and with a tag.
JUMBO = (60, 1514, 2047, 2048, 2049, 4095, 4096, 4097, 6145, 8191, 8192, 8193, 9014, 9018)
# A ring that holds all frames of a test: one that starts too large a frame for what is left of a
# smaller one is an overrun, and QEMU's e1000 then drops it.
LARGEST = 4096
# The device rounds a buffer's room down to a power of two from 256 up.
# With the slots that hold all frames of the test.
ROOMS = ((256, LARGEST), (1024, LARGEST), (4096, 1024), (16256, 1024))


class Pair:
    """The tests of any two NICs; @models in the subclass."""

    @classmethod
    def nics(cls):
        return [Nic(model) for model in cls.models]

    def forward(self, left, right, *options, want=None, ends=None, timeout=40):
        """Run rl-fwd, send @left into the first NIC and @right into the second at the same time.
        What comes out must be @want = (out of the second, out of the first), else all of it, in
        order. All counters must agree. Summary."""
        one, two = self.vm.nics[:2]
        want_two, want_one = want or (left, right)
        fwd = self.fwd([one, two], *(options or ("--quiet",)))
        got = exchange((one, left, two, len(want_two)), (two, right, one, len(want_one)),
                       timeout=timeout)
        self.assert_frames(got[0], want_two, f"{one.name} to {two.name}")
        self.assert_frames(got[1], want_one, f"{two.name} to {one.name}")
        summary = fwd.finish(timeout) if ends else fwd.stop()
        self.assert_silent(one, two)
        self.assert_counters(summary, (total(left), total(right)), (total(want_one),
                                                                    total(want_two)))
        return summary

    def assert_counters(self, summary, received, sent):
        """@received, @sent: (frames, bytes) of either port."""
        for port in range(2):
            self.assertEqual(summary.total(port, "rx"), received[port], f"received by {port}")
            self.assertEqual(summary.device(port, "rx"), received[port], f"device {port} received")
            self.assertEqual(summary.total(port, "tx"), sent[port], f"sent by {port}")
            self.assertEqual(summary.device(port, "tx"), sent[port], f"device {port} sent")
            self.assertEqual(summary.drops(port), {})
        self.assertEqual(summary["leaked_buffers"], 0)
        self.assertEqual(summary["received"], sum(n for n, _ in received))
        self.assertEqual(summary["sent"], sum(n for n, _ in sent))

    def test_every_size(self):
        rng = random.Random(1)
        left, right = (frames(SIZES, seed, 20) + [vlan_frame(n, rng) for n in (64, 1517, 1518)]
                       for seed in (1, 2))
        summary = self.forward(left, right)
        for port, nic in zip(summary["ports"], self.vm.nics):
            self.assertEqual(port["mac"], nic.mac)
            self.assertEqual((port["link"]["up"], port["link"]["speed_mbps"]), (True, 1000))

    def test_jumbo(self):
        self.forward(frames(JUMBO, 3, 8), frames(JUMBO, 4, 8), "--quiet", "--mtu", 9000,
                     "--rx-slots", LARGEST)

    def test_frames_over_several_buffers(self):
        for room, slots in ROOMS:
            with self.subTest(room=room):
                near = [n for n in (room - 1, room, room + 1, 2 * room) if 60 <= n <= 9014]
                sizes = near + list(JUMBO)
                self.forward(frames(sizes, room, 2), frames(sizes, room + 1, 2), "--quiet",
                             "--mtu", 9000, "--room", room, "--rx-slots", slots,
                             "--pool", 2 * slots + 2048)

    def test_ring_and_burst_sizes(self):
        for rx, tx, burst in ((64, 64, 1), (72, LARGEST, 512), (LARGEST, 88, 7)):
            with self.subTest(rx=rx, tx=tx, burst=burst):
                summary = self.forward(frames(SIZES, rx, 12), frames(SIZES, tx + 1, 12), "--quiet",
                                       "--rx-slots", rx, "--tx-slots", tx, "--burst", burst)
                for port in summary["ports"]:
                    self.assertEqual((port["rx_slots"], port["tx_slots"]), (rx, tx))

    def test_swap_mac(self):
        left, right = frames(SIZES, 5), frames(SIZES, 6)
        swapped = [[f[6:12] + f[:6] + f[12:] for f in way] for way in (left, right)]
        self.forward(left, right, "--quiet", "--swap-mac", want=swapped)

    def test_filter_without_promiscuous(self):
        """Only what is for the port comes in: its own address and broadcasts."""
        rng = random.Random(7)
        one, two = self.vm.nics[:2]
        group, other = b"\x01\x00\x5e\x01\x02\x03", b"\x52\x54\x00\x00\x00\xee"
        kinds = [[mac(nic), BROADCAST, group, other, mac(peer)]
                 for nic, peer in ((one, two), (two, one))]
        sent = [[frame(100 + n, rng, dst) for n in range(20) for dst in way] for way in kinds]
        want = [[f for f in way if f[:6] in kind[:2]] for way, kind in zip(sent, kinds)]
        fwd = self.fwd([one, two], "--quiet", "--no-promiscuous")
        got = exchange((one, sent[0], two, len(want[0])), (two, sent[1], one, len(want[1])))
        self.assert_frames(got[0], want[0], "left to right")
        self.assert_frames(got[1], want[1], "right to left")
        summary = fwd.stop()
        self.assert_silent(one, two)
        self.assert_counters(summary, [total(w) for w in want], [total(w) for w in want[::-1]])

    def test_short_frames_are_padded(self):
        """QEMU's NICs pad what is shorter than 60 bytes with zeros before they store it."""
        left = [frame(n, random.Random(n), BROADCAST) for n in range(14, 60)]
        padded = [f.ljust(60, b"\0") for f in left]
        one, two = self.vm.nics[:2]
        fwd = self.fwd([one, two], "--quiet")
        got = exchange((one, left, two, len(left)))
        self.assert_frames(got[0], padded, "left to right")
        self.assert_counters(fwd.stop(), (total(padded), (0, 0)), ((0, 0), total(padded)))

    def test_long_frames_are_counted(self):
        """A tag makes room for four bytes more than the MTU; QEMU's NICs let 1,522 through without
        one. What is longer than the MTU allows is not sent; what the device refuses it counts."""
        rng = random.Random(8)
        good, longer = frame(1518, rng), [frame(n, rng) for n in (1519, 1522)]
        refused = [frame(n, rng) for n in (1523, 4000, 9014)]
        one, two = self.vm.nics[:2]
        fwd = self.fwd([one, two], "--quiet")
        got = exchange((one, [good] + longer + refused + [good], two, 2))
        self.assert_frames(got[0], [good, good])
        summary = fwd.stop()
        self.assert_silent(two)
        self.assertEqual(summary.total(0, "rx"), total([good, good] + longer))
        self.assertEqual(summary.device(0, "rx"), total([good, good] + longer))
        self.assertEqual(summary.total(1, "tx"), total([good, good]))
        self.assertEqual(summary.drops(0), {"rx_length_errors": 3})
        self.assertEqual(summary.drops(1), {"too_long": 2})

    def test_start_and_stop_many_times(self):
        for turn in range(6):
            with self.subTest(turn=turn):
                data = frames(SIZES, turn)
                summary = self.forward(data, data[::-1], "--quiet", "--count", 2 * len(data),
                                       ends=True)
                self.assertEqual(summary["ended_by"], "count")

    def test_counters_begin_at_zero(self):
        """What a killed process left in the device's registers is not the next one's."""
        one, two = self.vm.nics[:2]
        data = frames(JUMBO, 15, 40)
        # More than the ring holds, so that there are lost frames and overruns as well.
        fwd = self.fwd([one, two], "--quiet", "--mtu", 9000, "--room", 256, "--rx-slots", 64)
        exchange((one, data, two, len(data)), (two, data, one, len(data)), timeout=3)
        fwd.signal("KILL")
        self.assertEqual(fwd.wait().rc, 128 + 9)
        data = frames(SIZES, 16)
        self.forward(data, data)

    def test_capture(self):
        """Traffic of a kernel's own stack, the first half one way and the second the other."""
        path = pathlib.Path(__file__).parent.parent / "data" / "traffic.pcap"
        data = [f.data for f in pcapfile.read(path)]
        half = len(data) // 2
        self.assertGreater(half, 50)
        # A frame of less than 60 bytes had not been on a wire yet.
        padded = [f.ljust(60, b"\0") for f in data]
        self.forward(padded[:half], padded[half:])


class E1000e(Pair, product.GuestCase):
    """Intel 82574L."""
    models = ("e1000e", "e1000e")

    def test_two_queues(self):
        """Flows spread over both queues; what is no IP comes in by the first; within a flow the
        order stays."""
        rng = random.Random(10)
        flows = [flow(rng, n) for n in range(32)]
        sent = [f for _ in range(20) for n in range(len(flows)) for f in [next(flows[n])]]
        other = frames((60, 61, 512), 11, 8)
        one, two = self.vm.nics[:2]
        for queues, burst in ((2, 32), (2, 1)):
            with self.subTest(queues=queues, burst=burst):
                fwd = self.fwd([one, two], "--quiet", "--queues", queues, "--burst", burst)
                got = exchange((one, sent, two, len(sent)), (two, sent, one, len(sent)))
                for way in got:
                    self.assertEqual(by_flow(way), by_flow(sent))
                got = exchange((one, other, two, len(other)))
                self.assert_frames(got[0], other)
                summary = fwd.stop()
                for port in range(2):
                    spread = [n for n, _ in summary.queues(port, "rx")]
                    self.assertEqual(sum(spread), len(sent) + (port == 0) * len(other))
                    self.assertGreater(min(spread), len(sent) // 10, spread)
                    self.assertEqual(summary.device(port, "rx"), summary.total(port, "rx"))
                    self.assertEqual(summary.device(port, "tx"), summary.total(port, "tx"))
                    self.assertEqual(summary.queues(port, "tx"), summary.queues(1 - port, "rx"))

    def test_two_queues_jumbo(self):
        rng = random.Random(12)
        flows = [flow(rng, n, JUMBO[n % len(JUMBO)] + 20) for n in range(16)]
        sent = [f for _ in range(6) for n in range(len(flows)) for f in [next(flows[n])]]
        sent = [f for f in sent if len(f) <= 9018]
        one, two = self.vm.nics[:2]
        self.fwd_and_compare_flows(one, two, sent, "--mtu", 9000, "--room", 512, "--queues", 2,
                                   "--rx-slots", LARGEST)

    def fwd_and_compare_flows(self, one, two, sent, *options):
        fwd = self.fwd([one, two], "--quiet", *options)
        got = exchange((one, sent, two, len(sent)), (two, sent, one, len(sent)))
        for way in got:
            self.assertEqual(by_flow(way), by_flow(sent))
        summary = fwd.stop()
        self.assertEqual([summary.total(p, w) for p in (0, 1) for w in ("rx", "tx")],
                         [total(sent)] * 4)

    def test_duration_ends_it(self):
        data = frames(SIZES, 9)
        summary = self.forward(data, data, "--quiet", "--duration", 2, ends=True)
        self.assertEqual(summary["ended_by"], "duration")

    def test_page_sizes(self):
        """Packet memory of each kind; and without huge pages by ordinary ones, unless they are
        asked for."""
        data = frames(SIZES, 13)
        for pages in ("4K", "2M"):
            with self.subTest(pages=pages):
                self.forward(data, data, "--quiet", "--huge", pages)
        self.vm.ok("echo 0 > /proc/sys/vm/nr_hugepages")
        try:
            self.forward(data, data)
            refused = self.start("rl-fwd", "--huge", "2M", "pcap:/dev/null").wait()
        finally:
            self.vm.ok("echo 64 > /proc/sys/vm/nr_hugepages")
        self.assertEqual(refused.rc, 1, refused.out)
        self.assertEqual(len(refused.out.splitlines()), 1, refused.out)
        self.assertIn("nr_hugepages", refused.out)


class E1000(Pair, product.GuestCase):
    """Intel 82540EM."""
    models = ("e1000", "e1000")


class Mixed(product.GuestCase):
    """An 82574L and an 82540EM, and two pairs at once."""

    @classmethod
    def nics(cls):
        return [Nic("e1000e"), Nic("e1000"), Nic("e1000"), Nic("e1000e")]

    def test_registers_by_name(self):
        """What --dump-regs says of two started NICs is what they must have."""
        nics = self.vm.nics[:2]
        app = self.start("rl-fwd", "--dump-regs", "--rx-slots", 512, "--tx-slots", 1024,
                         *(product.uri(self.vm, nic) for nic in nics))
        ports = app.finish()["ports"]
        for nic, port, sems in zip(nics, ports, (1, 0)):
            regs = {(r["name"], r["index"]): r for r in port["registers"]}
            value = {key: r["value"] for key, r in regs.items()}
            self.assertTrue(value["RCTL", 0] & 1 << 1, "RCTL.EN")
            self.assertTrue(value["TCTL", 0] & 1 << 1, "TCTL.EN")
            self.assertEqual(value["RDLEN", 0], 512 * 16)
            self.assertEqual(value["TDLEN", 0], 1024 * 16)
            self.assertEqual(value["RDT", 0], 511)
            self.assertEqual(struct.pack("<II", value["RAL", 0], value["RAH", 0] & 0xffff)[:6],
                             mac(nic))
            self.assertTrue(value["RAH", 0] & 1 << 31, "RAH.AV")
            self.assertEqual(("SWSM", 0) in regs, bool(sems))
            for name in ("ICR", "GPRC", "IMC") + sems * ("SWSM",):
                self.assertIsNone(value[name, 0])
                self.assertTrue(regs[name, 0]["not_read"])
            self.assertEqual({r["not_read"] is None for r in port["registers"]
                              if r["value"] is not None}, {True})
        self.assertRegex(app.job.output(), r"(?m)^  00100  RCTL +[0-9a-f]{8}$")
        self.assertRegex(app.job.output(), r"(?m)^  000c0  ICR +not read: a read clears it$")

    def test_two_pairs_at_once(self):
        sent = [frames(JUMBO, seed, 8) for seed in range(4)]
        nics = self.vm.nics
        fwd = self.fwd(nics, "--quiet", "--mtu", 9000, "--rx-slots", LARGEST)
        got = exchange(*((nics[n], sent[n], nics[n ^ 1], len(sent[n])) for n in range(4)))
        for n in range(4):
            self.assert_frames(got[n], sent[n], f"from {nics[n].name}")
        summary = fwd.stop()
        self.assert_silent(*nics)
        for n in range(4):
            self.assertEqual(summary.total(n, "rx"), total(sent[n]))
            self.assertEqual(summary.device(n, "rx"), total(sent[n]))
            self.assertEqual(summary.total(n ^ 1, "tx"), total(sent[n]))
            self.assertEqual(summary.device(n ^ 1, "tx"), total(sent[n]))

    def test_lone_port_sends_back(self):
        for nic in self.vm.nics[:2]:
            with self.subTest(model=nic.model):
                data = frames(SIZES, 14, 4)
                fwd = self.fwd([nic], "--quiet")
                self.assert_frames(exchange((nic, data, nic, len(data)))[0], data)
                summary = fwd.stop()
                self.assertEqual(summary.total(0, "rx"), total(data))
                self.assertEqual(summary.total(0, "tx"), total(data))


def flow(rng, number, size=None):
    """Endless frames of one flow: IPv4 or IPv6, TCP or UDP, its number in the source MAC."""
    head = HOST_MAC[:5] + bytes([number])
    ports = rng.randbytes(4)
    v4, v6 = rng.randbytes(8), rng.randbytes(32)
    proto = 6 if number % 2 else 17
    while True:
        room = (size or rng.randrange(80, 1500)) - 54
        body = ports + rng.randbytes(room)
        if number % 4 < 2:
            ip = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(body), 0, 0, 64, proto, 0) + v4
            ip = ip[:10] + checksum(ip) + ip[12:]
            yield HOST_MAC + head + b"\x08\x00" + ip + body
        else:
            ip = struct.pack(">IHBB", 6 << 28, len(body), proto, 64) + v6
            yield HOST_MAC + head + b"\x86\xdd" + ip + body


def checksum(data):
    """Of an IPv4 header (RFC 791, 3.1)."""
    value = sum(struct.unpack(f">{len(data) // 2}H", data))
    value = (value & 0xffff) + (value >> 16)
    return struct.pack(">H", ~(value + (value >> 16)) & 0xffff)


def by_flow(data):
    """Source MAC -> its frames in order."""
    found = {}
    for f in data:
        found.setdefault(f[6:12], []).append(f)
    return found


if __name__ == "__main__":
    case.main()
