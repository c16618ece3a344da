# SPDX-License-Identifier: BSD-2-Clause
"""QEMU's command line for a TestHost."""

import shutil

import accel
import cache

# Quiet wires (no IPv6 chatter), no false alarms on a slow host, and QEMU's end on a panic.
KERNEL = ("console=ttyS0 loglevel=5 panic=-1 no_timer_check nowatchdog log_buf_len=4M "
          "rcupdate.rcu_cpu_stall_suppress=1 ipv6.disable_ipv6=1")


def find():
    """The program's path."""
    path = shutil.which(accel.QEMU)
    if not path:
        raise cache.RigError(f"{accel.QEMU} is missing; run: apt-get install qemu-system-x86")
    return path


def text(**options):
    """QEMU's own a=b,c=d notation: a comma inside a value is doubled, a truth is on or off."""
    def word(value):
        return ("off", "on")[value] if isinstance(value, bool) else str(value).replace(",", ",,")
    return ",".join(f"{k}={word(v)}" for k, v in options.items())


def kernel_line(opts, nics):
    words = [KERNEL]
    if opts.iommu:
        words.append("intel_iommu=on iommu=nopt")
    if opts.hugepages:
        if opts.hugepage_size:
            size = opts.hugepage_size
            words.append(f"default_hugepagesz={size} hugepagesz={size}")
        words.append(f"hugepages={opts.hugepages}")
    words.append("rig.bind=" + ",".join(f"{n.slot:x}:{n.driver}" for n in nics))
    words.append("rig.modules=" + ",".join(modules(opts, nics)))
    if opts.shell:
        words.append("rig.shell")
    return " ".join(words + [opts.cmdline]).strip()


def modules(opts, nics):
    """In load order, each once. VFIO needs its IOMMU half as well."""
    names = []
    for name in [n.module for n in nics if n.module] + list(opts.modules):
        names += ["vfio-pci", "vfio_iommu_type1"] if name == "vfio-pci" else [name]
    return list(dict.fromkeys(names))


def command(opts, nics, kern, initrd, run, fds):
    """The whole command. @run: folder with console.log and share/; @fds: agent, qmp, shell."""
    kind = opts.accel or accel.choose(find(), kern)
    cmd = [find(), "-M", "q35,kernel-irqchip=split", "-nodefaults", "-no-user-config",
           "-display", "none", "-no-reboot", "-m", str(opts.mem), "-smp", str(opts.smp)]
    cmd += ["-accel", "kvm", "-cpu", "host"] if kind == "kvm" else \
        ["-accel", "tcg,thread=multi", "-cpu", "max"]
    cmd += ["-kernel", str(kern.image), "-initrd", str(initrd),
            "-append", kernel_line(opts, nics)]
    if opts.iommu:
        bits = f",aw-bits={opts.aw_bits}" if opts.aw_bits else ""
        cmd += ["-device", "intel-iommu,intremap=on,caching-mode=on" + bits]
    cmd += _plumbing(run, fds)
    for nic in nics:
        if nic.port:
            cmd += ["-device", text(driver="pcie-root-port", id=f"port{nic.index}", bus="pcie.0",
                                    addr=f"{nic.slot:#x}", chassis=nic.index + 1)]
        cmd += ["-netdev", nic.backend.netdev(nic.index, nic.queues)]
        cmd += ["-device", text(**nic.device(opts.iommu))]
    for pattern in opts.trace:
        cmd += ["-trace", f"enable={pattern}"]
    if opts.plugin:
        cmd += ["-plugin", str(opts.plugin), "-d", "plugin"]
    if opts.trace or opts.plugin:
        cmd += ["-D", str(run / "trace.log")]
    return cmd + [str(a) for a in opts.qemu_args], kind


def _plumbing(run, fds):
    """Console, monitor, agent and share; virtio without iommu_platform stays out of the IOMMU."""
    cmd = ["-chardev", "file," + text(id="console", path=run / "console.log"),
           "-serial", "chardev:console",
           "-chardev", f"socket,id=qmp,fd={fds['qmp']}", "-mon", "chardev=qmp,mode=control",
           "-device", "virtio-serial-pci,bus=pcie.0,addr=0x3",
           "-chardev", f"socket,id=agent,fd={fds['agent']}",
           "-device", "virtserialport,chardev=agent,name=agent",
           "-fsdev", "local," + text(id="share", path=run / "share", security_model="none"),
           "-device", "virtio-9p-pci,bus=pcie.0,addr=0x2,fsdev=share,mount_tag=host"]
    if "shell" in fds:
        cmd += ["-chardev", f"socket,id=shell,fd={fds['shell']}",
                "-device", "virtconsole,chardev=shell"]
    return cmd
