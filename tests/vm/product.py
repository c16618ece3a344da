# SPDX-License-Identifier: BSD-2-Clause
"""The product in the test host: the programs that the image takes along, rl-fwd and rl-gen as jobs,
frames, and the test case that VM tests derive from.

    class Forward(product.GuestCase):
        @classmethod
        def nics(cls):
            return [Nic(), Nic()]

        def test_one_frame(self):
            fwd = self.fwd(self.vm.nics)
            ...
            summary = fwd.stop()
"""

import concurrent.futures
import itertools
import json
import random
import time

import cache
import case
from testhost import TestHost

# Ethernet header of a protocol that no kernel answers (IEEE local experimental)
ETHERTYPE = b"\x88\xb5"
HOST_MAC = bytes.fromhex("020000000099")
BROADCAST = b"\xff" * 6


def programs(*names, build=None):
    """Paths of built programs for TestHost's programs=. libringlib.so.0 comes along by itself."""
    paths = []
    for name in names or ("rl-fwd", "rl-gen"):
        path = (build or cache.build_dir()) / "apps" / name
        if not path.exists():
            raise cache.RigError(f"{path} is missing; run: ninja -C {build or cache.build_dir()}")
        paths.append(path)
    return paths


def uri(vm, nic):
    return f"vfio:{vm.bdf(nic)}"


class Summary(dict):
    """What a program's --json said."""

    def queues(self, port, way):
        """(packets, bytes) of each queue; @way: "rx" or "tx"."""
        return [(q["packets"], q["bytes"]) for q in self["ports"][port][way]]

    def total(self, port, way):
        """(packets, bytes) of all queues."""
        return tuple(map(sum, zip(*self.queues(port, way))))

    def device(self, port, way):
        """(packets, bytes) by the device's own registers."""
        device = self["ports"][port]["device"]
        return device[f"{way}_packets"], device[f"{way}_bytes"]

    def drops(self, port):
        """Cause -> frames, of all queues both ways and the device; those not 0."""
        found = {}
        for queue in self["ports"][port]["rx"] + self["ports"][port]["tx"]:
            for cause, count in queue["drops"].items():
                found[cause] = found.get(cause, 0) + count
        for name, count in (self["ports"][port]["device"] or {}).items():
            if name.split("_", 1)[1] not in ("packets", "bytes"):
                found[name] = count
        found["tx_full"] = self["ports"][port]["tx_full"]
        return {cause: count for cause, count in found.items() if count}


class App:
    """A program under way in the guest. Its output: app.job.output()."""

    numbers = itertools.count(1)

    def __init__(self, vm, name, *words, by=()):
        """@by: words of a command that becomes the program, such as setpriv."""
        self.vm = vm
        self.json = f"{name}-{next(self.numbers)}.json"
        if by:  # perhaps as another user
            (vm.share / self.json).touch()
            (vm.share / self.json).chmod(0o666)
        # exec: a signal to the job then meets nobody but the program.
        self.job = vm.spawn(["exec", *by, name, "--json", f"/host/{self.json}", *words])

    def wait_running(self, timeout=30):
        """Until its workers run: all ports are started by then. Frames sent earlier may be lost:
        QEMU's NICs drop one that waits on the wire at each write of RDT."""
        done = self.vm.run(f"""for i in $(seq {timeout * 50}); do
                [ $(ls /proc/$(cat /run/job/{self.job.ident})/task | wc -l) -gt 1 ] && exit
                [ $i -lt 50 ] || [ -e /run/job/{self.job.ident} ] || exit 1
                usleep 20000
            done 2>/dev/null; exit 1""", timeout + 10)
        if done.rc:
            raise AssertionError(f"does not run: {self.job.output()!r}")

    def wait_links(self, count, timeout=30):
        """Until its table shows @count ports with a link. Not with --quiet."""
        for port in range(count):
            self.job.wait_output(rf"^ *[0-9.]+ +{port} \S+ +\d+ full", timeout)

    def signal(self, sig="TERM"):
        self.job.kill(sig)

    def wait(self, timeout=30):
        """Result at its end."""
        return self.job.wait(timeout)

    def summary(self):
        """The Summary, after its end; an error if there is none."""
        path = self.vm.share / self.json
        if not path.exists() or path.stat().st_size == 0:
            raise AssertionError(f"no summary: {self.job.output()!r}")
        return Summary(json.loads(path.read_text(encoding="utf-8")))

    def finish(self, timeout=30, code=0):
        """Wait for its end by itself. Summary."""
        result = self.wait(timeout)
        if result.rc != code:
            raise AssertionError(f"exit code {result.rc}, not {code}: {result.out}")
        return self.summary()

    def stop(self, sig="TERM", timeout=30, code=0):
        """Signal it, then as finish()."""
        self.signal(sig)
        return self.finish(timeout, code)


