#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Self-tests of the test host, with kernel drivers only. Run: python3 -m unittest test_rig"""

import contextlib
import io
import os
import signal
import subprocess
import sys
import tempfile
import time
import unittest

import cache
import cpio
import image
import pcapfile
from case import GuestCase, main
from testhost import CommandFailed, GuestDied, Hub, Nic, Sink, TestHost

# Ethernet header of a protocol that no kernel answers (IEEE local experimental)
ETHERTYPE = b"\x88\xb5"
SIZES = (60, 64, 65, 128, 511, 512, 1024, 1513, 1514)


def frame(dst, size, number=0):
    body = bytes((number + i * 7) & 0xff for i in range(size - 14))
    return bytes.fromhex(dst.replace(":", "")) + b"\x02\x00\x00\x00\x00\x99" + ETHERTYPE + body


def ours(data):
    return data[12:14] == ETHERTYPE


def bridge(vm, *nics, mtu=1500):
    """The guest sends what it receives: the kernel forwards from each of @nics to the others."""
    vm.ok("ip link add br0 type bridge && ip link set br0 up")
    for nic in nics:
        name = vm.ifname(nic)
        vm.ok(f"ip link set {name} mtu {mtu} && ip link set {name} master br0 promisc on")
        vm.up(nic)
    vm.ok(f"ip link set br0 mtu {mtu}")


class Pieces(unittest.TestCase):
    """What needs no guest."""

    def test_pcap_round_trip(self):
        frames = [frame("ff:ff:ff:ff:ff:ff", n) for n in SIZES]
        with tempfile.TemporaryDirectory() as d:
            pcapfile.write(f"{d}/a", frames)
            back = pcapfile.read(f"{d}/a")
            self.assertEqual([f.data for f in back], frames)
            self.assertAlmostEqual(back[3].time, 3e-6)
            with open(f"{d}/a", "r+b") as f:
                f.truncate(110)
            with self.assertRaisesRegex(ValueError, "cut off"):
                pcapfile.read(f"{d}/a")

    def test_cpio_is_read_by_cpio(self):
        out = io.BytesIO()
        with cpio.Archive(out) as a:
            a.file("/x/y/z", b"hello")
            a.symlink("/x/l", "y/z")
        with tempfile.TemporaryDirectory() as d:
            subprocess.run(["busybox", "cpio", "-id"], input=out.getvalue(), cwd=d, check=True,
                           capture_output=True)
            with open(f"{d}/x/l", "rb") as f:
                self.assertEqual(f.read(), b"hello")

    def test_unknown_option_is_refused(self):
        with self.assertRaisesRegex(TypeError, "hugepage_count"):
            TestHost(hugepage_count=3)

    def test_missing_qemu_names_the_package(self):
        path, os.environ["PATH"] = os.environ["PATH"], "/nonexistent"
        try:
            with self.assertRaisesRegex(cache.RigError, "apt-get install qemu-system-x86"):
                with TestHost():
                    pass
        finally:
            os.environ["PATH"] = path


