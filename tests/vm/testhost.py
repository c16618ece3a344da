# SPDX-License-Identifier: BSD-2-Clause
"""A QEMU guest with a stock kernel and emulated NICs: what VM tests, demo and benchmarks run in.

    with TestHost(nics=[Nic(bind="vfio"), Nic(bind="kernel")]) as vm:
        print(vm.run("ip link").out)
        vm.nics[1].send(frame)

Needs no root. Every wait has a limit and ends at once, with the tail of the console, when QEMU
dies. See README.md.
"""

import fcntl
import os
import pathlib
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import types

import cache
import image
import kernel
import nic as nic_module
import qemu
from nic import Dgram, Hub, Nic, Sink, Tap  # noqa: F401 (callers import them from here)
from qmp import Qmp, QmpError  # noqa: F401

DEFAULTS = {
    "name": "vm",            # of the log folder
    "hugepages": 64,         # pages at boot; 0: none
    "hugepage_size": None,   # "2M" (the kernel's default) or "1G" (needs mem="4G")
    "mem": "1G",
    "smp": 2,
    "iommu": True,
    "aw_bits": None,         # IOMMU address width: None is QEMU's own (39), or 48
    "cmdline": "",           # more kernel command line
    "modules": (),           # more kernel modules to load
    "files": {},             # guest path -> host path, or bytes
    "programs": (),          # host programs: to /usr/bin, with their shared libraries
    "qemu_args": (),
    "plugin": None,          # TCG plugin: "file.so,arg=value"; it writes to vm.trace_log
    "trace": (),             # QEMU trace events, e.g. "e1000e_core_write"; to vm.trace_log
    "flavour": "base",       # or "bench": with dpdk-testpmd
    "kernel": None,          # a version or package, see kernel.py
    "accel": None,           # "kvm" or "tcg"; None finds out
    "shell": False,          # vm.shell is then a socket with an interactive shell
    "limit": 900,            # seconds after which QEMU is ended, come what may
    "boot_timeout": 120,
}


KEPT = 20  # folders of failed runs


class GuestDied(Exception):
    """QEMU ended: killed, a guest panic, or bad arguments. The text has the console's tail."""


class ClockWrong(cache.RigError):
    """Its kernel took the TSC for much faster or slower than it is ("Unable to calibrate against
    PIT"), as happens on a busy machine: no time limit in the guest means what it says."""


class CommandFailed(AssertionError):
    """A command that had to succeed did not."""


class Result:
    """@rc as a shell reports it (128 + signal); @out: stdout and stderr together."""

    def __init__(self, command, rc, out):
        self.command, self.rc, self.out = command, rc, out

    def __repr__(self):
        return f"rc={self.rc} of {self.command!r}:\n{self.out}"


class Job:
    """A command under way in the guest."""

    def __init__(self, vm, ident, command):
        self.vm, self.ident, self.command = vm, ident, command
        self.folder = vm.share / ".rig" / ident
        self.rc = None

    def output(self):
        """All that it has written so far."""
        try:
            return (self.folder / "out").read_bytes().decode(errors="replace")
        except FileNotFoundError:
            return ""

    def done(self):
        return self.rc is not None

    def wait(self, timeout=60):
        """Result, or TimeoutError (the command is then killed)."""
        try:
            self.vm.wait_for(self.done, timeout, f"{self.command!r}")
        except TimeoutError as e:
            self.kill("KILL")
            raise TimeoutError(f"{e}; output so far:\n{self.output()[-4000:]}") from None
        return Result(self.command, self.rc, self.output())

    def wait_output(self, pattern, timeout=60):
        """Match of regular expression @pattern in the output; an error if it ends without.
        Programs block-buffer what goes to a file: flush each line there, or wait in vain."""
        found = []

        def seen():
            found[:] = [re.search(pattern, self.output(), re.M)]
            return found[0] or self.done()
        self.vm.wait_for(seen, timeout, f"{pattern!r} from {self.command!r}", poll=0.05)
        if not found[0]:
            found[0] = re.search(pattern, self.output(), re.M)
        if not found[0]:
            raise CommandFailed(f"no {pattern!r} in {Result(self.command, self.rc, self.output())}")
        return found[0]

    def write(self, text):
        """To its standard input."""
        self.vm.ok(f"printf %s {shlex.quote(text)} > /run/job/{self.ident}.in")

    def kill(self, sig="TERM"):
        """Signal @sig (name or number) to the command and all it started."""
        self.vm.tell(f"kill {self.ident} {getattr(sig, 'name', str(sig)).replace('SIG', '')}")


