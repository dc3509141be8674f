"""Headless Chromium, driven over its pipe: DevTools messages, each a JSON text
with a NUL behind it."""

import json
import os
import select
import shutil
import subprocess
import tempfile
import time
import unittest

from daemon import SLOW, die_with_parent


class Chromium:
    """One browser with an empty profile and no network but this machine.  What
    its pages said on the console or the browser said of them is in `said`."""

    def __init__(self, *options):
        program = shutil.which("chromium")
        if program is None:
            raise unittest.SkipTest("chromium is not installed")
        self.profile = tempfile.mkdtemp(prefix="l2ld-chromium-")
        self.number, self.said, self.buffer = 0, [], b""
        theirs_in, self.out = os.pipe()
        self.into, theirs_out = os.pipe()

        def pipes():
            die_with_parent()
            ours = os.dup(theirs_in), os.dup(theirs_out)
            os.dup2(ours[0], 3)
            os.dup2(ours[1], 4)

        self.process = subprocess.Popen(
            [program, "--headless", "--no-sandbox", "--disable-gpu",
             "--disable-quic", "--no-first-run", "--disable-sync",
             "--disable-background-networking", "--disable-extensions",
             "--disable-component-update", "--disable-dev-shm-usage",
             "--disable-popup-blocking", "--remote-debugging-pipe",
             f"--user-data-dir={self.profile}", *options, "about:blank"],
            preexec_fn=pipes, close_fds=False, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
        os.close(theirs_in)
        os.close(theirs_out)

    def close(self):
        self.process.kill()
        self.process.wait()
        os.close(self.out)
        os.close(self.into)
        shutil.rmtree(self.profile, ignore_errors=True)

    def message(self, seconds):
        """The next message, None when there is none in time."""
        end = time.monotonic() + seconds
        while b"\0" not in self.buffer:
            left = end - time.monotonic()
            if left <= 0 or not select.select([self.into], [], [], left)[0]:
                return None
            part = os.read(self.into, 1 << 20)
            assert part, "the browser has ended"
            self.buffer += part
        text, self.buffer = self.buffer.split(b"\0", 1)
        return json.loads(text)

    def note(self, message):
        """Keep what a page complains of."""
        what, told = message.get("method"), message.get("params", {})
        if what == "Log.entryAdded":
            self.said.append(told["entry"]["text"])
        elif what == "Runtime.exceptionThrown":
            self.said.append(told["exceptionDetails"]["text"])
        elif what == "Runtime.consoleAPICalled":
            self.said.append(str([a.get("value") for a in told["args"]]))

    def listen(self, seconds):
        """Let the pages go on for so long."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            message = self.message(left)
            if message is not None:
                self.note(message)

    def call(self, method, session=None, seconds=60, **params):
        """Call a DevTools method; its result."""
        self.number += 1
        asked = {"id": self.number, "method": method, "params": params}
        if session is not None:
            asked["sessionId"] = session
        os.write(self.out, json.dumps(asked).encode() + b"\0")
        end = time.monotonic() + seconds * SLOW
        while True:
            message = self.message(end - time.monotonic())
            assert message is not None, f"{method}: no answer"
            if message.get("id") == self.number:
                assert "error" not in message, (method, message)
                return message["result"]
            self.note(message)

    def open(self, url):
        """A new tab at the address, once it is loaded; its session."""
        target = self.call("Target.createTarget", url="about:blank")
        session = self.call("Target.attachToTarget", flatten=True,
                            targetId=target["targetId"])["sessionId"]
        for domain in ("Page", "Runtime", "Log"):
            self.call(f"{domain}.enable", session)
        gone = self.call("Page.navigate", session, url=url)
        assert "errorText" not in gone, (url, gone)
        self.until(session, "document.readyState === 'complete' && "
                   "location.href !== 'about:blank'")
        return session

    def run(self, session, text, seconds=120):
        """The value of an expression in the page; a promise is awaited."""
        done = self.call("Runtime.evaluate", session, seconds,
                         expression=text, awaitPromise=True,
                         returnByValue=True)
        assert "exceptionDetails" not in done, done["exceptionDetails"]
        return done["result"].get("value")

    def until(self, session, condition, seconds=30):
        """Until the expression is true in the page."""
        end = time.monotonic() + seconds * SLOW
        while not self.run(session, condition):
            assert time.monotonic() < end, f"waited in vain: {condition}"
            self.listen(0.05)
