#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""make demo: real traffic through two NICs that rl-fwd drives from user space.

Boots the test host with two e1000e behind an IOMMU, both given to rl-fwd through VFIO. The wires of
both NICs end here, outside the guest: a capture of real traffic goes in on each, over and over, and
what comes out on the other is compared byte for byte. Exit code 0 only if nothing was lost, changed
or out of order, all counters agree, and no device touched memory that it had not been given.
"""

import argparse
import json
import pathlib
import sys
import threading
import time

import cache
import pcapfile
from product import programs, uri
from record_capture import protocols
from testhost import CommandFailed, GuestDied, Nic, TestHost

CAPTURE = pathlib.Path(__file__).resolve().parents[1] / "data" / "traffic.pcap"
SUMMARY = "rl-fwd.json"
LINK_TIMEOUT = 20   # seconds for booted NICs to report a link
DRAIN_TIMEOUT = 5   # seconds without a frame before the rest counts as lost
LOOK_AHEAD = 64      # frames that may be missing in a row before the rest counts as changed


class Failed(Exception):
    """The demo cannot go on; the text is for people."""


class Wire:
    """The outside end of a NIC's wire: sends the capture at a steady rate, keeps what comes out."""

    def __init__(self, nic, frames, rate):
        self.nic, self.frames, self.rate = nic, frames, rate
        self.sent = 0
        self.error = None
        self.stopping = threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)

    def _run(self):
        begin = time.monotonic()
        try:
            while not self.stopping.is_set():
                due = int((time.monotonic() - begin) * self.rate) - self.sent
                for _ in range(min(due, 64)):
                    self.nic.send(self.frames[self.sent % len(self.frames)])
                    self.sent += 1
                if due <= 0:
                    self.stopping.wait(0.002)
        except Exception as e:  # pylint: disable=broad-except
            self.error = e

    def finish(self):
        """End with a whole capture, so that every frame of it was sent equally often."""
        self.stopping.set()
        self.thread.join(30)
        while not self.error and self.sent % len(self.frames):
            self.nic.send(self.frames[self.sent % len(self.frames)])
            self.sent += 1
        if self.error:
            raise Failed(f"the wire of {self.nic.name} took no more frames: {self.error}")


class Live:
    """Passes on what rl-fwd prints, as it prints it."""

    def __init__(self, job):
        self.job, self.shown = job, 0

    def show(self):
        text = self.job.output()
        end = text.rfind("\n") + 1
        for line in text[self.shown:end].splitlines():
            print(f"    {line}", flush=True)
        self.shown = max(end, self.shown)


def say(text=""):
    print(text, flush=True)


def start_forwarder(vm, a, b):
    words = ["rl-fwd", uri(vm, a), uri(vm, b)]
    say(f"Starting in the guest: {' '.join(words)}")
    job = vm.spawn(["exec", *words, "--json", f"/host/{SUMMARY}"])
    live = Live(job)
    try:
        job.wait_output(r"^ready: ", LINK_TIMEOUT)
        for port in range(2):
            job.wait_output(rf"^ *[0-9.]+ +{port} \S+ +\d+ full", LINK_TIMEOUT)
    except (CommandFailed, TimeoutError) as e:
        live.show()
        late = isinstance(e, TimeoutError)
        raise Failed(f"no link within {LINK_TIMEOUT} s" if late else "rl-fwd ended") from None
    return job, live


def run_traffic(vm, wires, live, seconds):
    for wire in wires:
        wire.thread.start()
    end = time.monotonic() + seconds
    while time.monotonic() < end and not any(w.error for w in wires):
        live.show()
        vm.check()
        if live.job.done():
            raise Failed("rl-fwd ended by itself")
        time.sleep(0.1)
    for wire in wires:
        wire.finish()
    live.show()


def drain(wires):
    """What came out of each NIC, once nothing more does."""
    want = [wires[1].sent, wires[0].sent]
    got = [[], []]
    last = time.monotonic()
    while time.monotonic() - last < DRAIN_TIMEOUT and any(len(g) < w for g, w in zip(got, want)):
        for wire, count, frames in zip(wires, want, got):
            if len(frames) < count:
                more = wire.nic.collect(count - len(frames), 0.2)
                frames += more
                last = time.monotonic() if more else last
    time.sleep(0.2)  # a frame too many would come about now
    for wire, frames in zip(wires, got):
        frames += wire.nic.collect(len(wire.nic.backend.frames), 1)
    return got


def compare(sent, frames, got):
    """(unchanged and in order, all others, lost) of @got, where @frames went in, @sent in all."""
    at = good = other = 0
    for frame in got:
        for number in range(at, min(at + LOOK_AHEAD, sent)):
            if frame == frames[number % len(frames)]:
                good += 1
                at = number + 1
                break
        else:
            other += 1
    return good, other, max(0, sent - good - other)


