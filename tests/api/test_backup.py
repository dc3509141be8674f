"""Copies of the database, of a running server and of a stopped one, and the
check of either."""

import hashlib
import os
import sqlite3
import tempfile
import threading
import unittest

from daemon import PROGRAM, SLOW, Daemon, l2ld
from mounts import Small, need_mounts, tiny_disk
from specs import endless, tiny


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

    def assertNoCopy(self):
        """Nor a half one by another name."""
        self.assertEqual([p for p in self.copy.parent.iterdir()
                          if p.name.startswith(self.copy.name)], [])

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

    def grow(self, megabytes):
        """So many more in the database, in one sound snapshot for each 20."""
        self.d.run(tiny())
        self.d.terminate()
        weights = os.urandom(20 << 20)
        db = sqlite3.connect(self.d.state / "l2ld.sqlite")
        with db:
            for i in range(megabytes // 20):
                db.execute(
                    "INSERT INTO snapshot (kind, epoch, optimizer, group_name,"
                    " metadata, sha256, created, weights) VALUES ('imported',"
                    " 0, 'lstm', ?, '{}', ?, 1, ?)", (
                        str(i), hashlib.sha256(weights).hexdigest(), weights))
        db.close()
        self.d.start()

    def meanwhile(self, ask, refused):
        """What ask() gives while a backup is under way; it must be refused, and
        the other one be whole.  Again where that one was over too soon."""
        for _ in range(20):
            got = []
            first = threading.Thread(
                target=lambda: got.append(self.d.session.__class__().post(
                    self.d.url("backup"), timeout=60 * SLOW)))
            first.start()
            made = self.d.state / "l2ld.sqlite.backup"
            self.d.until(lambda: made.exists() or not first.is_alive(),
                         "a backup under way")
            answer = ask()
            first.join()
            if refused(answer):
                break
        self.assertTrue(refused(answer), answer)
        self.assertEqual(got[0].status_code, 200)
        self.copy.write_bytes(got[0].content)
        self.assertSound(self.copy)
        self.copy.unlink()
        return answer

    def test_one_at_a_time(self):
        self.grow(60)
        answer = self.meanwhile(lambda: self.d.post("backup"),
                                lambda answer: answer.status_code != 200)
        self.assertEqual((answer.status_code, answer.json()["code"]),
                         (409, "backup_running"))
        self.assertEqual(answer.headers["Content-Type"],
                         "application/problem+json")
        self.assertEqual(answer.headers["Retry-After"], "10")
        done = self.meanwhile(lambda: self.backup("--force"),
                              lambda done: done.returncode != 0)
        self.assertEqual(done.returncode, 1, done)
        self.assertIn("no backup was made: the server refused (409): Another "
                      "backup is being made", done.stderr)
        self.assertNoCopy()
        # It is over.
        self.assertEqual(self.backup().returncode, 0)

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


class Full(unittest.TestCase):
    """No room for a copy."""

    def setUp(self):
        need_mounts()

    def small(self):
        d = Small()
        self.addCleanup(d.close)
        d.run(tiny())
        return d

    def refused(self, d, code):
        answer = d.post("backup")
        self.assertEqual(
            (answer.status_code, answer.json()["code"],
             answer.headers["Content-Type"]),
            (507, code, "application/problem+json"), answer.text)
        self.assertNotIn("l2ld.sqlite.backup", os.listdir(d.disk))
        done = l2ld("backup", d.folder / "copy", "--state", d.disk)
        self.assertEqual(done.returncode, 1, done)
        self.assertIn("no backup was made: the server refused (507): ",
                      done.stderr)
        self.assertEqual([name for name in os.listdir(d.folder)
                          if name.startswith("copy")], [])
        self.assertEqual(d.get("readyz").status_code, 200)

    def allowed(self, d):
        answer = d.post("backup")
        self.assertEqual(answer.status_code, 200, answer.text)
        d.run(tiny())

    def test_no_room_beside_the_database(self):
        d = self.small()
        self.allowed(d)
        d.fill(65536)
        self.refused(d, "disk_reserve")
        d.room()
        self.allowed(d)

    def test_no_file_beside_the_database(self):
        """As when the disk is filled after its room was looked at."""
        d = self.small()
        fillers = []
        with self.assertRaises(OSError):
            while True:
                (d.disk / f"filler{len(fillers)}").touch()
                fillers.append(d.disk / f"filler{len(fillers)}")
        self.refused(d, "disk_full")
        for filler in fillers:
            filler.unlink()
        self.allowed(d)

    def test_no_room_for_the_file(self):
        """l2ld backup and export to a full disk, of a server's database and
        of one that is closed."""
        d = Daemon()
        self.addCleanup(d.close)
        # More than 64 KiB of weights.
        job = d.run(tiny(optimizer={"layers": [100]}))
        snapshot = d.snapshots(job["id"])["best"]["id"]
        there = d.folder / "full"
        there.mkdir()
        for state in ("served", "closed"):
            if state == "closed":
                d.terminate()
            for words in (("backup", there / "copy"),
                          ("export", snapshot, "--output", there / "copy")):
                with self.subTest(state=state, words=words[0]):
                    done = l2ld(*words, "--state", d.state, before=tiny_disk(there))
                    self.assertEqual(done.returncode, 1, done)
                    self.assertRegex(done.stderr,
                                     f"{there}/copy.*(No space|no room)|"
                                     f"no room for {there}/copy")
                    self.assertEqual(done.stdout, "", "something is left")
