# SPDX-License-Identifier: BSD-2-Clause
"""Writes cpio "newc" archives, the format of an initramfs. Needs no root: a node is a record."""

import os
import stat


class Archive:
    """Entries go to @out as they are added; parent folders are added by themselves."""

    def __init__(self, out):
        self.out = out
        self.names = set()
        self.inode = 0

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if kind is None:
            self._entry("TRAILER!!!", 0, b"")

    def dir(self, name):
        self._new(name, stat.S_IFDIR | 0o755, b"")

    def file(self, name, data, mode=0o644):
        self._new(name, stat.S_IFREG | mode, data)

    def copy(self, name, source):
        with open(source, "rb") as f:
            self.file(name, f.read(), 0o755 if os.access(source, os.X_OK) else 0o644)

    def symlink(self, name, target):
        self._new(name, stat.S_IFLNK | 0o777, target.encode())

    def chardev(self, name, major, minor):
        self._new(name, stat.S_IFCHR | 0o600, b"", major, minor)

    def _new(self, name, mode, data, major=0, minor=0):
        name = name.strip("/")
        if not name or name in self.names:
            return
        self.dir(os.path.dirname(name))
        self.names.add(name)
        self._entry(name, mode, data, major, minor)

    def _entry(self, name, mode, data, major=0, minor=0):
        self.inode += 1
        raw = name.encode() + b"\0"
        links = 2 if stat.S_ISDIR(mode) else 1
        head = (self.inode, mode, 0, 0, links, 0, len(data), 0, 0, major, minor, len(raw), 0)
        self._padded(b"070701" + b"".join(b"%08x" % n for n in head) + raw)
        self._padded(data)

    def _padded(self, data):
        self.out.write(data)
        self.out.write(b"\0" * (-len(data) % 4))
