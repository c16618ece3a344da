#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""The guest's initramfs: busybox, kernel modules, a few host programs, and this folder's init.

The base image is cached and rebuilt when one of its inputs changes; what one boot adds (a "job")
is a second archive behind it. The kernel unpacks concatenated archives in order.
"""

import argparse
import glob
import hashlib
import io
import lzma
import os
import pathlib
import re
import shutil
import subprocess
import sys

import cache
import cpio
import kernel

HERE = pathlib.Path(__file__).resolve().parent
BUSYBOX = "/bin/busybox"
GUEST_LIB = "/usr/lib/x86_64-linux-gnu"

# program -> Debian package that has it (for the message when it is missing)
PROGRAMS = {"dash": "dash", "bash": "bash", "env": "coreutils", "ip": "iproute2",
            "bridge": "iproute2", "tc": "iproute2", "ping": "iputils-ping",
            "ethtool": "ethtool", "iperf3": "iperf3", "tcpdump": "tcpdump"}

# Bench: testpmd and only the plug-ins whose libraries and devices the guest can have.
BENCH_PROGRAMS = {"dpdk-testpmd": "dpdk"}
BENCH_PMDS = ("bus_pci", "bus_vdev", "mempool_ring", "mempool_stack", "net_e1000", "net_virtio",
              "net_vmxnet3", "net_null", "net_ring", "net_af_packet", "net_tap", "net_vhost")

MODULES = ("vfio-pci vfio_iommu_type1 uio_pci_generic e1000 e1000e igb igbvf vmxnet3 virtio_pci "
           "virtio_net virtio_console 9p 9pnet_virtio veth bridge tun tap macvlan dummy vhost_net "
           "sch_netem sch_ingress cls_u32 act_mirred msr").split()


class Flavour:
    """What goes into an image: @programs maps names to packages, @plugins are whole paths."""

    def __init__(self, programs, plugins=()):
        self.programs = programs
        self.plugins = list(plugins)


def flavour(name):
    if name == "base":
        return Flavour(PROGRAMS)
    folder = next(iter(sorted(glob.glob(f"{GUEST_LIB}/dpdk/pmds-*"))), None)
    if not folder:
        raise cache.RigError("DPDK's drivers are missing; run: apt-get install dpdk")
    plugins = [p for n in BENCH_PMDS for p in sorted(glob.glob(f"{folder}/librte_{n}.so*"))]
    return Flavour({**PROGRAMS, **BENCH_PROGRAMS}, plugins)


def base(kern, name="base"):
    """Path of the base image for Kernel @kern in flavour @name, built if an input changed."""
    contents = _plan(kern, flavour(name))
    stamp = _stamp(contents)
    path = cache.cache_dir() / "image" / f"{name}-{kern.release}"
    with cache.lock(f"image-{name}-{kern.release}"):
        if not _is(path / "stamp", stamp):
            with cache.replacing(path) as temp:
                names = _write(temp / "initrd", kern, contents)
                (temp / "names").write_text("\n".join(sorted(names)), encoding="utf-8")
                (temp / "stamp").write_text(stamp, encoding="ascii")
    return path / "initrd"


def with_job(base_image, out, files, programs):
    """Write to @out the base image plus @files (guest path -> host path, bytes or str) and
    @programs (host paths; go to /usr/bin with the shared libraries that the base lacks)."""
    if not files and not programs:
        return base_image
    have = set((base_image.parent / "names").read_text(encoding="utf-8").split("\n"))
    with open(out, "wb") as f:
        with open(base_image, "rb") as b:
            shutil.copyfileobj(b, f, 1 << 20)
        with cpio.Archive(f) as archive:
            for guest, source in files.items():
                if isinstance(source, bytes):
                    archive.file(_merged(guest), source, 0o755)
                else:
                    archive.copy(_merged(guest), source)
            for program in programs:
                archive.copy("/usr/bin/" + os.path.basename(program), program)
                for guest, lib in libraries(program).items():
                    if _merged(guest).strip("/") not in have:
                        archive.copy(_merged(guest), lib)
    return pathlib.Path(out)


def libraries(path):
    """Guest path -> host path of every shared library that @path needs, directly or not."""
    done = subprocess.run(["ldd", path], capture_output=True, text=True, check=False)
    missing = re.findall(r"^\s*(\S+) => not found", done.stdout, re.M)
    if missing:
        raise cache.RigError(f"{path} needs {', '.join(missing)}, not on this machine")
    found = {}
    for soname, lib in re.findall(r"^\s*(?:(\S+) => )?(/\S+) \(0x", done.stdout, re.M):
        # The loader is found by its own absolute name, all else in the default folder.
        found[lib if not soname else f"{GUEST_LIB}/{soname}"] = lib
    return found


def _plan(kern, what):
    """Guest path -> host path (a Path means: keep symlinks) for the whole base image."""
    plan = {"/init": HERE / "init", "/sbin/agent": HERE / "agent", "/bin/busybox": BUSYBOX}
    if not os.path.exists(BUSYBOX):
        raise cache.RigError("busybox is missing; run: apt-get install busybox-static")
    objects = list(what.plugins)
    for name, package in what.programs.items():
        program = shutil.which(name, path="/usr/sbin:/usr/bin:/sbin:/bin")
        if not program:
            raise cache.RigError(f"{name} is missing; run: apt-get install {package}")
        plan[f"/usr/bin/{name}"] = os.path.realpath(program)
        objects.append(program)
    for obj in objects:
        plan.update(libraries(obj))
    if what.plugins:
        # Threads that are cancelled load it by name, so ldd does not list it.
        plan[f"{GUEST_LIB}/libgcc_s.so.1"] = f"{GUEST_LIB}/libgcc_s.so.1"
    for plugin in what.plugins:
        plan[plugin] = plugin
    for path in module_files(kern, MODULES):
        plan[f"/lib/modules/{kern.release}/{_module_name(path)}.ko"] = path
    return plan


def _stamp(plan):
    """Changes when any input does. Times will do: packages and editors both set them."""
    digest = hashlib.sha256()
    for own in ("image.py", "cpio.py"):
        digest.update((HERE / own).read_bytes())
    for guest, source in sorted(plan.items()):
        info = os.stat(source)
        digest.update(f"{guest} {source} {info.st_size} {info.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def _is(path, text):
    return path.exists() and path.read_text(encoding="ascii") == text


def _write(out, kern, plan):
    with open(out, "wb") as f, cpio.Archive(f) as archive:
        archive.chardev("/dev/console", 5, 1)
        for folder in ("proc", "sys", "tmp", "run", "root", "host", "mnt", "etc", "var"):
            archive.dir(folder)
        archive.symlink("/var/run", "/run")
        for link in ("bin", "sbin", "lib", "lib64"):
            archive.dir("usr/" + link)
            archive.symlink(link, "usr/" + link)
        # busybox's own shell prefers its applets to the real ip and ping: jobs run under dash.
        archive.symlink("usr/bin/sh", "dash")
        for applet in _applets():
            archive.symlink(f"usr/lib/busybox/{applet}", "/bin/busybox")
        _etc(archive)
        modules = f"/lib/modules/{kern.release}"
        for guest, source in plan.items():
            if guest.endswith(".ko"):
                archive.file("/usr" + guest, _module_data(source))
            else:
                _add(archive, _merged(guest), source)
        archive.file(f"/usr{modules}/modules.dep", _modules_dep(kern).encode())
        archive.file(f"/usr{modules}/modules.alias", _modules_alias(kern))
        archive.symlink("/usr/sbin/modprobe", "../bin/busybox")  # the path the kernel calls
        return archive.names


def _etc(archive):
    # tcpdump changes to a user of its own, who could not write to the share: make that one root.
    archive.file("/etc/passwd", b"root:x:0:0:root:/root:/bin/sh\ntcpdump:x:0:0::/:/bin/sh\n"
                 b"nobody:x:65534:65534::/:/bin/sh\n")
    archive.file("/etc/group", b"root:x:0:\nnogroup:x:65534:\n")
    archive.file("/etc/hosts", b"127.0.0.1 localhost guest\n")
    archive.file("/etc/protocols", b"ip 0 IP\nicmp 1 ICMP\ntcp 6 TCP\nudp 17 UDP\n")


def _merged(guest):
    """The guest has /bin, /lib and friends as links into /usr; archive members avoid them."""
    return re.sub(r"^/(bin|sbin|lib|lib64)/", r"/usr/\1/", guest)


def _add(archive, guest, source):
    """One library stays one real file with its chain of links: EAL panics when a plug-in that it
    loads by another path is a second copy ("duplicate tailq")."""
    source = str(source)
    real = os.path.realpath(source)
    target = _merged(real)
    if os.path.islink(source) and target != guest and ".so" in guest:
        archive.symlink(guest, target)
        archive.copy(target, real)
    else:
        archive.copy(guest, real)


def _applets():
    return subprocess.run([BUSYBOX, "--list"], capture_output=True, text=True,
                          check=True).stdout.split()


def _module_name(path):
    return re.sub(r"\.ko(\.(xz|zst|gz))?$", "", os.path.basename(path)).replace("-", "_")


def _module_data(path):
    """The module as the kernel loads it: signed ELF, not compressed."""
    data = pathlib.Path(path).read_bytes()
    if str(path).endswith(".xz"):
        return lzma.decompress(data)
    if str(path).endswith(".zst"):
        try:
            return subprocess.run(["zstd", "-dc", path], capture_output=True, check=True).stdout
        except OSError as e:
            raise cache.RigError("zstd is missing; run: apt-get install zstd") from e
    return data


def _module_depends(data):
    """Debian's package has no modules.dep (depmod runs at installation); the module knows."""
    found = re.search(rb"\0depends=([^\0]*)\0", data)
    names = found.group(1).decode().split(",") if found else []
    return [n.replace("-", "_") for n in names if n]


