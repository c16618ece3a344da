#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Bad descriptors on emulated NICs behind an IOMMU: with the verifier each is refused by its rule
before the device sees it (the IOMMU, which reports no fault, is the witness), its queue stops, the
other one goes on, and stop and start mend it. With verify=off those that name memory which is not
mapped do make the IOMMU report, so the witness is awake."""

import re
import time

import cache
import case
import product
from testhost import Nic

# Of 80 frames of 100 bytes to slots from 5 on. Where the refused descriptor stands, if not first:
# packet_max: 15 of 100 bytes fit into 1,518; segs: the 63rd without an end.
TRANSMIT = ("unmapped", "unmapped-buffer", "region_end", "length_zero", "length_max",
            "reserved-status", "reserved-command", "reserved-special", "offload-checksum",
            "offload-vlan", "offload-context", "offload-data", "type", "packet_max", "segs",
            "tail")
RECEIVE = ("unmapped-receive", "reserved-receive", "window-receive")
SLOT = {"packet_max": 20, "segs": 67, "tail": 85 + 256}
FAULTS = ("unmapped", "region_end", "unmapped-receive")

# The kernel prints ten lines about faults in five seconds, and a bad descriptor makes several.
FAULT_PAUSE_S = 5.1


class Verify(product.GuestCase):
    """A NIC of each model."""

    @classmethod
    def setUpClass(cls):
        here = cache.build_dir() / "tests" / "vm"
        cls.options = {"programs": product.programs("rl-fwd", "rl-gen") +
                       [here / "verify_inject", here / "libverify_preload.so"]}
        super().setUpClass()

    @classmethod
    def nics(cls):
        cls.models = [(Nic(), 2), (Nic("e1000"), 1)]
        return [nic for nic, _ in cls.models]

    def inject(self, nic, queues, name, option="", frames=0):
        """What the program says: a dict, and its log lines."""
        product.clear(nic)
        job = self.vm.spawn(["exec", "verify_inject", product.uri(self.vm, nic) + option,
                             str(queues), name])
        if frames:
            job.wait_output("ready", 30)
            for data in product.frames((60,) * frames, 1):
                nic.send(data)
        result = job.wait(60)
        self.assertEqual(result.rc, 0, result.out)
        said = dict(re.findall(r"^(\w+) ?(.*)$", result.out, re.M))
        return said, [x for x in result.out.splitlines() if x.startswith("ringlib: error: ")]

    def assert_goes_on(self, said, queues):
        if queues > 1:
            self.assertEqual(said["other"], "10")
        self.assertEqual(said["again"], "10")
        self.assertEqual(said["leaked"], "0")

    def test_transmit_refused(self):
        for nic, queues in self.models:
            for name in TRANSMIT:
                with self.subTest(model=nic.model, name=name):
                    said, lines = self.inject(nic, queues, name)
                    rule = name.split("-")[0]
                    self.assertEqual(said["rule"], rule)
                    self.assertEqual(said["before"], "5")
                    self.assertEqual(said["slot"], str(SLOT.get(name, 5)))
                    self.assertEqual((said["event"], said["count"], said["after"]),
                                     ("1", "1", "0"))
                    self.assertEqual(len(lines), 1, lines)
                    self.assertRegex(lines[0], rf"tx0 slot \d+: {rule}: .*stop and start the port")
                    self.assert_goes_on(said, queues)
                    self.assertEqual(self.vm.dmar_faults(), [])

    def test_receive_refused(self):
        for nic, queues in self.models:
            for name in RECEIVE:
                with self.subTest(model=nic.model, name=name):
                    said, lines = self.inject(nic, queues, name, frames=400)
                    self.assertEqual(said["rule"], name.split("-")[0])
                    self.assertEqual((said["event"], said["count"]), ("1", "1"))
                    self.assertEqual(len(lines), 1, lines)
                    self.assert_goes_on(said, queues)
                    self.assertEqual(self.vm.dmar_faults(), [])

    def test_memory_in_flight_is_kept(self):
        for nic, queues in self.models:
            said, lines = self.inject(nic, queues, "none-busy")
            self.assertEqual((said["busy"], said["rule"], said["after"]), ("1", "none", "1"))
            self.assertRegex("\n".join(lines), "busy: descriptors in flight on .* queue rx0 name it")
            self.assert_goes_on(said, queues)

    def test_summary_tells_of_refusals(self):
        """rl-fwd's: none by any rule, or nothing is verified."""
        nics = [nic for nic, _ in self.models]
        for option, refusals in (("", {}), (",verify=off", None)):
            fwd = self.start("rl-fwd", "--quiet",
                             *(product.uri(self.vm, nic) + option for nic in nics))
            fwd.wait_running()
            for port in fwd.stop()["ports"]:
                self.assertEqual((port["refusals"], port["stopped_queues"]), (refusals, []))

    def test_stopped_queue_ends_programs(self):
        """One bad descriptor in what rl-fwd, rl-gen send: an error that says so, and no hang."""
        nics = [nic for nic, _ in self.models]
        uris = [product.uri(self.vm, nic) for nic in nics]
        by = ("env", "LD_PRELOAD=/usr/bin/libverify_preload.so")
        fwd = self.start("rl-fwd", *uris, by=by)
        fwd.job.wait_output("ready: ", 30)  # frames left over from other tests may end it at once
        for data in product.frames((60,) * 200, 1):
            nics[0].send(data)
        self.assert_ends(fwd, 1, uris[1])
        self.assert_ends(self.start("rl-gen", "--tx", uris[0], "--count", 100000, by=by), 0,
                         uris[0])

    def assert_ends(self, app, port, uri):
        summary = app.finish(code=1)
        self.assertEqual((summary["ended_by"], summary["leaked_buffers"]), ("error", 0))
        self.assertEqual(summary["ports"][port]["refusals"], {"offload": 1})
        stopped = summary["ports"][port]["stopped_queues"]
        self.assertEqual([(q["direction"], q["queue"], q["rule"]) for q in stopped],
                         [("tx", 0, "offload")])
        said = app.job.output()
        self.assertIn("ringlib: error: ", said)
        self.assertIn(": tx0 slot ", said)
        self.assertIn(f"port {port} {uri}: transmit queue 0 stopped at slot ", said)

    def test_off_the_iommu_reports(self):
        """The check of the checks above."""
        for nic, queues in self.models:
            for name in FAULTS:
                with self.subTest(model=nic.model, name=name):
                    time.sleep(FAULT_PAUSE_S)
                    said, _ = self.inject(nic, queues, name, ",verify=off",
                                          frames=400 if "receive" in name else 0)
                    self.assertEqual((said["rule"], said["event"]), ("off", "0"))
                    self.assertNotEqual(self.vm.dmar_faults(), [])
                    self.assertEqual(said["again"], "10")


if __name__ == "__main__":
    case.main()