def check_counters(summary, sent):
    """Differences between what was sent and what rl-fwd and the NICs counted, as lines."""
    wrong = []
    for number, port in enumerate(summary["ports"]):
        for way, count in (("rx", sent[number]), ("tx", sent[1 - number])):
            queues = sum(q["packets"] for q in port[way])
            device = port["device"][f"{way}_packets"]
            if (queues, device) != (count, count):
                wrong.append(f"port {number} {way}: {count} packets, of which rl-fwd counted "
                             f"{queues} and the NIC {device}")
        drops = {c: n for q in port["rx"] + port["tx"] for c, n in q["drops"].items() if n}
        if drops or port["tx_full"]:
            wrong.append(f"port {number}: dropped {drops}, tx_full {port['tx_full']}")
    if summary["leaked_buffers"]:
        wrong.append(f"{summary['leaked_buffers']} buffers leaked")
    return wrong


def stop_forwarder(vm, job, live):
    job.kill("INT")
    result = job.wait(20)
    live.show()
    path = vm.share / SUMMARY
    if result.rc or not path.exists():
        raise Failed(f"rl-fwd ended with code {result.rc}")
    return json.loads(path.read_text(encoding="utf-8"))


def report(wires, results, wrong, faults):
    """The last word. True if all is well."""
    sent = sum(w.sent for w in wires)
    good, other, lost = (sum(column) for column in zip(*results))
    say(f"{sent:,} packets sent in ({wires[0].sent:,} on wire A, {wires[1].sent:,} on wire B), "
        f"{good:,} came out unchanged on the")
    say(f"other side and in order: {lost:,} lost, {other:,} changed, doubled or out of order.")
    for line in wrong:
        say(f"Counters differ: {line}")
    if not wrong:
        say("rl-fwd and both NICs' own registers counted exactly the same.")
    for line in faults:
        say(f"IOMMU: {line}")
    if not faults:
        say("The IOMMU caught no device outside the memory it was given (0 faults).")
    well = good == sent > 0 and not (other or lost or wrong or faults)
    say("Demo passed." if well else "DEMO FAILED.")
    return well


def traffic(vm, frames, options):
    """Everything that happens while the guest runs: (wires, what came out, summary, faults)."""
    job, live = start_forwarder(vm, *vm.nics)
    kinds = ", ".join(f"{n} {kind}" for kind, n in protocols(frames).most_common())
    say(f"Sending {options.rate:,} packets a second into both wires for {options.seconds:g} s: "
        f"{len(frames)} frames of a")
    say(f"Linux kernel's own traffic, over and over ({kinds}).")
    wires = [Wire(nic, frames, options.rate) for nic in vm.nics]
    run_traffic(vm, wires, live, options.seconds)
    got = drain(wires)
    return wires, got, stop_forwarder(vm, job, live), vm.dmar_faults()


def demo(options):
    frames = [f.data for f in pcapfile.read(options.capture)]
    say("ringlib demo: a program that is no kernel forwards packets between two network cards.")
    say("Booting the test host: a QEMU machine with two e1000e NICs behind an IOMMU ...")
    with TestHost([Nic(), Nic()], name="demo", programs=programs("rl-fwd")) as vm:
        say(f"Up in {vm.boot_seconds:.1f} s ({vm.accel}).")
        say()
        say("  wire A ==[ NIC 0 ]-- rl-fwd --[ NIC 1 ]== wire B")
        say()
        try:
            outcome = traffic(vm, frames, options)
        except KeyboardInterrupt:
            outcome = None  # the guest ends in peace: nothing went wrong, no logs to keep
    if not outcome:
        raise KeyboardInterrupt
    wires, got, summary, faults = outcome
    say()
    results = [compare(wires[1 - i].sent, frames, got[i]) for i in range(2)]
    return report(wires, results, check_counters(summary, [w.sent for w in wires]), faults)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=10, help="length of the traffic (10)")
    parser.add_argument("--rate", type=int, default=1000,
                        help="packets a second into each wire (1000)")
    parser.add_argument("--capture", type=pathlib.Path, default=CAPTURE)
    begin = time.monotonic()
    try:
        well = demo(parser.parse_args())
        say(f"({time.monotonic() - begin:.0f} s in all)")
    except KeyboardInterrupt:
        say("\nInterrupted; the test host is gone.")
        sys.exit(130)
    except (Failed, GuestDied, TimeoutError, CommandFailed, cache.RigError, OSError,
            ValueError) as e:
        say(f"DEMO FAILED: {e}")
        sys.exit(1)
    sys.exit(0 if well else 1)


if __name__ == "__main__":
    sys.stdout.reconfigure(line_buffering=True)
    main()
