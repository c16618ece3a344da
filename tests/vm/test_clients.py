#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Clients nobody here wrote talk through rl-fwd: two network namespaces, each with a NIC of the
kernel's, on either side of the two NICs that rl-fwd drives. No address or route leads around it."""

import json
import re

import case
import product
from testhost import Hub, Nic

COPY_BYTES = 5 << 20


class Pair:
    """The tests of two NICs; @model in the subclass."""

    guest_programs = ("rl-fwd",)

    @classmethod
    def nics(cls):
        return [Nic(cls.model, Hub(1)), Nic(cls.model, Hub(2)),
                Nic(backend=Hub(1), bind="kernel"), Nic(backend=Hub(2), bind="kernel")]

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        vm = cls.vm
        vm.ok("mkdir -p /run/netns /tmp/in /tmp/out")
        for side, nic in enumerate(vm.nics[2:], 1):
            vm.ok(f"""set -e
                ethtool -K {vm.ifname(nic)} tso off  # QEMU counts what it cuts up as one
                ip netns add n{side}
                ip link set {vm.ifname(nic)} netns n{side} name wire
                ip -n n{side} addr add 192.0.2.{side}/24 dev wire
                head -c {COPY_BYTES} /dev/urandom >/tmp/in/{side}""")

    def clients(self, mtu):
        # Room for a whole TCP window: a ring that runs out in mid-frame would cost frames.
        fwd = self.fwd(self.vm.nics[:2], "--quiet", "--mtu", mtu, "--rx-slots", 4096)
        before = self.wire_counts()
        self.wire_up(mtu)
        pings = self.flood(mtu)
        self.iperf()
        self.copy_both_ways()
        after = self.wire_counts()
        summary = fwd.stop()
        # First whether a frame was lost on the way: ping may have other reasons to miss one.
        for port in range(2):
            sent, received = (after[side][i] - before[side][i] for i, side in
                              ((1, port), (0, 1 - port)))
            self.assertEqual(summary.total(port, "rx")[0], sent)
            self.assertEqual(summary.device(port, "rx"), summary.total(port, "rx"))
            self.assertEqual(summary.total(1 - port, "tx"), summary.total(port, "rx"))
            self.assertEqual(summary.device(1 - port, "tx"), summary.total(1 - port, "tx"))
            self.assertEqual(summary.total(1 - port, "tx")[0], received)
            self.assertGreater(summary.total(port, "rx")[1], COPY_BYTES)
            self.assertEqual(summary.drops(port), {})
        self.assertEqual(summary["leaked_buffers"], 0)
        for out in pings:
            self.assertIn(" 0% packet loss", out)

    def wire_counts(self):
        """(frames received, sent) by the registers of the kernel's NICs, on either side."""
        counts = []
        for side in (1, 2):
            out = self.vm.ok(f"ip netns exec n{side} ethtool -S wire")
            counts.append([int(re.search(rf"\b{way}_packets: (\d+)", out)[1])
                           for way in ("rx", "tx")])
        return counts

    def wire_up(self, mtu):
        """Both ends with this MTU, and until the first ping comes back: the kernel's NICs take
        some seconds after a change. Without ARP the wire is silent when nobody uses it."""
        for side, peer in ((1, 2), (2, 1)):
            self.vm.ok(f"ip -n n{side} link set wire mtu {mtu} up && ip -n n{side} neigh replace "
                       f"192.0.2.{peer} lladdr {self.vm.nics[peer + 1].mac} dev wire nud permanent")
        self.vm.ok("ip netns exec n1 ping -q -c 1 -i 0.2 -w 60 192.0.2.2", 70)

    def flood(self, mtu):
        """Each ping waits for the answer to the one before, or 10 ms. The largest ones do not go
        on without: few of them fit into ping's socket when it gets no CPU for a while."""
        kinds = ("-f -c 500", "-f -c 200 -s 1472", f"-A -c 100 -s {mtu - 28}")
        return [self.vm.run(f"ip netns exec n1 ping -q -M do {kind} 192.0.2.2").out
                for kind in kinds]

    def iperf(self):
        """TCP one way and the other. The server does not count what is under way at the end."""
        for way in ("", "-R"):
            server = self.vm.spawn("exec ip netns exec n2 iperf3 -s -1 --forceflush")
            server.wait_output("Server listening", 20)
            client = self.vm.run(f"ip netns exec n1 iperf3 -c 192.0.2.2 -n 4M -J {way}", 60)
            self.assertEqual(client.rc, 0, client.out)
            self.assertEqual(server.wait(20).rc, 0)
            end = json.loads(client.out)["end"]
            self.assertGreaterEqual(end["sum_sent"]["bytes"], 4 << 20)
            self.assertGreater(end["sum_received"]["bytes"], 0)

    def copy_both_ways(self):
        """A file of random data each way at the same time; what arrives has the same hash."""
        self.vm.ok("rm -f /tmp/out/*")
        ways = ((1, 2), (2, 1))
        takers = [self.vm.spawn(f"exec ip netns exec n{to} nc -l -p 500{to} >/tmp/out/{of}")
                  for of, to in ways]
        for _, to in ways:
            self.vm.ok(f"until ip netns exec n{to} netstat -ltn | grep -q :500{to}; do sleep 0.1; "
                       "done", 20)
        givers = [self.vm.spawn(f"exec ip netns exec n{of} nc 192.0.2.{to} 500{to} </tmp/in/{of}")
                  for of, to in ways]
        for job in givers + takers:
            self.assertEqual(job.wait(60).rc, 0)
        self.assertEqual(self.vm.ok("cd /tmp/out && sha256sum 1 2"),
                         self.vm.ok("cd /tmp/in && sha256sum 1 2"))


class E1000e(Pair, product.GuestCase):
    """Intel 82574L."""
    model = "e1000e"

    def test_mtu_1500(self):
        self.clients(1500)

    def test_mtu_9000(self):
        self.clients(9000)


class E1000(Pair, product.GuestCase):
    """Intel 82540EM. A test takes its time, and the small frames are in this one too."""
    model = "e1000"

    def test_mtu_9000(self):
        self.clients(9000)


if __name__ == "__main__":
    case.main()
