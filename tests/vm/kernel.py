#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Debian's stock kernel, taken out of its package into the cache. Nothing is installed."""

import argparse
import collections
import lzma
import os
import re
import shutil
import subprocess
import sys

import cache

DEFAULT = "linux-image-amd64"

# release: as uname -r says; image: what QEMU boots; modules: the folder that holds kernel/
Kernel = collections.namedtuple("Kernel", "release image modules")


def package_name(version=None):
    """The package for --kernel: None, a version such as 6.12, or a package's own name."""
    if not version:
        return DEFAULT
    if version.startswith("linux-image-"):
        return version
    names = _tool(["apt-cache", "pkgnames", f"linux-image-{version}"]).split()
    pattern = re.compile(rf"linux-image-{re.escape(version)}(?:[.+][\w.+]*)?(?:-\d+)?-amd64$")
    found = [n for n in names if pattern.match(n)]
    if not found:
        raise cache.RigError(f"apt knows no amd64 kernel {version} here; add the suite that has it")
    return max(found, key=lambda n: [int(x) for x in re.findall(r"\d+", n)])


def get(package=DEFAULT):
    """The Kernel in @package (or in the one that a meta package depends on), fetched if need be."""
    path = cache.cache_dir() / "kernel" / package
    with cache.lock(f"kernel-{package}"):
        if not path.exists():
            _unpack(package, path)
    return _describe(path)


def _unpack(package, path):
    """Download and unpack into a fresh folder, then rename: @path is whole or absent."""
    real = _real_package(package)
    print(f"kernel: fetching {real} (once, into {path})", file=sys.stderr)
    with cache.replacing(path) as temp:
        _tool(["apt-get", "download", real], cwd=temp)
        deb, = temp.glob("*.deb")
        _tool(["dpkg-deb", "-x", str(deb), str(temp)])
        deb.unlink()
        shutil.rmtree(temp / "usr" / "share", ignore_errors=True)
        _decompress(_describe(temp).image)


def _decompress(vmlinuz):
    """Leave the ELF image next to @vmlinuz if we can: QEMU boots it through PVH in 0.4 s, where
    a kernel that decompresses itself takes 3 s under TCG."""
    def sibling(kind):
        return vmlinuz.with_name(vmlinuz.name.replace("vmlinuz", kind))

    config = sibling("config").read_text(encoding="ascii")
    data = vmlinuz.read_bytes()
    elf = b""
    if "CONFIG_PVH=y" in config and "CONFIG_KERNEL_XZ=y" in config:
        elf = lzma.LZMADecompressor().decompress(data[data.index(b"\xfd7zXZ\0"):])
    elif "CONFIG_PVH=y" in config and "CONFIG_KERNEL_ZSTD=y" in config and shutil.which("zstd"):
        # What follows the frame is no zstd, so its exit status says failure; the magic decides.
        elf = subprocess.run(["zstd", "-dcq"], input=data[data.index(b"\x28\xb5\x2f\xfd"):],
                             capture_output=True, check=False).stdout
    if elf.startswith(b"\x7fELF"):
        sibling("vmlinux").write_bytes(elf)


def _real_package(package):
    """Meta packages such as linux-image-amd64 are empty: follow their dependency."""
    depends = _tool(["apt-cache", "depends", package])
    found = re.search(r"Depends: (linux-image-\d\S+)", depends)
    return found.group(1) if found else package


def _describe(path):
    """Since Debian 13 /lib is merged into /usr inside the package as well."""
    for lib in ("lib", "usr/lib"):
        for modules in sorted((path / lib / "modules").glob("*")):
            for kind in ("vmlinux", "vmlinuz"):
                image = path / "boot" / f"{kind}-{modules.name}"
                if image.exists():
                    return Kernel(modules.name, image, modules)
    raise cache.RigError(f"{path} holds no kernel; remove that folder and run again")


def _tool(command, cwd=None):
    """Run @command; its output, or a RigError with the likely fix."""
    try:
        done = subprocess.run(["timeout", "-k", "5", "600"] + command, cwd=cwd, text=True,
                              stdin=subprocess.DEVNULL, capture_output=True, check=False,
                              env={**os.environ, "LC_ALL": "C"})
    except OSError as e:
        raise cache.RigError(f"cannot run {command[0]}: {e.strerror}") from e
    if done.returncode == 0:
        return done.stdout
    if re.search(r"No space left|Disk quota", done.stderr) or _full(cwd):
        raise cache.RigError("disk full while fetching the kernel; set RINGLIB_CACHE elsewhere")
    why = re.findall(r"^E: (.*)|(.*error.*)", done.stderr, re.M)
    why = next(("".join(w) for w in why), f"exit status {done.returncode}")
    hint = "run: make deps" if command[0].startswith("apt") else "run again"
    raise cache.RigError(f"{' '.join(command[:2])} {command[-1]} failed ({why}); {hint}")


def _full(path):
    return path is not None and shutil.disk_usage(path).free < 1 << 20


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kernel", help="a version (6.12) or a package name; default: " + DEFAULT)
    args = parser.parse_args()
    try:
        print(*get(package_name(args.kernel)), sep="\n")
    except cache.RigError as e:
        sys.exit(f"error: {e}")


if __name__ == "__main__":
    main()