class TestHost:
    """@nics: list of Nic, each for this guest only; the options are DEFAULTS above."""

    def __init__(self, nics=(), **options):
        unknown = set(options) - set(DEFAULTS)
        if unknown:
            raise TypeError(f"no such option: {', '.join(sorted(unknown))}")
        self.opts = types.SimpleNamespace(**{**DEFAULTS, **options})
        self.nics = list(nics)
        for index, nic in enumerate(self.nics):
            nic.attach(index)
        self.news = threading.Condition()
        self.jobs, self.count = {}, 0
        self.ready = self.dead = False
        self.keep_logs = False
        self.process = self.run_dir = self.share = self.shell = None
        self._sockets, self._faults_seen, self._owner = [], 0, None

    # Life

    def __enter__(self):
        try:
            self._start()
            self._check_clock()
        except BaseException as e:
            self.keep_logs = not isinstance(e, ClockWrong)
            self.stop()
            raise
        return self

    def _check_clock(self):
        """Compare half a second of the guest with one of ours."""
        begin, guest = time.monotonic(), float(self.ok("cat /proc/uptime").split()[0])
        time.sleep(0.5)
        guest = float(self.ok("cat /proc/uptime").split()[0]) - guest
        rate = guest / (time.monotonic() - begin)
        if not 0.5 < rate < 2:
            raise ClockWrong(f"the guest's clock runs at {rate:.2f} of the right rate: this machine "
                             "was too busy when the guest booted; try again")

    def __exit__(self, kind, *_):
        if kind is not None:
            self.keep_logs = True
        self.stop()

    def _start(self):
        _sigterm_raises()
        qemu.find()
        kern = kernel.get(kernel.package_name(self.opts.kernel))
        base = image.base(kern, self.opts.flavour)
        self._make_run_dir()
        initrd = image.with_job(base, self.run_dir / "initrd", self.opts.files,
                                self.opts.programs)
        fds = {"agent": self._socket("agent"), "qmp": self._socket("qmp")}
        if self.opts.shell:
            fds["shell"] = self._socket("shell")
        cmd, self.accel = qemu.command(self.opts, self.nics, kern, initrd, self.run_dir, fds)
        self._launch(cmd, list(fds.values()))
        threading.Thread(target=self._reader, daemon=True).start()
        self._qmp = Qmp(self.qmp_socket, self.check)
        self.qmp("qmp_capabilities")
        self.wait_for(lambda: self.ready, self.opts.boot_timeout, "the guest's agent")
        self.boot_seconds = time.monotonic() - self.started

    def _make_run_dir(self):
        _sweep()
        top = cache.make_dir(cache.vm_dir() / "run")
        self.run_dir = pathlib.Path(tempfile.mkdtemp(prefix=f"{self.opts.name}-", dir=top))
        self._owner = open(self.run_dir / ".owner", "w", encoding="ascii")
        fcntl.flock(self._owner, fcntl.LOCK_EX)
        self.share = self.run_dir / "share"
        (self.share / ".rig").mkdir(parents=True)
        self.console_log = self.run_dir / "console.log"
        self.qemu_log = self.run_dir / "qemu.log"
        self.trace_log = self.run_dir / "trace.log"

    def _socket(self, name):
        """Our end becomes self.@name_socket; QEMU inherits the returned descriptor."""
        ours, theirs = socket.socketpair()
        setattr(self, name if name == "shell" else f"{name}_socket", ours)
        self._sockets += [ours, theirs]
        return theirs.fileno()

    def _launch(self, cmd, fds):
        """`timeout` bounds QEMU's life; setpriv ties it to ours (to the calling thread's), and
        QEMU's to that of `timeout`."""
        guard = ["setpriv", "--pdeathsig", "TERM", "timeout", "-k", "5", str(self.opts.limit),
                 "setpriv", "--pdeathsig", "KILL"]
        (self.run_dir / "command").write_text(shlex.join(cmd) + "\n", encoding="utf-8")
        for nic in self.nics:
            fds = fds + list(nic.backend.fds)
        self.started = time.monotonic()
        with open(self.qemu_log, "wb") as log:
            self.process = subprocess.Popen(guard + cmd, stdin=subprocess.DEVNULL, stdout=log,
                                            stderr=log, pass_fds=fds)
        for sock in self._sockets[1::2]:
            sock.close()
        for nic in self.nics:
            nic.backend.start(self.check)
        threading.Thread(target=self._watch, daemon=True).start()

    def _watch(self):
        self.process.wait()
        with self.news:
            self.dead = True
            self.news.notify_all()

    def stop(self):
        """End QEMU and remove the run folder; with keep_logs its logs go to <build>/vm/failed/."""
        if self.process:
            self.process.terminate()
            self.process.wait()  # `timeout -k` bounds it
        for sock in self._sockets:
            sock.close()
        for nic in self.nics:
            nic.backend.close()
        if self.run_dir:
            self._clear_run_dir()
        self.process = self.run_dir = None

    def _clear_run_dir(self):
        if self.keep_logs and self.process:
            kept = cache.make_dir(cache.vm_dir() / "failed") / self.run_dir.name
            (self.run_dir / "initrd").unlink(missing_ok=True)
            self.run_dir.rename(kept)
            self._owner.close()
            (kept / ".owner").unlink()
            print(f"vm: logs kept in {kept}", file=sys.stderr)
            for old in sorted(kept.parent.iterdir(), key=os.path.getmtime)[:-KEPT]:
                shutil.rmtree(old, ignore_errors=True)
        else:
            shutil.rmtree(self.run_dir, ignore_errors=True)
            self._owner.close()

    # Waiting

    def check(self):
        """Raise GuestDied if QEMU has ended."""
        if self.dead or self.process is None:
            raise GuestDied(self._obituary())

    def _obituary(self):
        if not self.run_dir:
            return "the guest was stopped"
        said = _tail(self.qemu_log)
        return (f"QEMU ended with status {self.process.returncode}\n{said}\n"
                f"--- console ---\n{_tail(self.console_log)}")

    def wait_for(self, condition, timeout, what, poll=0.5):
        """Until @condition() is true; TimeoutError after @timeout s, GuestDied if QEMU ends."""
        end = time.monotonic() + timeout
        with self.news:
            while not condition():
                self.check()
                left = end - time.monotonic()
                if left <= 0:
                    raise TimeoutError(f"{what}: not within {timeout} s\n--- console ---\n"
                                       f"{_tail(self.console_log)}")
                self.news.wait(min(left, poll))

    def _reader(self):
        """Lines from the agent."""
        try:
            for line in self.agent_socket.makefile("r", encoding="ascii", errors="replace"):
                words = line.split()
                with self.news:
                    if words == ["ready"]:
                        self.ready = True
                    elif len(words) == 3 and words[0] == "done" and words[1] in self.jobs:
                        self.jobs.pop(words[1]).rc = int(words[2])
                    self.news.notify_all()
        except OSError:
            pass  # stop() closed it

    # Commands

    def tell(self, line):
        """One line to the agent."""
        try:
            self.agent_socket.sendall(line.encode() + b"\n")
        except OSError:
            self.wait_for(lambda: False, 5, "QEMU's end")

    def spawn(self, command):
        """Start @command (shell text, or a list of words) in the guest; returns a Job."""
        self.check()
        if not isinstance(command, str):
            command = shlex.join(str(word) for word in command)
        with self.news:
            self.count += 1
            job = Job(self, str(self.count), command)
            self.jobs[job.ident] = job
        job.folder.mkdir()
        (job.folder / "cmd").write_text(command + "\n", encoding="utf-8")
        self.tell(f"run {job.ident}")
        return job

    def run(self, command, timeout=60):
        """Run @command to its end; Result with rc and out."""
        return self.spawn(command).wait(timeout)

    def ok(self, command, timeout=60):
        """Run @command, which must exit 0; returns its output."""
        result = self.run(command, timeout)
        if result.rc:
            raise CommandFailed(repr(result))
        return result.out

    # The machine

    def qmp(self, command, timeout=10, **args):
        """@args as QMP names them; **{"a-b": 1} for those that are no Python names."""
        return self._qmp.call(command, args, timeout)

    def set_link(self, nic, up):
        self.qmp("set_link", name=nic.name, up=up)

    def unplug(self, nic, timeout=30):
        """Ask the guest to let @nic go and wait until it is gone. While VFIO's file is open the
        guest waits for its holder: use request_unplug() then, and wait_unplugged()."""
        self.request_unplug(nic)
        self.wait_unplugged(nic, timeout)

    def request_unplug(self, nic):
        if not nic.port:
            raise ValueError(f"{nic.model} is on the root bus, which takes no hot-unplug")
        self.qmp("device_del", id=nic.name)

    def wait_unplugged(self, nic, timeout=30):
        self._qmp.event("DEVICE_DELETED", lambda d: d.get("device") == nic.name, timeout)

    def plug(self, nic, bind=None, timeout=30):
        """Put @nic back and bind it as its options say (or as @bind)."""
        self.qmp("device_add", **nic.device(self.opts.iommu))
        end = time.monotonic() + timeout
        while True:
            try:
                self.bdf(nic)
                break
            except LookupError as e:
                if time.monotonic() > end:
                    raise TimeoutError(str(e)) from None
            time.sleep(0.1)
        self.bind(nic, bind or nic.bind)

    # Inside

    def bdf(self, nic):
        """Its PCI address in the guest: at its slot, or the one device behind that port."""
        slot = f"0000:00:{nic.slot:02x}.0"
        inside = f"{slot}/0000:??:??.?" if nic.port else slot
        found = self.run(f"cd /sys/bus/pci/devices && ls -d {inside} 2>/dev/null").out.split()
        if not found:
            raise LookupError(f"{nic.name} is not in the guest")
        return os.path.basename(found[0])

    def driver(self, nic):
        """The driver it is bound to, or None."""
        link = self.run(f"readlink /sys/bus/pci/devices/{self.bdf(nic)}/driver").out.strip()
        return os.path.basename(link) or None

    def group(self, nic):
        """Its VFIO group file: /dev/vfio/N."""
        link = self.ok(f"readlink /sys/bus/pci/devices/{self.bdf(nic)}/iommu_group").strip()
        return f"/dev/vfio/{os.path.basename(link)}"

    def ifname(self, nic):
        """The kernel's name of its network interface."""
        here = f"/sys/bus/pci/devices/{self.bdf(nic)}"
        return self.ok(f"ls {here}/net 2>/dev/null || ls {here}/virtio*/net").split()[0]

    def up(self, nic, address=None, timeout=30):
        """Bring up the kernel's interface, with @address if given, and wait for the carrier
        (e1000e takes some 3 s: what is sent earlier is lost). Returns its name."""
        name = self.ifname(nic)
        self.ok(f"ip link set {name} up" + (f" && ip addr add {address} dev {name}" if address
                                            else ""))
        self.ok(f"until [ $(cat /sys/class/net/{name}/carrier) = 1 ]; do sleep 0.1; done", timeout)
        return name

    def bind(self, nic, how):
        """@how: as for Nic. Leaves the driver that has it, if any."""
        nic.bind = how
        bdf = self.bdf(nic)
        override = "" if how == "kernel" else nic.driver
        script = [f"modprobe {m}" for m in qemu.modules(types.SimpleNamespace(modules=()), [nic])]
        script += [f"cd /sys/bus/pci/devices/{bdf}", f"echo '{override}' > driver_override",
                   f"if [ -e driver ]; then echo {bdf} > driver/unbind; fi",
                   f"echo {bdf} > /sys/bus/pci/drivers_probe"]
        if how != "none":
            script += ["[ -e driver ]"]
        self.ok(" && ".join(script))

    def dmesg(self):
        return self.ok("dmesg")

    def dmar_faults(self):
        """Fault lines of the IOMMU since boot or the last call: the proof that a device did no
        DMA outside what was mapped. The kernel prints at most ten per 5 s, so none means none,
        but the count is a lower bound."""
        lines = [x for x in self.dmesg().splitlines() if re.search(r"DMAR: \[|INTR-REMAP: ", x)]
        new, self._faults_seen = lines[self._faults_seen:], len(lines)
        return new


def _tail(path, size=3000):
    try:
        return path.read_bytes()[-size:].decode(errors="replace").replace("\r", "").strip()
    except OSError:
        return ""


def _sweep():
    """Remove run folders whose owner was killed: their lock is free."""
    for owner in (cache.vm_dir() / "run").glob("*/.owner"):
        try:
            with open(owner, "r+", encoding="ascii") as f:
                fcntl.flock(f, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(owner.parent, ignore_errors=True)
        except OSError:
            pass  # in use, or gone


def _sigterm_raises():
    """A plain SIGTERM (meson's time limit) then unwinds through our clean-up."""
    if threading.current_thread() is threading.main_thread() and \
            signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