class Guest(GuestCase):
    """One guest for all that does not end it."""

    @classmethod
    def guest(cls):
        cls.wire, cls.wire2 = Nic(bind="kernel"), Nic(bind="kernel")
        cls.left, cls.right = Nic(backend=Hub(1), bind="kernel"), Nic(backend=Hub(1), bind="kernel")
        cls.vfio = Nic(backend=Sink(), bind="vfio")
        return TestHost([cls.wire, cls.wire2, cls.left, cls.right, cls.vfio], name="rig",
                        files={"/opt/note": b"from the host"}, programs=["/usr/bin/sha256sum"])

    def test_exit_codes_and_output_arrive(self):
        self.assertEqual((self.vm.run("echo a; echo b >&2; exit 7").rc), 7)
        self.assertEqual(self.vm.run("echo a; echo b >&2").out, "a\nb\n")
        self.assertEqual(self.vm.run("kill -9 $$").rc, 128 + 9)
        self.assertEqual(self.vm.run(["printf", "%s|", "a b", "$c", "'d'"]).out, "a b|$c|'d'|")
        self.assertEqual(self.vm.run("no-such-program").rc, 127)
        with self.assertRaises(CommandFailed):
            self.vm.ok("false")

    def test_large_output_is_whole(self):
        out = self.vm.ok("seq 100000")
        self.assertEqual(out, "".join(f"{i}\n" for i in range(1, 100001)))

    def test_commands_run_concurrently(self):
        start = time.monotonic()
        jobs = [self.vm.spawn(f"sleep 3; exit {n}") for n in range(8)]
        self.assertEqual([j.wait(30).rc for j in jobs], list(range(8)))
        self.assertLess(time.monotonic() - start, 8 * 3)

    def test_kill_reaches_children(self):
        job = self.vm.spawn("sleep 1234 & sleep 1234; echo not reached")
        job.kill("KILL")
        self.assertEqual(job.wait(20).rc, 128 + 9)
        for sig in (signal.SIGINT, "TERM", 15):
            job = self.vm.spawn("exec sleep 1234")
            job.kill(sig)
            self.assertEqual(job.wait(20).rc, 128 + (2 if sig == signal.SIGINT else 15))
        self.assertEqual(self.vm.run("ps | grep '[s]leep 1234'").out, "")

    def test_timeout_kills_and_keeps_output(self):
        with self.assertRaisesRegex(TimeoutError, "so far:\nbegun"):
            self.vm.run("echo begun; sleep 4321", timeout=2)
        time.sleep(1)
        self.assertEqual(self.vm.run("ps | grep '[s]leep 4321'").out, "")

    def test_stdin_and_wait_output(self):
        job = self.vm.spawn("read line; echo got $line; sleep 999")
        job.write("it's\n")
        self.assertEqual(job.wait_output(r"^got (.*)$", 20).group(1), "it's")
        job.kill()
        job.wait(20)

    def test_share_works_both_ways(self):
        (self.vm.share / "in").write_bytes(b"\0\1\2")
        self.vm.ok("cat /host/in /host/in > /host/out")
        self.assertEqual((self.vm.share / "out").read_bytes(), b"\0\1\2\0\1\2")

    def test_added_files_are_there(self):
        self.assertEqual(self.vm.ok("cat /opt/note"), "from the host")
        self.assertIn("GNU", self.vm.ok("/usr/bin/sha256sum --version"))

    def test_hugepages(self):
        self.assertRegex(self.vm.ok("cat /proc/meminfo"), r"HugePages_Free: +64\n")

    def test_vfio_group_is_there(self):
        self.assertEqual(self.vm.driver(self.vfio), "vfio-pci")
        self.vm.ok(f"test -c {self.vm.group(self.vfio)}")

    def test_bind_moves_a_nic(self):
        self.vm.bind(self.vfio, "kernel")
        self.assertEqual(self.vm.driver(self.vfio), "e1000e")
        self.assertIn(self.vfio.mac, self.vm.ok(f"ip link show {self.vm.ifname(self.vfio)}"))
        self.vm.bind(self.vfio, "none")
        self.assertIsNone(self.vm.driver(self.vfio))
        self.vm.bind(self.vfio, "vfio")
        self.assertEqual(self.vm.driver(self.vfio), "vfio-pci")

    def test_frames_reach_the_guest_and_return(self):
        """Host -> wire -> tcpdump in the guest, and through a bridge back out of wire2."""
        bridge(self.vm, self.wire, self.wire2)
        self.addCleanup(self.vm.run, "ip link del br0")
        name = self.vm.ifname(self.wire)
        dump = self.vm.spawn(f"tcpdump -i {name} -U -w - -c {10 * len(SIZES)} "
                             "ether proto 0x88b5 >/host/cap")
        dump.wait_output("listening on")
        sent = [frame("52:54:00:99:99:99", n, k) for k in range(10) for n in SIZES]
        for f in sent:
            self.wire.send(f)
        self.assertEqual(self.wire2.collect(len(sent), 30, ours), sent)
        self.assertEqual(dump.wait(30).rc, 0)
        self.assertEqual([f.data for f in pcapfile.read(self.vm.share / "cap")], sent)
        for f in sent:
            self.wire2.send(f)
        self.assertEqual(self.wire.collect(len(sent), 30, ours), sent)

    def test_link_state(self):
        name = self.vm.ifname(self.left)
        self.vm.ok(f"ip link set {name} up")
        self.addCleanup(self.vm.set_link, self.left, True)
        for up in (False, True):
            self.vm.set_link(self.left, up)
            self.vm.ok(f"for i in $(seq 100); do [ $(cat /sys/class/net/{name}/carrier) = "
                       f"{int(up)} ] && exit 0; sleep 0.1; done; exit 1")

    def test_hub_connects_two_nics(self):
        script = "set -e\n"
        for n, nic in enumerate((self.left, self.right), 1):
            name = self.vm.ifname(nic)
            script += (f"ip netns add n{n}; ip link set {name} netns n{n}\n"
                       f"ip -n n{n} addr add 192.0.2.{n}/24 dev {name}\n"
                       f"ip -n n{n} link set {name} up\n")
        self.addCleanup(self.vm.run, "ip netns del n1; ip netns del n2; sleep 1")
        self.vm.ok("mkdir -p /run/netns; " + script)
        self.vm.ok("ip netns exec n1 ping -c 1 -i 0.2 -w 30 192.0.2.2")  # the link comes up
        self.assertIn(" 0% packet loss", self.vm.ok(
            "ip netns exec n1 ping -c 20 -i 0.1 -w 30 192.0.2.2"))

    def test_dmar_fault_is_seen(self):
        """The oracle can fail: a NIC told to fetch from an address that is not mapped."""
        self.vm.bind(self.vfio, "none")
        self.addCleanup(self.vm.bind, self.vfio, "vfio")
        self.assertEqual(self.vm.dmar_faults(), [])
        bdf = self.vm.bdf(self.vfio)
        self.vm.ok(f"""set -e
            cd /sys/bus/pci/devices/{bdf}
            printf '\\006' | dd of=config bs=1 seek=4 conv=notrunc 2>/dev/null  # memory, bus master
            read -r bar _ <resource
            w() {{ busybox devmem $((bar + $1)) 32 $2; }}
            w 0x3800 0x12345000; w 0x3804 0; w 0x3808 0x1000    # TDBAL, TDBAH, TDLEN
            w 0x400 2; w 0x3810 0; w 0x3818 1                   # TCTL.EN, TDH, TDT
            sleep 1
            w 0x400 0; printf '\\000' | dd of=config bs=1 seek=4 conv=notrunc 2>/dev/null""")
        faults = self.vm.dmar_faults()
        self.assertTrue(faults)
        self.assertIn("fault addr 0x12345000", faults[0])
        self.assertIn(bdf[5:], faults[0])
        self.assertEqual(self.vm.dmar_faults(), [])

    def test_unplug_and_plug(self):
        self.vm.unplug(self.vfio)
        with self.assertRaises(LookupError):
            self.vm.bdf(self.vfio)
        self.vm.plug(self.vfio)
        self.assertEqual(self.vm.driver(self.vfio), "vfio-pci")