_index_cache = {}


def _index(kern):
    """Module name -> path, for all of the kernel's modules."""
    if kern.modules not in _index_cache:
        paths = sorted(kern.modules.glob("kernel/**/*.ko*"))
        _index_cache[kern.modules] = {_module_name(p): p for p in paths}
    return _index_cache[kern.modules]


def module_files(kern, names):
    """Paths of modules @names and all they depend on, dependencies first. A kernel may lack
    some (built in, or gone in that version): those are left out."""
    index, order = _index(kern), {}

    def visit(name):
        path = index.get(name.replace("-", "_"))
        if path is None or path in order:
            return
        for dep in _module_depends(_module_data(path)):
            visit(dep)
        order[path] = True

    for name in names:
        visit(name)
    return list(order)


def _modules_dep(kern):
    """modules.dep as busybox modprobe reads it: each line has the whole closure, nearest first."""
    out = io.StringIO()
    for path in module_files(kern, MODULES):
        closure = [p for p in module_files(kern, [_module_name(path)]) if p != path]
        deps = " ".join(f"{_module_name(p)}.ko" for p in reversed(closure))
        out.write(f"{_module_name(path)}.ko: {deps}\n")
    return out.getvalue()


def _modules_alias(kern):
    """Lets the kernel load by itself what a command needs ("ip link add type bridge")."""
    out = io.BytesIO()
    for path in module_files(kern, MODULES):
        for alias in re.findall(rb"\0alias=([^\0]+)", _module_data(path)):
            out.write(b"alias %s %s\n" % (alias, _module_name(path).encode()))
    return out.getvalue()


def main():
    parser = argparse.ArgumentParser(description="Build the guest's image and say where it is.")
    parser.add_argument("--kernel")
    parser.add_argument("--flavour", choices=("base", "bench"), default="base")
    args = parser.parse_args()
    try:
        print(base(kernel.get(kernel.package_name(args.kernel)), args.flavour))
    except cache.RigError as e:
        sys.exit(f"error: {e}")


if __name__ == "__main__":
    main()
