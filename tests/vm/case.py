# SPDX-License-Identifier: BSD-2-Clause
"""unittest on a guest: one boot for a class of tests, and meson's exit codes."""

import sys
import unittest

import cache
import image
import kernel
import qemu
from testhost import ClockWrong


class GuestCase(unittest.TestCase):
    """All tests of the class share self.vm; if one fails, the guest's logs are kept."""

    @classmethod
    def guest(cls):
        """The TestHost to boot."""
        raise NotImplementedError

    @classmethod
    def setUpClass(cls):
        for last in (False, False, True):
            try:
                cls.vm = cls.guest().__enter__()
                return
            except ClockWrong as e:
                if last:
                    raise
                print(f"vm: {e}", file=sys.stderr)

    @classmethod
    def tearDownClass(cls):
        cls.vm.stop()

    def run(self, result=None):
        result = result if result is not None else self.defaultTestResult()
        before = len(result.failures) + len(result.errors)
        super().run(result)
        if len(result.failures) + len(result.errors) > before and hasattr(self, "vm"):
            self.vm.keep_logs = True
        return result


def main(flavour="base"):
    """unittest.main() for meson: 0 pass, 1 fail, 77 if this machine cannot run guests."""
    try:
        qemu.find()
        image.base(kernel.get(), flavour)
    except cache.RigError as e:
        print(f"SKIP: {e}")
        sys.exit(77)
    unittest.main()
