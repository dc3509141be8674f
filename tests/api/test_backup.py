"""Copies of the database, of a running server and of a stopped one, and the
check of either."""

import os
import sqlite3
import subprocess
import unittest

from daemon import PROGRAM, SLOW, Daemon
from specs import endless, tiny


def l2ld(*words):
    return subprocess.run([PROGRAM, *map(str, words)], capture_output=True,
                          text=True, timeout=60 * SLOW)


class Backup(unittest.TestCase):
    def setUp(self):
        self.d = Daemon()
        self.addCleanup(self.d.close)
        self.copy = self.d.folder / "copy of it.sqlite"

    def backup(self, *more):
        return l2ld("backup", self.copy, "--state", self.d.state, *more)

    def assertSound(self, path):
        done = l2ld("check", path)
        self.assertEqual(done.returncode, 0, done)
        self.assertTrue(done.stdout.endswith(f"{path} is sound\n"), done)

    def restored(self):
        """A server on the copy, in a state folder of its own."""
        new = Daemon()
        self.addCleanup(new.close)
        new.terminate()
        os.replace(self.copy, new.state / "l2ld.sqlite")
        new.start()
        return new

    def test_running(self):
        job = self.d.run(tiny(name="kept"))
        running = self.d.submit(endless())
        self.d.wait(running, "running")
        done = self.backup()
        self.assertEqual(done.returncode, 0, done)
        self.assertEqual(done.stdout,
                         f"{self.copy}: {self.copy.stat().st_size} bytes\n")
        self.assertEqual(self.copy.stat().st_mode & 0o777, 0o600)
        self.assertSound(self.copy)
        self.assertSound(self.d.state / "l2ld.sqlite")
        new = self.restored()
        for what in ("", "/curves/training.json", "/table"):
            path = f"jobs/{job['id']}{what}"
            self.assertEqual(new.json(path), self.d.json(path))
        # What was running goes on there.
        new.wait(running, "running")

    def test_stopped(self):
        self.d.run(tiny())
        self.d.terminate()
        before = sorted(p.name for p in self.d.state.iterdir())
        self.assertEqual(self.backup().returncode, 0)
        self.assertSound(self.d.state / "l2ld.sqlite")
        self.assertEqual(sorted(p.name for p in self.d.state.iterdir()),
                         before)
        self.assertSound(self.copy)
        self.d.start()

    def test_killed(self):
        self.d.wait(self.d.submit(endless()), "running")
        self.d.kill()
        self.assertEqual(self.backup().returncode, 0)
        self.assertSound(self.copy)
        self.assertSound(self.d.state / "l2ld.sqlite")
        # A copy on top of a database whose log is still there is not mixed up
        # with that.
        os.replace(self.copy, self.d.state / "l2ld.sqlite")
        done = l2ld("serve", "--state", self.d.state)
        self.assertEqual(done.returncode, 1, done)
        self.assertIn("l2ld.sqlite-wal", done.stderr)
        (self.d.state / "l2ld.sqlite-wal").unlink()
        self.d.start()

    def test_never_overwrites(self):
        self.copy.write_text("mine")
        done = self.backup()
        self.assertEqual(done.returncode, 1)
        self.assertIn("--force", done.stderr)
        self.assertEqual(self.copy.read_text(), "mine")
        self.assertEqual(self.backup("--force").returncode, 0)
        self.assertSound(self.copy)
        self.assertEqual([p.name for p in self.d.folder.iterdir()
                          if p.name.startswith("copy")], [self.copy.name])

    def test_refused(self):
        for words, status, says in (
                (("backup",), 2, "wants a FILE"),
                (("backup", "/nowhere/x", "--state", self.d.state), 1,
                 "/nowhere/x"),
                (("backup", self.copy, "--state", "/nowhere"), 1,
                 "/nowhere/l2ld.sqlite"),
                (("check", "/nowhere/x"), 1, "/nowhere/x"),
                (("check", PROGRAM), 1, "not a database")):
            with self.subTest(words=words):
                done = l2ld(*words)
                self.assertEqual(done.returncode, status, done)
                self.assertIn(says, done.stderr)
        self.assertFalse(self.copy.exists())

    def test_answer(self):
        answer = self.d.post("backup")
        self.assertEqual(answer.status_code, 200)
        self.assertEqual(answer.headers["Content-Type"],
                         "application/vnd.sqlite3")
        self.assertRegex(answer.headers["Content-Disposition"],
                         r'^attachment; filename="l2ld-\d{8}T\d{6}Z\.sqlite"$')
        self.copy.write_bytes(answer.content)
        self.assertSound(self.copy)
        self.assertEqual(self.d.get("backup").status_code, 405)
        # Nothing of it stays beside the database.
        self.assertEqual([p.name for p in self.d.state.iterdir()
                          if "backup" in p.name], [])

    def test_damage(self):
        self.d.run(tiny())
        self.d.terminate()
        path = self.d.state / "l2ld.sqlite"
        with sqlite3.connect(path) as db:
            db.execute("UPDATE snapshot SET weights = zeroblob(8)")
            db.execute("DELETE FROM chunk")
        db.close()
        before = path.read_bytes()
        done = l2ld("check", "--state", self.d.state)
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stdout, r"WRONG: snapshot \d+: its weights")
        self.assertRegex(done.stdout, r"WRONG: curve training of job 1 has 20 ")
        self.assertEqual(path.read_bytes(), before)
        path.write_bytes(before[:4096] + b"x" * 8192 + before[12288:])
        done = l2ld("check", path)
        self.assertEqual(done.returncode, 1, done)
        self.assertIn("WRONG", done.stdout)
        done = self.backup()
        self.assertEqual(done.returncode, 1, done)
        self.assertFalse(self.copy.exists())
        path.write_bytes(before)
        self.d.start()
