# SPDX-License-Identifier: BSD-2-Clause
"""The guest's NICs and what their wires lead to."""

import collections
import select
import socket
import threading
import time

# QEMU device -> kernel module that drives it
MODELS = {"e1000e": "e1000e", "e1000": "e1000", "e1000-82540em": "e1000", "e1000-82545em": "e1000",
          "igb": "igb", "virtio-net-pci": "virtio_net", "vmxnet3": "vmxnet3"}
DRIVERS = {"vfio": "vfio-pci", "uio": "uio_pci_generic"}
FIRST_SLOT = 0x10
MAX_FRAME = 1 << 16


class Nic:
    """One NIC.

    @model: QEMU's device name. @backend: Dgram (default), Hub, Sink or Tap.
    @bind: at boot: "vfio", "uio", "kernel", "none", or any driver's name.
    @queues: queue pairs, where the backend has as many (virtio-net on a multi-queue tap).
    @port: behind a root port of its own, so it can be unplugged; PCI models are on the root bus.
    @props: further device properties, e.g. {"rx_queue_size": 1024}.
    """

    def __init__(self, model="e1000e", backend=None, mac=None, bind="vfio", queues=1, port=None,
                 props=None):
        self.model = model
        self.backend = backend if backend is not None else Dgram()
        self.mac = mac
        self.bind = bind
        self.queues = queues
        self.port = not model.startswith("e1000-") and model != "e1000" if port is None else port
        self.props = dict(props or {})
        self.index = None

    def attach(self, index):
        """Called by the TestHost: @index gives name, slot and MAC address."""
        self.index = index
        self.name = f"nic{index}"
        self.slot = FIRST_SLOT + index
        self.mac = self.mac or f"52:54:00:00:00:{index + 1:02x}"

    @property
    def driver(self):
        return DRIVERS.get(self.bind, self.bind)

    @property
    def module(self):
        """The kernel module to load for this binding, or None."""
        return MODELS.get(self.model) if self.bind == "kernel" else \
            self.driver if self.bind != "none" else None

    def device(self, iommu):
        """Properties for -device and device_add."""
        dev = {"driver": self.model, "id": self.name, "netdev": f"net{self.index}",
               "mac": self.mac, "romfile": ""}
        dev.update({"bus": f"port{self.index}"} if self.port else
                   {"bus": "pcie.0", "addr": f"{self.slot:#x}"})
        if self.model.startswith("virtio"):
            if iommu:
                dev["iommu_platform"] = True
            if self.queues > 1:
                dev.update({"mq": True, "vectors": 2 * self.queues + 2})
        dev.update(self.props)
        return dev

    # The wire's other end, where the backend has one on the host (Dgram).
    def send(self, frame, timeout=10):
        self.backend.send(frame, timeout)

    def recv(self, timeout=10, match=None):
        return self.backend.recv(timeout, match)

    def collect(self, count, timeout=10, match=None):
        return self.backend.collect(count, timeout, match)


class Backend:
    """@netdev returns QEMU's -netdev text; descriptors that QEMU inherits are in @fds."""

    fds = ()

    def netdev(self, index, queues):
        raise NotImplementedError

    def start(self, check):
        """QEMU runs; @check raises when it has died."""

    def close(self):
        pass


class Hub(Backend):
    """All NICs with the same @number are on one wire inside QEMU: the fastest link there is."""

    def __init__(self, number=0):
        self.number = number

    def netdev(self, index, queues):
        return f"hubport,id=net{index},hubid={self.number}"


class Sink(Backend):
    """Swallows all: a hub with one port. The link is up and QEMU drops frames at once."""

    def netdev(self, index, queues):
        return f"hubport,id=net{index},hubid={1000 + index}"


class Tap(Backend):
    """A tap device that exists already (making one needs root on the host)."""

    def __init__(self, ifname):
        self.ifname = ifname

    def netdev(self, index, queues):
        more = f",queues={queues}" if queues > 1 else ""
        return f"tap,id=net{index},ifname={self.ifname},script=no,downscript=no{more}"


class Dgram(Backend):
    """The wire is a pair of unix datagram sockets; Python holds the other end.

    One datagram is one frame without FCS. Nothing is lost once the driver is up: a full socket
    blocks the sender, and QEMU stops reading while the NIC has no receive buffer (vmxnet3 without
    a driver drops instead). A thread collects what the guest sends; with @receive=False it stays
    in the socket, which holds a few hundred frames or more (net.core.wmem_max), and then the
    guest's NIC waits.
    """

    def __init__(self, receive=True):
        self.receive = receive
        self.host, self.guest = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.fds = (self.guest.fileno(),)
        for end in (self.host, self.guest):
            end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4 << 20)
        self.host.setblocking(False)
        self.ready = threading.Condition()
        self.frames = collections.deque()
        self.closed = False
        self.thread = None
        self.check = lambda: None

    def netdev(self, index, queues):
        return f"dgram,id=net{index},local.type=fd,local.str={self.fds[0]}"

    def start(self, check):
        self.check = check
        self.guest.close()
        if self.receive:
            self.thread = threading.Thread(target=self._collector, daemon=True)
            self.thread.start()

    def close(self):
        self.closed = True
        self.host.shutdown(socket.SHUT_RDWR)
        if self.thread:
            self.thread.join()
        self.guest.close()
        self.host.close()

    def send(self, frame, timeout=10):
        """Blocks while the wire is full; TimeoutError after @timeout seconds of that."""
        end = time.monotonic() + timeout
        while True:
            try:
                self.host.send(frame)
                return
            except BlockingIOError:
                self._wait(select.POLLOUT, end, "the guest's NIC takes no frames")
            except ConnectionError:
                self.check()
                raise

    def recv(self, timeout=10, match=None):
        """The next frame (for which @match(frame) is true: others are dropped), else None."""
        got = self.collect(1, timeout, match)
        return got[0] if got else None

    def collect(self, count, timeout=10, match=None):
        """Up to @count frames; fewer only if @timeout seconds pass first."""
        end, got = time.monotonic() + timeout, []
        while len(got) < count:
            frame = self._next(end)
            if frame is None:
                break
            if match is None or match(frame):
                got.append(frame)
        return got

    def _next(self, end):
        if not self.receive:
            return self._next_direct(end)
        with self.ready:
            while not self.frames:
                left = end - time.monotonic()
                if left <= 0:
                    return None
                self.ready.wait(min(left, 0.2))
                if not self.frames:
                    self.check()
            return self.frames.popleft()

    def _next_direct(self, end):
        while True:
            try:
                return self.host.recv(MAX_FRAME)
            except BlockingIOError:
                try:
                    self._wait(select.POLLIN, end, "")
                except TimeoutError:
                    return None

    def _wait(self, event, end, what):
        poll = select.poll()
        poll.register(self.host, event)
        while not poll.poll(min(200, max(0, (end - time.monotonic()) * 1000))):
            self.check()
            if time.monotonic() >= end:
                raise TimeoutError(what)

    def _collector(self):
        poll = select.poll()
        poll.register(self.host, select.POLLIN)
        while not self.closed:
            poll.poll(500)
            got = []
            try:
                while len(got) < 64 and not self.closed:
                    got.append(self.host.recv(MAX_FRAME))
            except OSError:
                pass
            if got and not self.closed:
                with self.ready:
                    self.frames.extend(got)
                    self.ready.notify_all()
