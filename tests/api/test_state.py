"""The state folder: where nothing can be written, where it is full, and where root
works on another user's."""

import hashlib
import json
import os
import shutil
import tempfile
import unittest
from pathlib import Path

from another import UID, need_root
from daemon import Daemon, l2ld
from mounts import need_mounts, read_only
from specs import tiny

AS_USER = ("setpriv", f"--reuid={UID}", f"--regid={UID}", "--clear-groups",
           "--pdeathsig=KILL")
SUFFIXES = ("", "-wal", "-shm", ".lock")


def digests(folder):
    return {p.name: hashlib.sha256(p.read_bytes()).hexdigest()
            for p in folder.iterdir()}


class State(unittest.TestCase):
    def setUp(self):
        """A state with a job, its server killed, so that there is a log."""
        need_mounts()
        self.d = Daemon()
        self.addCleanup(self.d.close)
        self.number = self.d.run(tiny())["id"]
        self.snapshot = self.d.snapshots(self.number)["best"]["id"]
        self.data = self.d.get(f"snapshots/{self.snapshot}.npz").content
        self.out = self.d.folder / "out"
        self.copy = self.d.folder / "copy"
        self.job = self.d.folder / "job.json"
        self.job.write_text(json.dumps(tiny()))

    def readers(self, before=(), says=None):
        """Those that only read, and do; or all say why not."""
        state = ("--state", self.d.state)
        for words in (("check",), ("backup", self.copy),
                      ("export", f"{self.snapshot}.npz", "--output", self.out)):
            with self.subTest(words=words[0], before=before):
                done = l2ld(*words, *state, before=before)
                if says is None:
                    self.assertEqual(done.returncode, 0, done)
                else:
                    self.assertEqual(done.returncode, 1, done)
                    self.assertRegex(done.stderr, says)
        self.assertEqual(self.copy.exists(), says is None)
        if says is None:
            self.assertEqual(self.out.read_bytes(), self.data)
            self.assertEqual(l2ld("check", self.copy).returncode, 0)
            self.copy.unlink()
            self.out.unlink()

    def refused(self, before, path):
        """Those that write say which file they cannot, and what to do."""
        state = ("--state", self.d.state)
        for words in (("serve", "--listen", "127.0.0.1:0"),
                      ("run", self.job)):
            with self.subTest(words=words[0], before=before):
                done = l2ld(*words, *state, before=before)
                self.assertEqual(done.returncode, 1, done)
                self.assertRegex(
                    done.stderr, f"cannot write to {path}: Read-only file "
                    "system: make it writable, or choose another place")

    def states(self):
        """With a log; with one alone; and closed."""
        self.d.kill()
        yield "killed"
        (self.d.state / "l2ld.sqlite-shm").unlink()
        yield "log alone"
        self.d.start()
        self.d.terminate()
        yield "closed"

    def test_read_only_folder(self):
        path = self.d.state / "l2ld.sqlite"
        for state in self.states():
            before = digests(self.d.state)
            self.refused(read_only(self.d.state), f"{path}.lock")
            self.readers(read_only(self.d.state),
                         f"{path} has a log.*copy both to a place"
                         if state == "log alone" else None)
            done = l2ld("backup", self.d.state / "x", "--state", self.d.state,
                        before=read_only(self.d.state))
            self.assertEqual(done.returncode, 1, done)
            self.assertIn(f"{self.d.state}/x: Read-only", done.stderr)
            self.assertEqual(digests(self.d.state), before)
        self.d.start()
        self.assertEqual(self.d.job(self.number)["state"], "succeeded")

    def test_read_only_file(self):
        path = self.d.state / "l2ld.sqlite"
        for state in self.states():
            before = path.read_bytes()
            self.refused(read_only(path), path)
            self.readers(read_only(path))
            self.assertEqual(path.read_bytes(), before)
            # What was refused left nothing for those after it.
            self.assertEqual((self.d.state / "l2ld.sqlite-wal").exists(),
                             state != "closed")
        self.d.start()
        self.assertEqual(self.d.job(self.number)["state"], "succeeded")

    def test_read_only_log(self):
        self.d.kill()
        path = self.d.state / "l2ld.sqlite-wal"
        self.refused(read_only(path), path)
        self.readers(read_only(path))
        self.d.start()

    def test_nothing_there(self):
        empty = self.d.folder / "empty"
        empty.mkdir()
        for words, says in (
                (("serve", "--state", empty / "new"),
                 "cannot make the folder .*/new: Read-only.*another place"),
                (("token", "--state", empty), "/empty/token: Read-only"),
                (("check", "--state", empty), "/empty/l2ld.sqlite: No such"),
                (("export", "1", "--state", empty),
                 "/empty/l2ld.sqlite: No such")):
            done = l2ld(*words, before=read_only(empty))
            self.assertEqual(done.returncode, 1, done)
            self.assertRegex(done.stderr, says)

    def test_export_while_served(self):
        self.readers()
        self.assertEqual(self.d.get("readyz").status_code, 200)
        done = l2ld("export", "999", "--state", self.d.state)
        self.assertEqual(done.returncode, 1)
        self.assertIn("no snapshot 999 in", done.stderr)


