#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""make vm: a guest with two NICs bound to vfio-pci and an interactive shell in it."""

import argparse
import os
import select
import shutil
import sys
import termios
import tty

import cache
from testhost import GuestDied, Hub, Nic, TestHost

LEAVE = 0x1d  # Ctrl-]


def relay(vm):
    """Terminal <-> shell until the guest ends or the user leaves."""
    terminal, wire = sys.stdin.fileno(), vm.shell.fileno()
    while True:
        for ready in select.select([terminal, wire], [], [])[0]:
            try:
                data = os.read(ready, 4096)
            except ConnectionError:
                data = b""
            if not data:
                return
            if ready == wire:
                os.write(sys.stdout.fileno(), data)
            elif LEAVE in data and os.isatty(terminal):
                return
            else:
                vm.shell.sendall(data)


def interactive(vm):
    """Raw terminal for the time of the relay, restored whatever happens."""
    if not sys.stdin.isatty():
        relay(vm)
        return
    before = termios.tcgetattr(sys.stdin)
    try:
        tty.setraw(sys.stdin)
        relay(vm)
    finally:
        termios.tcsetattr(sys.stdin, termios.TCSADRAIN, before)
        print()


def greet(vm):
    print(f"Guest up in {vm.boot_seconds:.1f} s ({vm.accel}). To leave: Ctrl-] or `poweroff -f`.")
    print(f"Folder {vm.share} is /host in the guest.")
    for nic in vm.nics:
        print(f"  {vm.bdf(nic)}  {nic.model}  {nic.mac}  {vm.driver(nic)}  {vm.group(nic)}")
    if all(isinstance(n.backend, Hub) for n in vm.nics):
        print("The NICs are on one wire.", flush=True)
    size = shutil.get_terminal_size()
    vm.run(f"stty -F /dev/hvc0 rows {size.lines} cols {size.columns}")
    vm.shell.sendall(b"\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--nic", action="append", metavar="MODEL[:BIND]",
                        help="e1000e:vfio (default, twice), virtio-net-pci:kernel, ...")
    parser.add_argument("--program", action="append", default=[], help="host program to take along")
    parser.add_argument("--bench", action="store_true", help="with dpdk-testpmd")
    parser.add_argument("--kernel", help="a version (6.12) or a package name")
    args = parser.parse_args()
    nics = []
    for spec in args.nic or ["e1000e:vfio"] * 2:
        model, _, bind = spec.partition(":")
        nics.append(Nic(model, Hub(), bind=bind or "vfio"))
    try:
        with TestHost(nics, name="shell", shell=True, programs=args.program, kernel=args.kernel,
                      flavour="bench" if args.bench else "base", limit=12 * 3600) as vm:
            greet(vm)
            interactive(vm)
    except cache.RigError as e:
        sys.exit(f"error: {e}")
    except GuestDied as e:
        sys.exit(f"error: the guest ended: {e}")
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
