# SPDX-License-Identifier: BSD-2-Clause
"""QEMU's machine protocol over a connected socket: commands, answers, events."""

import json
import threading
import time


class QmpError(Exception):
    """QEMU refused a command; the text is its own."""


class Qmp:
    """@check raises when QEMU has died, so no wait outlives it."""

    def __init__(self, sock, check):
        self.sock = sock
        self.check = check
        self.news = threading.Condition()
        self.answers = {}
        self.events = []
        self.count = 0
        self.thread = threading.Thread(target=self._reader, daemon=True)
        self.thread.start()

    def call(self, command, args, timeout=10):
        with self.news:
            self.count += 1
            ident = self.count
        text = json.dumps({"execute": command, "arguments": args, "id": ident})
        try:
            self.sock.sendall(text.encode() + b"\n")
        except OSError:
            self.check()
            raise
        answer = self._wait(lambda: self.answers.pop(ident, None), timeout, f"QMP {command}")
        if "error" in answer:
            raise QmpError(f"{command}: {answer['error'].get('desc')}")
        return answer["return"]

    def event(self, name, match=lambda data: True, timeout=10):
        """Wait for (and take) an event; returns its data."""
        def take():
            for e in self.events:
                if e["event"] == name and match(e.get("data", {})):
                    self.events.remove(e)
                    return e
            return None
        return self._wait(take, timeout, f"event {name}").get("data", {})

    def _wait(self, take, timeout, what):
        end = time.monotonic() + timeout
        with self.news:
            while True:
                got = take()
                if got is not None:
                    return got
                self.check()
                left = end - time.monotonic()
                if left <= 0:
                    raise TimeoutError(f"{what}: nothing within {timeout} s")
                self.news.wait(min(left, 0.2))

    def _reader(self):
        try:
            for line in self.sock.makefile("rb"):
                message = json.loads(line)
                with self.news:
                    if "event" in message:
                        self.events.append(message)
                    elif "id" in message:
                        self.answers[message["id"]] = message
                    self.news.notify_all()
        except (OSError, ValueError):
            pass  # QEMU is gone; the waiters learn it from check()