class Another(unittest.TestCase):
    """Root on the state of another user, whose server then goes on."""

    def setUp(self):
        need_root()
        self.folder = Path(tempfile.mkdtemp(prefix="l2ld-api-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.state = self.folder / "state"
        self.state.mkdir()
        for path in (self.folder, self.state):
            os.chown(path, UID, UID)
        if l2ld("--version", before=AS_USER).returncode != 0:
            self.skipTest("another user cannot run the program here")

    def daemon(self):
        """The user's server."""
        d = Daemon(before=AS_USER, folder=self.folder)
        self.addCleanup(d.close)
        return d

    def check_owner(self):
        self.assertEqual([p.name for p in self.state.iterdir()
                          if p.stat().st_uid != UID], [])

    def test_readers(self):
        d = self.daemon()
        snapshot = d.snapshots(d.run(tiny())["id"])["best"]["id"]

        def work():
            """It may be a copy: all but the database and its log is gone."""
            for gone in ("", "-shm", ".lock"):
                if gone != "":
                    (self.state / f"l2ld.sqlite{gone}").unlink(missing_ok=True)
                for words in (("check",), ("export", snapshot),
                              ("backup", "--force", self.state / "copy")):
                    done = l2ld(*words, "--state", self.state)
                    self.assertEqual(done.returncode, 0, done)
                (self.state / "copy").unlink()
                self.check_owner()

        d.kill()
        work()
        d.start()
        d.terminate()
        work()
        d.start()
        self.assertEqual(d.job(1)["state"], "succeeded")

    def test_writers(self):
        """Root makes the state, and the user takes it over."""
        job = self.folder / "job.json"
        job.write_text(json.dumps(tiny()))
        done = l2ld("run", job, "--state", self.state)
        self.assertEqual(done.returncode, 0, done)
        self.check_owner()
        d = self.daemon()
        self.assertEqual(d.job(1)["state"], "succeeded")
        d.kill()
        # Also where the user's server was killed.
        done = l2ld("run", job, "--state", self.state)
        self.assertEqual(done.returncode, 0, done)
        self.check_owner()
        d.start()
        self.assertEqual(d.job(2)["state"], "succeeded")

    def test_no_link_is_followed(self):
        """What a user left in root's way is not written to or given away."""
        mine = self.folder / "mine"
        mine.write_text("root's")
        for name in ("l2ld.sqlite.lock", "l2ld.crash"):
            (self.state / name).symlink_to(mine)
            done = l2ld("serve", "--listen", "127.0.0.1:0", "--state",
                        self.state)
            self.assertEqual(done.returncode, 1, done)
            self.assertIn(f"{name}: Too many levels", done.stderr)
            (self.state / name).unlink()
        self.assertEqual(mine.read_text(), "root's")
        self.assertEqual(mine.stat().st_uid, 0)

    def test_not_the_users(self):
        """What is root's alone is said to be; a token is, whoever's the folder
        is."""
        words = ("serve", "--listen", "127.0.0.1:0", "--state", self.state)
        self.assertEqual(l2ld("token", "--state", self.state).returncode, 0)
        done = l2ld(*words, before=AS_USER)
        self.assertEqual(done.returncode, 1, done)
        self.assertRegex(done.stderr, f"cannot read {self.state}/token: "
                         "Permission denied: chown it to the one who runs")
        (self.state / "l2ld.sqlite.lock").unlink()
        lock = self.state / "l2ld.sqlite.lock"
        lock.touch(0o600)
        done = l2ld(*words, before=AS_USER)
        self.assertEqual(done.returncode, 1, done)
        self.assertRegex(done.stderr, f"cannot write to {lock}: Permission "
                         f"denied: let user {UID}, who runs l2ld, own it, or")
