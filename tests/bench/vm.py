# SPDX-License-Identifier: BSD-2-Clause
"""Benchmarks in the test host: ringlib against dpdk-testpmd (e1000 PMD over vfio-pci).

Same guest, same NICs, same backends, one core (vCPU 1, isolated), bursts of 32, rings of 512. The
two sides take turns: each runs for WINDOW_S seconds, RUNS times. Frame sizes are given with FCS.

Instructions come from a TCG plugin that counts what a vCPU executes. Only the forwarding thread runs
in user mode on the isolated vCPU, so its whole life is counted, against the counters that each side
prints when it ends. Empty polls are taken off: their price is measured on a link without traffic.
"""
import json
import os
import re
import shutil
import socket
import sys
import time

import results

sys.path.insert(0, os.path.join(results.ROOT, "tests", "vm"))
from testhost import CommandFailed, GuestDied, Hub, Nic, Sink, TestHost  # noqa: E402
import cache  # noqa: E402

RUNS = 9
WINDOW_S = 2
SETTLE_S = 1
BOOT = {"name": "bench", "flavour": "bench", "mem": "2G", "hugepages": 256, "limit": 1800,
        "cmdline": "isolcpus=1"}
PEER = "dpdk-testpmd"
LIBSTDBUF = "/usr/libexec/coreutils/libstdbuf.so"  # what stdbuf preloads

PPS = {"vm.e1000e.tx64.pps": ("tx", 60), "vm.e1000e.rx64.pps": ("rx", 60),
       "vm.e1000e.fwd64.pps": ("fwd", 60), "vm.e1000e.fwd1518.pps": ("fwd", 1514)}
INSNS = ("vm.e1000e.fwd64.insns", "vm.e1000e.fwd64.empty_poll_insns",
         "vm.e1000e.fwd64.packets_per_burst")


def metrics(_build):
    return [*PPS, *INSNS]


class Rig:
    """The guest, with a source's NIC wired to the first NIC under test; the second leads nowhere."""

    def __init__(self, build, **options):
        self.source, self.first, self.second = \
            Nic(backend=Hub(0)), Nic(backend=Hub(0)), Nic(backend=Sink())
        self.vm = TestHost(
            [self.source, self.first, self.second], **BOOT, **options,
            files={LIBSTDBUF: LIBSTDBUF},
            programs=[os.path.join(build, "apps", "rl-fwd"), shutil.which("stdbuf"),
                      os.path.join(build, "tests", "bench", "bench_port")])

    def __enter__(self):
        self.vm.__enter__()
        self.bdf = {nic: self.vm.bdf(nic) for nic in self.vm.nics}
        return self

    def __exit__(self, *what):
        self.vm.__exit__(*what)

    def uri(self, nic):
        return f"vfio:{self.bdf[nic]}"

    def send(self, size):
        """The source: the same for both sides, on vCPU 0."""
        job = self.vm.spawn(["exec", "bench_port", "tx", self.uri(self.source), "0", str(size)])
        job.wait_output(r"^pps [1-9]", 30)
        return job


def stop(job):
    job.kill("TERM")
    result = job.wait(30)
    if result.rc:
        raise CommandFailed(repr(result))
    return result


class Ours:
    """rl-fwd for forwarding; bench_port for what testpmd calls txonly and rxonly."""

    def __init__(self, rig, kind, size):
        self.rig, self.kind = rig, kind
        if kind == "fwd":
            self.json = f"fwd-{time.monotonic_ns()}.json"
            words = ["rl-fwd", "--cpus", "1", "--rx-slots", "512", "--tx-slots", "512", "--json",
                     f"/host/{self.json}", rig.uri(rig.first), rig.uri(rig.second)]
        else:
            words = ["bench_port", kind, rig.uri(rig.first), "1", str(size)]
        self.job = rig.vm.spawn(["exec", *words])
        self.job.wait_output(r"^ready|^pps", 30)

    def rate(self):
        """Packets a second, by the last whole second that it printed."""
        if self.kind != "fwd":
            return float(re.findall(r"^pps (\d+)", self.job.output(), re.M)[-1])
        rows = re.findall(r"^ *[\d.]+ +1 vfio\S+ +\d+ full +\S+ +([\d,]+)", self.job.output(), re.M)
        return float(rows[-1].replace(",", ""))

    def measure(self):
        rates = []
        time.sleep(SETTLE_S)
        for _ in range(WINDOW_S):
            time.sleep(1.02)
            rates.append(self.rate())
        return sum(rates) / len(rates)

    def end(self):
        """(packets, bursts with packets, empty bursts), for forwarding."""
        stop(self.job)
        if self.kind != "fwd":
            return None
        with open(self.rig.vm.share / self.json, encoding="utf-8") as f:
            lanes = json.load(f)["lanes"]
        return tuple(sum(lane[k] for lane in lanes) for k in ("received", "bursts", "empty_bursts"))