class GuestCase(case.GuestCase):
    """One guest for all tests of a class. After each test nothing may be left behind, and the
    IOMMU must not have caught a device at an address it was not given."""

    options = {}  # of the TestHost
    guest_programs = ("rl-fwd",)

    @classmethod
    def nics(cls):
        """The guest's NICs."""
        return []

    @classmethod
    def guest(cls):
        options = {"name": cls.__name__.lower(), "programs": programs(*cls.guest_programs)}
        return TestHost(cls.nics(), **{**options, **cls.options})

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.free_pages = cls.huge_pages_free()

    def setUp(self):
        self.apps = []

    def tearDown(self):
        for app in self.apps:
            if not app.job.done():  # the test failed
                app.signal("KILL")
                app.wait()
        self.vm.ok("for i in $(seq 100); do ps | grep -q '[r]l-[fg]' || exit 0; sleep 0.1; done; "
                   "exit 1")
        self.assertEqual(self.vm.dmar_faults(), [])
        self.assertEqual(self.huge_pages_free(), self.free_pages, "huge pages left behind")

    @classmethod
    def huge_pages_free(cls):
        return cls.vm.ok("grep HugePages_Free /proc/meminfo").split()[1]

    def start(self, name, *words, by=()):
        app = App(self.vm, name, *words, by=by)
        self.apps.append(app)
        return app

    def fwd(self, nics, *options, by=()):
        """rl-fwd on @nics, running; old frames on their wires are forgotten."""
        for nic in nics:
            clear(nic)
        fwd = self.start("rl-fwd", *options, *(uri(self.vm, nic) for nic in nics), by=by)
        fwd.wait_running()
        return fwd

    def assert_frames(self, got, want, what=""):
        """Equal lists; else says where they first differ, not 2 MB of bytes."""
        for at, (one, other) in enumerate(zip(got, want)):
            if one != other:
                where = next((i for i, (a, b) in enumerate(zip(one, other)) if a != b),
                             min(len(one), len(other)))
                self.fail(f"{what}: frame {at} of {len(want)} ({len(other)} bytes, "
                          f"got {len(one)}) differs from byte {where} on: got "
                          f"{one[where:where + 16].hex()}, want {other[where:where + 16].hex()}")
        self.assertEqual(len(got), len(want), f"{what}: number of frames")

    def assert_silent(self, *nics):
        """Nothing more came out there."""
        for nic in nics:
            self.assertEqual(len(nic.backend.frames), 0, f"{nic.name}: frames nobody sent")


def clear(nic):
    """Forget what came out of @nic (Dgram)."""
    if hasattr(nic.backend, "frames"):
        with nic.backend.ready:
            nic.backend.frames.clear()


def exchange(*ways, timeout=30):
    """Send on several wires at once. Each of @ways: (nic, frames, far nic, number that must come
    out there). Returns the list of what came out, one for each way; may be short."""
    def send(nic, frames):
        for data in frames:
            nic.send(data)

    end = time.monotonic() + timeout
    with concurrent.futures.ThreadPoolExecutor(len(ways)) as pool:
        senders = [pool.submit(send, nic, frames) for nic, frames, _, _ in ways]
        got = [far.collect(count, max(1, end - time.monotonic())) for _, _, far, count in ways]
        for sender in senders:
            sender.result()
    return got


def frame(size, rng, dst=None, src=HOST_MAC, kind=ETHERTYPE):
    """A frame of @size bytes with random contents; without @dst all of it is random."""
    if dst is None:
        return rng.randbytes(size)
    return dst + src + kind + rng.randbytes(size - 14)


def vlan_frame(size, rng):
    """With an 802.1Q tag: bytes 12 to 15."""
    return rng.randbytes(6) + HOST_MAC + b"\x81\x00\x00\x64" + ETHERTYPE + rng.randbytes(size - 18)


def frames(sizes, seed, rounds=1):
    """Random frames of all @sizes, @rounds times, in random order."""
    rng = random.Random(seed)
    want = list(sizes) * rounds
    rng.shuffle(want)
    return [frame(size, rng) for size in want]


def total(data):
    """(frames, bytes) of a list of frames."""
    return len(data), sum(map(len, data))


def mac(nic):
    return bytes.fromhex(nic.mac.replace(":", ""))
