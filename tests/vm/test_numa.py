#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""A guest of two NUMA nodes with a NIC near the second: packet memory and rings lie there."""

import re

import case
import product

MAC = "52:54:00:00:00:77"
NODES = [a for n in (0, 1) for a in (
    "-object", f"memory-backend-ram,id=mem{n},size=512M",
    "-numa", f"node,nodeid={n},memdev=mem{n},cpus={n}")]
FAR_NIC = ["-device", "pxb-pcie,id=pxb,bus_nr=128,numa_node=1,bus=pcie.0,addr=0x8",
           "-device", "pcie-root-port,id=far,bus=pxb,chassis=99",
           "-netdev", "hubport,id=far-net,hubid=99",
           "-device", f"e1000e,netdev=far-net,bus=far,mac={MAC},romfile="]


class Numa(product.GuestCase):
    options = {"hugepages": 256, "qemu_args": NODES + FAR_NIC}

    def far_bdf(self):
        """The one e1000e there is, bound to vfio-pci, and its node."""
        bdf = self.vm.ok("cd /sys/bus/pci/devices; for d in *; do "
                         "[ $(cat $d/device) = 0x10d3 ] && echo $d; done; true").strip()
        self.vm.ok(f"modprobe vfio-pci && modprobe vfio_iommu_type1 && "
                   f"cd /sys/bus/pci/devices/{bdf} && echo vfio-pci > driver_override && "
                   f"echo {bdf} > /sys/bus/pci/drivers_probe && [ -e driver ]")
        return bdf, self.vm.ok(f"cat /sys/bus/pci/devices/{bdf}/numa_node").strip()

    def pages(self, pid, name):
        """Pages of the mapping @name by node."""
        count = {}
        for line in self.vm.ok(f"cat /proc/{pid}/numa_maps").splitlines():
            if name in line:
                for node, pages in re.findall(r"\bN(\d+)=(\d+)", line):
                    count[node] = count.get(node, 0) + int(pages)
        return count

    def test_memory_lies_near_the_nic(self):
        bdf, node = self.far_bdf()
        self.assertEqual(node, "1")
        # From CPU 0, whose own memory is on node 0.
        job = self.vm.spawn(["exec", "taskset", "1", "rl-fwd", "--cpus", "0", f"vfio:{bdf}"])
        job.wait_output("^ready", 30)
        pid = self.vm.ok("ps | awk '/[ ]rl-fwd --cpus/ {print $1; exit}'").strip()
        packet_memory = self.pages(pid, "memfd:ringlib")
        rings = self.pages(pid, "/dev/zero")
        job.kill("TERM")
        self.assertEqual(job.wait(30).rc, 0, job.output())
        self.assertEqual(list(packet_memory), ["1"], packet_memory)
        self.assertEqual(list(rings), ["1"], rings)


if __name__ == "__main__":
    case.main()
