# SPDX-License-Identifier: BSD-2-Clause
"""KVM or TCG? /dev/kvm may open and then hang in the firmware, so only a booted kernel counts."""

import json
import os
import pathlib
import subprocess

import cache

QEMU = "qemu-system-x86_64"


def choose(qemu, kern):
    """"kvm" or "tcg"; $RINGLIB_ACCEL overrides. The answer is kept per machine boot and user."""
    forced = os.environ.get("RINGLIB_ACCEL")
    if forced:
        return forced
    if not os.access("/dev/kvm", os.R_OK | os.W_OK):
        return "tcg"
    boot = pathlib.Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    key = f"{boot} {os.getuid()} {qemu} {os.stat(qemu).st_mtime_ns}"
    path = cache.cache_dir() / "accel.json"
    with cache.lock("accel"):
        try:
            known = json.loads(path.read_text(encoding="ascii"))
        except (OSError, ValueError):
            known = {}
        if key not in known:
            known = {key: "kvm" if _boots(qemu, kern) else "tcg"}
            path.write_text(json.dumps(known), encoding="ascii")
    return known[key]


def _boots(qemu, kern):
    """True if the kernel says its first line within 5 s (a working KVM takes well under 1 s)."""
    command = ["timeout", "-k", "1", "5", qemu, "-accel", "kvm", "-M", "q35,kernel-irqchip=split",
               "-cpu", "host", "-m", "256", "-nodefaults", "-no-user-config", "-display", "none",
               "-no-reboot", "-kernel", str(kern.image), "-serial", "stdio",
               "-append", "console=ttyS0 earlyprintk=serial panic=-1"]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL) as probe:
        try:
            return any(b"Linux version" in line for line in probe.stdout)
        finally:
            probe.terminate()