class Testpmd:
    """The peer, driven by its prompt. Rates are its own: between two looks at the counters."""

    MODES = {"tx": "txonly", "rx": "rxonly", "fwd": "io"}

    def __init__(self, rig, kind, size, bursts=False):
        self.rig, self.kind = rig, kind
        nics = [rig.first, rig.second] if kind == "fwd" else [rig.first]
        words = ["dpdk-testpmd", "-l", "0-1", "--main-lcore", "0", "--no-telemetry", "--in-memory"]
        for nic in nics:
            words += ["-a", rig.bdf[nic]]
        # Without link events: they are printed into the middle of other lines.
        words += ["--", "-i", "--no-lsc-interrupt", "--nb-cores=1", "--burst=32", "--rxd=512",
                  "--txd=512", "--total-num-mbufs=8192", f"--forward-mode={self.MODES[kind]}",
                  f"--txpkts={size}"] + (["--record-burst-stats"] if bursts else [])
        self.job = rig.vm.spawn(["exec", "stdbuf", "-oL", *words])
        self.job.wait_output("^Done", 60)  # behind "Checking link statuses..."
        self.port = len(nics) - 1
        self.command("start", "packet forwarding")

    def command(self, text, answer):
        """Its output from the command's answer on."""
        before = len(self.job.output())
        self.job.write(text + "\n")
        self.rig.vm.wait_for(lambda: re.search(answer, self.job.output()[before:]), 20,
                             f"{answer!r} after {text!r}", poll=0.05)
        return self.job.output()[before:]

    def look(self):
        word = "Rx" if self.kind == "rx" else "Tx"
        out = self.command(f"show port stats {self.port}", r"Tx-pps:.*\n[^#]*#####")
        return float(re.search(rf"{word}-pps: +(\d+)", out).group(1))

    def measure(self):
        time.sleep(SETTLE_S)
        self.look()
        time.sleep(WINDOW_S)
        return self.look()

    def end(self):
        out = self.command("stop", r"Done\.")
        self.job.write("quit\n")
        result = self.job.wait(30)
        if result.rc:
            raise CommandFailed(repr(result))
        packets = re.search(r"Accumulated.*?RX-packets: (\d+)", out, re.S)
        # Shares are in whole percents, too coarse: in io mode each burst that is not empty makes
        # one transmit burst.
        polls = sum(map(int, re.findall(r"RX-bursts : (\d+)", out)))
        full = sum(map(int, re.findall(r"TX-bursts : (\d+)", out)))
        return int(packets.group(1)), full, polls - full


def pps_runs(rig, kind, size):
    """[ours, peer, ratio] of each pair of windows."""
    source = rig.send(size) if kind != "tx" else None
    runs = []
    for turn in range(RUNS):
        rates = {}
        for side in (Ours, Testpmd) if turn % 2 else (Testpmd, Ours):
            program = side(rig, kind, size)
            rates[side] = program.measure()
            program.end()
        runs.append([rates[Ours], rates[Testpmd], rates[Ours] / rates[Testpmd]])
    if source:
        stop(source)
    return runs


def user_insns(path):
    """Of vCPU 1, so far."""
    with socket.socket(socket.AF_UNIX) as s:
        s.settimeout(10)
        s.connect(path)
        for line in s.makefile("r", encoding="ascii"):
            vcpu, user, _kernel = map(int, line.split())
            if vcpu == 1:
                return user
    return 0


def life(rig, path, make):
    """One program from start to end: user instructions, packets, bursts, empty bursts."""
    before = user_insns(path)
    program = make()
    time.sleep(SETTLE_S + WINDOW_S)
    counted = program.end()
    return (user_insns(path) - before, *counted)


def insns_runs(rig, path):
    """Metric -> [ours, peer, ratio] of each turn."""
    makes = (lambda: Ours(rig, "fwd", 60), lambda: Testpmd(rig, "fwd", 60, bursts=True))
    poll = []
    for make in makes:
        insns, packets, _bursts, empty = life(rig, path, make)
        if packets or not empty:
            raise CommandFailed(f"{packets} packets, {empty} empty bursts on a link without traffic")
        poll.append(insns / empty)
    runs = {"vm.e1000e.fwd64.empty_poll_insns": [[*poll, poll[0] / poll[1]]]}
    source = rig.send(60)
    for _ in range(RUNS):
        per_packet, per_burst = [], []
        for make, price in zip(makes, poll):
            insns, packets, bursts, empty = life(rig, path, make)
            per_packet.append((insns - empty * price) / packets)
            per_burst.append(packets / bursts)
        runs.setdefault("vm.e1000e.fwd64.insns", []).append(
            [*per_packet, per_packet[0] / per_packet[1]])
        runs.setdefault("vm.e1000e.fwd64.packets_per_burst", []).append(
            [*per_burst, per_burst[0] / per_burst[1]])
    stop(source)
    return runs


def run_pps(build, wanted):
    done = 0
    with Rig(build) as rig:
        for metric in wanted:
            results.emit(results.reduce(metric, "packets/s", PEER, pps_runs(rig, *PPS[metric])))
            done += 1
        faults = rig.vm.dmar_faults()
        if faults:
            results.note(f"the IOMMU saw: {faults[0]}")
    return len(wanted) - done


def run_insns(build, wanted):
    path = os.path.join(results.FOLDER, f"insns-{os.getpid()}.sock")
    plugin = os.path.join(build, "tests", "bench", "insns_plugin.so")
    units = {"insns": "user instructions/packet", "empty_poll_insns": "user instructions/poll",
             "packets_per_burst": "packets"}
    try:
        with Rig(build, plugin=f"{plugin},socket={path}", accel="tcg") as rig:
            runs = insns_runs(rig, path)
    finally:
        if os.path.exists(path):
            os.unlink(path)
    for metric in wanted:
        unit = units[metric.rsplit(".", 1)[1]]
        results.emit(results.reduce(metric, unit, PEER, runs[metric]))
    return 0


def run(build, wanted):
    """Measure @wanted, emit results. Return: how many metrics have none."""
    missing = 0
    for part, names in ((run_pps, PPS), (run_insns, INSNS)):
        mine = [m for m in wanted if m in names]
        if not mine:
            continue
        try:
            missing += part(build, mine)
        except (cache.RigError, CommandFailed, GuestDied, TimeoutError, OSError) as err:
            results.note(f"{', '.join(mine)}: {err}")
            missing += len(mine)
    return missing
