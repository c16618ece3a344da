#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""What a user gets wrong, with devices and with options: one line that says what it is and how to
mend it, exit code not 0, nothing left behind. Where the line gives a command, that is run, and then
it has to work."""

import re
import shutil

import case
import pcapfile
import product
from testhost import Nic, Sink

# Exit codes of rl-fwd
FAILED, USAGE = 1, 2

NOBODY = 65534


class Refusals(product.GuestCase):
    """How to see a refusal."""

    def refused(self, code, pattern, words, by=""):
        """rl-fwd with @words ends at once with @code and one line, which @pattern matches; returns
        that line. @by: shell words in front, such as setpriv."""
        return self.all_refused([(code, pattern, words)], by)

    def all_refused(self, cases, by=""):
        """The same for several, in one command: each takes its time to get into the guest.
        Returns the last line."""
        run = [f"{by} rl-fwd --quiet --duration 5 --json /tmp/out.json {words}; echo = $?"
               for _, _, words in cases]
        said = re.split(r"= (\d+)\n", self.vm.ok("\n".join(run), 30 + 5 * len(run)))
        self.assertEqual(len(said), 2 * len(cases) + 1)
        for (code, pattern, words), text, rc in zip(cases, said[:-1:2], said[1::2]):
            with self.subTest(words=words):
                self.assertEqual(int(rc), code, text)
                self.assertEqual(len(text.splitlines()), 1, text)
                self.assertRegex(text, pattern)
        return said[-3].strip()

    def works(self, *nics, options=(), by=()):
        """Frames pass from the first of @nics to the last."""
        fwd = self.fwd(nics, "--quiet", *options, by=by)
        self.passes(*nics)
        fwd.stop()

    def passes(self, *nics):
        data = product.frames((60, 1514), 1)
        got = product.exchange((nics[0], data, nics[-1], len(data)))
        self.assert_frames(got[0], data)


class BadInput(Refusals):
    """A guest with an IOMMU, and NICs in all the wrong hands."""

    @classmethod
    def guest(cls):
        """The last two NICs are functions of one device, without ACS: they share a group."""
        cls.good, cls.second, cls.old = Nic(), Nic(), Nic("e1000")
        cls.kernel, cls.nobody = Nic(bind="kernel"), Nic(bind="none")
        cls.virtio, cls.vmxnet3 = Nic("virtio-net-pci", Sink()), Nic("vmxnet3", Sink())
        cls.function0 = Nic("e1000", props={"addr": "0x17.0", "multifunction": True})
        cls.function1 = Nic("e1000", Sink(), bind="kernel", props={"addr": "0x17.1"})
        tools = [shutil.which(name) for name in ("setpriv", "prlimit")]
        cls.options = {"programs": product.programs("rl-fwd") + tools, "mem": "2G"}
        return super().guest()

    @classmethod
    def nics(cls):
        return [cls.good, cls.second, cls.old, cls.kernel, cls.nobody, cls.virtio, cls.vmxnet3,
                cls.function0, cls.function1]

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.uri = product.uri(cls.vm, cls.good)

    def mended(self, line):
        """Run what @line says to run."""
        self.vm.ok("USER=nobody; sudo() { \"$@\"; }; " +
                   re.search(r"run(?: as root)?: (.*)$", line).group(1))

    def test_names(self):
        self.all_refused((
            (USAGE, "bogus:1: no such kind of port; a URI begins with one of .*vfio:", "bogus:1"),
            (USAGE, "nothing: no such kind of port", "nothing"),
            (USAGE, "no port given.*--help", ""),
            (USAGE, "not a PCI address.*lspci", "vfio:"),
            (USAGE, "zz: not a PCI address.*lspci", "vfio:zz"),
            (USAGE, "not a PCI address.*lspci", "vfio:0000:01:20.0"),
            (USAGE, "not a PCI address.*lspci", "vfio:0000:01:00.8"),
            (USAGE, "not a PCI address.*lspci", self.uri + "0"),
            (USAGE, 'unknown option "rxq=2"; there is: verify=off', self.uri + ",rxq=2"),
            (USAGE, "verify=no: say verify=on, the default, or verify=off", self.uri + ",verify=no"),
            (FAILED, "0000:ff:1f.7: no such PCI device.*lspci", "vfio:0000:ff:1f.7"),
            (FAILED, "open already; name each device once", f"{self.uri} {self.uri}"),
        ))
        self.works(self.good, self.second)

    def test_options(self):
        old = product.uri(self.vm, self.old)
        self.all_refused([(code, pattern, f"{options} {uri}") for code, pattern, options, uri in (
            (USAGE, "--mtu 9001: give a number from 68 to 9000", "--mtu 9001", self.uri),
            (USAGE, "--mtu 67: give a number from 68 to 9000", "--mtu 67", self.uri),
            (USAGE, "--queues 0: give a number from 1", "--queues 0", self.uri),
            (USAGE, "--queues 17: give a number from 1 to 16", "--queues 17", self.uri),
            (USAGE, "3 receive queues asked for.* at most 2", "--queues 3", self.uri),
            (USAGE, "2 receive queues asked for.* at most 1", "--queues 2", old),
            (USAGE, "--rx-slots 0: give a number", "--rx-slots 0", self.uri),
            (USAGE, "--tx-slots 65536: give a number", "--tx-slots 65536", self.uri),
            (USAGE, "--room 300: give a multiple of 64", "--room 300", self.uri),
            (USAGE, "--room 192: give a number from 256", "--room 192", self.uri),
            (USAGE, "--pool 0: give a number from 1", "--pool 0", self.uri),
            (USAGE, "--huge 8K: .* one of 4K, 2M, 1G", "--huge 8K", self.uri),
            (USAGE, "--cpus: there is no CPU 2; give numbers from 0 to 1", "--cpus 2", self.uri),
            (FAILED, "too few buffers for a receive ring of 512; make it larger", "--pool 510",
             self.uri),
            (FAILED, "too few buffers for a receive ring of 64; make it larger",
             "--pool 1 --rx-slots 64", old),
        )])
        # Less than the least, no multiple, more than the most
        self.all_refused([(USAGE, f"a {name} ring of {slots} slots is not allowed; use a "
                           "multiple of 8 from 64 to 4096", f"{way} {slots} {uri}")
                          for way, name in (("--rx-slots", "receive"), ("--tx-slots", "transmit"))
                          for uri, slots in ((old, 56), (self.uri, 56), (self.uri, 68),
                                             (self.uri, 4104))])
        self.works(self.good, self.old)

    def test_captures(self):
        share = self.vm.share
        pcapfile.write(share / "good.pcap", product.frames((60, 1514), 1))
        good = (share / "good.pcap").read_bytes()
        (share / "cut.pcap").write_bytes(good[:-5])
        (share / "empty.pcap").write_bytes(b"")
        (share / "text.pcap").write_bytes(b"hello, world\n" * 20)
        self.all_refused((
            (FAILED, r"cut\.pcap: frame 2: .*; the file is damaged",
             "pcap:/host/cut.pcap pcap:,/dev/null"),
            (FAILED, r"cut\.pcap: frame 2: .*; the file is damaged",
             f"{self.uri} pcap:/host/cut.pcap"),
            (FAILED, r"empty\.pcap: not a capture.*tcpdump", "pcap:/host/empty.pcap"),
            (FAILED, r"text\.pcap: not a capture.*tcpdump", f"{self.uri} pcap:/host/text.pcap"),
            (FAILED, r"gone\.pcap: cannot read: .*check the name", "pcap:/host/gone.pcap"),
            (FAILED, r"gone/x\.pcap: cannot write: .*folder", f"{self.uri} pcap:,/gone/x.pcap"),
            (USAGE, "/tmp: not a regular file", "pcap:/tmp"),
        ))
        self.works(self.good, self.second)

    def test_bound_to_another_driver(self):
        line = self.refused(FAILED, "bound to e1000e, not to vfio-pci; run as root: ",
                            product.uri(self.vm, self.kernel))
        self.mended(line)
        self.works(self.kernel, self.good)
        self.vm.bind(self.kernel, "kernel")

    def test_not_bound(self):
        line = self.refused(FAILED, "bound to no driver, not to vfio-pci; run as root: ",
                            product.uri(self.vm, self.nobody))
        self.mended(line)
        self.works(self.nobody, self.good)
        self.vm.bind(self.nobody, "none")

    def test_vfio_pci_not_loaded(self):
        bound = [nic for nic in self.vm.nics if nic.bind == "vfio"]
        self.vm.ok("cd /sys/bus/pci/drivers/vfio-pci && for d in 0000:*; do echo $d > unbind; done "
                   "&& rmmod vfio_pci")
        line = self.refused(FAILED, "not to vfio-pci, which is not loaded; run as root: modprobe ",
                            self.uri)
        self.mended(line)
        self.works(self.good)
        for nic in bound:
            self.vm.bind(nic, "vfio")

    def test_group_not_viable(self):
        uri = product.uri(self.vm, self.function0)
        rival = self.vm.bdf(self.function0)[:-1] + "1"
        line = self.refused(FAILED, rf"shares IOMMU group \d+ with .*: {rival} \(e1000\);", uri)
        self.vm.ok(re.search(r"run as root: (.*)", line).group(1).replace("<device>", rival))
        self.works(self.function0)
        self.vm.ok(f"echo {rival} > /sys/bus/pci/drivers/e1000/bind")

    def test_no_driver(self):
        self.all_refused((
            (FAILED, "no driver for device 15ad:07b0; the drivers here are .*e1000",
             product.uri(self.vm, self.vmxnet3)),
            (FAILED, "no driver for device 1af4:1041, whose BAR 0 .*; see .*: lspci",
             product.uri(self.vm, self.virtio))))

    def test_in_use(self):
        fwd = self.fwd([self.good, self.second], "--quiet")
        for nic in (self.good, self.second):
            group = self.vm.group(nic)
            self.refused(FAILED, f"another process uses {group}; see which: sudo fuser -v {group}",
                         product.uri(self.vm, nic))
        self.passes(self.good, self.second)
        fwd.stop()

    def test_ordinary_user(self):
        """Who may not open the group; who may; who may lock too little memory for it."""
        group = self.vm.group(self.good)
        drop = f"setpriv --reuid {NOBODY} --regid {NOBODY} --clear-groups --inh-caps=-all".split()
        self.vm.ok(f"chmod 600 {group}")
        line = self.refused(FAILED, f"no permission on {group}; run: sudo chown ", self.uri,
                            " ".join(drop))
        self.mended(line)
        try:
            line = self.refused(FAILED, r"locked memory is limited to 1000 KiB and \d+ KiB are "
                                r"needed; run: ulimit -l \d+", self.uri,
                                "ulimit -l 1000; " + " ".join(drop))
            enough = int(re.search(r"ulimit -l (\d+)", line).group(1)) << 10
            self.works(self.good, by=["prlimit", f"--memlock={enough}", *drop])
        finally:
            self.vm.ok(f"chown 0:0 {group}")

    def test_no_huge_pages(self):
        self.vm.ok("echo 0 > /proc/sys/vm/nr_hugepages")
        try:
            line = self.refused(FAILED, "pages of 2048 KiB are not free.*; run: echo ",
                                f"--huge 2M {self.uri}")
            self.works(self.good)  # ordinary pages do, where nothing else was asked for
            self.mended(line)
            self.works(self.good, options=["--huge", "2M"])
        finally:
            self.vm.ok(f"echo {self.vm.opts.hugepages} > /proc/sys/vm/nr_hugepages")
        self.refused(FAILED, "pages of 1048576 KiB are not free.*; run: echo ",
                     f"--huge 1G {self.uri}")


class NoIommu(Refusals):
    """A guest without an IOMMU."""

    options = {"iommu": False}

    @classmethod
    def nics(cls):
        return [Nic(backend=Sink(), bind="none")]

    def test_guard_mode_is_the_way(self):
        self.refused(FAILED, "no IOMMU guards this device.*intel_iommu=on.*guard mode",
                     product.uri(self.vm, self.vm.nics[0]))


if __name__ == "__main__":
    case.main()