class Variants(unittest.TestCase):
    """A guest each."""

    def test_every_model_and_driver(self):
        models = ("e1000", "e1000e", "virtio-net-pci", "vmxnet3")
        nics = [Nic(m, Sink(), bind=b) for m in models for b in ("vfio", "kernel")]
        with TestHost(nics, name="models") as vm:
            for nic in nics:
                want = "virtio-pci" if nic.model.startswith("virtio") else nic.model
                self.assertEqual(vm.driver(nic), "vfio-pci" if nic.bind == "vfio" else want)
                if nic.bind == "kernel":
                    self.assertIn(nic.mac, vm.ok(f"ip link show {vm.ifname(nic)}"))
            self.assertEqual(vm.dmar_faults(), [])

    def test_every_model_behind_a_port_unplugs(self):
        nics = [Nic(m, Sink()) for m in ("virtio-net-pci", "vmxnet3")]
        with TestHost(nics, name="unplug", aw_bits=48) as vm:
            for nic in nics:
                vm.unplug(nic)
                vm.plug(nic, "kernel")
                self.assertIn(nic.mac, vm.ok(f"ip link show {vm.ifname(nic)}"))

    def test_without_iommu_and_hugepages(self):
        with TestHost([Nic(bind="uio"), Nic("virtio-net-pci", bind="kernel")], name="plain",
                      iommu=False, hugepages=0, mem="512M") as vm:
            self.assertEqual(vm.driver(vm.nics[0]), "uio_pci_generic")
            self.assertEqual(vm.ok("ls /sys/kernel/iommu_groups"), "")
            self.assertRegex(vm.ok("cat /proc/meminfo"), r"HugePages_Total: +0\n")

    def test_full_wire_holds_the_sender(self):
        """No driver: the NIC has no receive buffers, and frames wait in the socket. Its driver
        comes up: they arrive, but for some while the device is reset; then all that is sent."""
        nic = Nic(bind="none")
        f = frame("ff:ff:ff:ff:ff:ff", 1000)
        with TestHost([nic], name="full") as vm:
            early = 0
            with self.assertRaises(TimeoutError):
                while early < 1000000:
                    nic.send(f, timeout=1)
                    early += 1
            vm.bind(nic, "kernel")
            counter = f"/sys/class/net/{vm.up(nic)}/statistics/rx_packets"
            time.sleep(1)
            before = int(vm.ok(f"cat {counter}"))
            self.assertGreater(before, early - 100)
            for _ in range(3000):
                nic.send(f)
            vm.ok(f"until [ $(cat {counter}) -ge {before + 3000} ]; do sleep 0.1; done", 20)

    def test_jumbo_frame(self):
        one, two = Nic(bind="kernel"), Nic(bind="kernel")
        with TestHost([one, two], name="jumbo") as vm:
            bridge(vm, one, two, mtu=9000)
            for size in (1515, 4096, 9014):
                f = frame("52:54:00:99:99:99", size)
                one.send(f)
                self.assertEqual(two.recv(10, ours), f, size)

    def test_trace_shows_register_writes(self):
        with TestHost([Nic(bind="kernel")], name="trace", trace=["e1000e_core_write"]) as vm:
            vm.ok(f"ip link set {vm.ifname(vm.nics[0])} up")
            self.assertIn(b"e1000e_core_write", vm.trace_log.read_bytes())

    def test_bench_flavour_runs_testpmd(self):
        try:
            image.flavour("bench")
        except cache.RigError as e:
            self.skipTest(str(e))
        with TestHost([Nic(backend=Hub()), Nic(backend=Hub())], name="bench", flavour="bench",
                      hugepages=128) as vm:
            job = vm.spawn("dpdk-testpmd -l 0-1 --no-telemetry -- --total-num-mbufs=8192 -i")
            job.wait_output("testpmd> ", 60)
            job.write("quit\n")
            result = job.wait(30)
            self.assertEqual(result.rc, 0, result.out)
            self.assertIn("Port 1: 52:54:00:00:00:02", result.out)
            self.assertEqual(vm.dmar_faults(), [])


class Ends(unittest.TestCase):
    """Whatever ends the guest, waits end soon and nothing stays behind."""

    def setUp(self):
        self.noise = contextlib.redirect_stderr(io.StringIO())
        self.noise.__enter__()
        self.addCleanup(self.noise.__exit__, None, None, None)

    def dies(self, kill, expect, **options):
        start = time.monotonic()
        with self.assertRaisesRegex(GuestDied, expect):
            with TestHost(name="rig-dies", **options) as vm:
                job = vm.spawn("sleep 600")
                start = time.monotonic()
                kill(vm)
                job.wait(60)
        self.assertLess(time.monotonic() - start, 30)
        with self.assertRaises(GuestDied):
            vm.run("true")

    def test_guest_panic(self):
        self.dies(lambda vm: vm.tell("run 0") or vm.spawn("echo c > /proc/sysrq-trigger"),
                  "sysrq triggered crash")

    def test_poweroff(self):
        self.dies(lambda vm: vm.spawn("poweroff -f"), "status 0")

    def test_killed_qemu(self):
        def kill(vm):
            children = f"/proc/{vm.process.pid}/task/{vm.process.pid}/children"
            with open(children, encoding="ascii") as f:
                os.kill(int(f.read()), signal.SIGKILL)
        self.dies(kill, "QEMU ended")

    def test_life_limit(self):
        self.dies(lambda vm: None, "status 124", limit=12)

    def test_bad_argument(self):
        with self.assertRaisesRegex(GuestDied, "no-such-device"):
            with TestHost(name="rig-bad", qemu_args=["-device", "no-such-device"]):
                pass

    def test_sigterm_leaves_nothing(self):
        self.signalled(signal.SIGTERM)

    def test_sigint_leaves_nothing(self):
        self.signalled(signal.SIGINT)

    def test_sigkill_leaves_no_process(self):
        self.signalled(signal.SIGKILL)

    def signalled(self, sig):
        """A process that has a guest gets @sig: QEMU ends and the run folder goes."""
        code = ("from testhost import *\nwith TestHost([Nic()], name='rig-sig') as vm:\n"
                " print(vm.process.pid, vm.run_dir, flush=True)\n vm.run('sleep 600', 700)\n")
        with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True,
                              stderr=subprocess.DEVNULL,
                              cwd=os.path.dirname(os.path.abspath(__file__))) as child:
            pid, run_dir = child.stdout.readline().split()
            child.send_signal(sig)
            child.wait(30)
        for _ in range(100):
            if not os.path.exists(f"/proc/{pid}"):
                break
            time.sleep(0.1)
        else:
            self.fail("QEMU is still there")
        if sig == signal.SIGKILL:
            with TestHost(name="rig-sweep"):
                pass
        self.assertFalse(os.path.exists(run_dir))


if __name__ == "__main__":
    main()
