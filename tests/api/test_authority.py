"""Who may do what: the server's user and root without a token, everybody else
with it; other machines; HTTPS."""

import json
import os
import shutil
import signal
import ssl
import stat
import subprocess
import tempfile
import unittest
from pathlib import Path

import another
from another import UID, as_user, ask_all, bearer
from case import Case
from daemon import PROGRAM, SLOW, Daemon
from specs import endless, tiny


def said_no(options):
    """What a server says that must refuse to start."""
    done = subprocess.run([PROGRAM, "serve", *options], capture_output=True,
                          text=True, timeout=30 * SLOW)
    assert done.returncode == 1 and done.stdout == "", done
    return done.stderr


def make_certificate(folder, name="l2ld.test", key=("ec", "-pkeyopt",
                                                    "ec_paramgen_curve:P-256")):
    """Paths of a self-signed certificate and its key."""
    if shutil.which("openssl") is None:
        raise unittest.SkipTest("openssl is missing (Debian package: openssl)")
    certificate, secret = Path(folder) / "cert.pem", Path(folder) / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", *key, "-nodes", "-days", "2",
         "-keyout", secret, "-out", certificate, "-subj", f"/CN={name}",
         "-addext", f"subjectAltName=DNS:{name},DNS:localhost,IP:127.0.0.1"],
        check=True, capture_output=True)
    secret.chmod(0o600)
    return certificate, secret


class Other(Case):
    """Another user of the machine."""

    @classmethod
    def setUpClass(cls):
        another.need_root()
        cls.d = Daemon(workers=1)
        cls.addClassCleanup(cls.d.close)
        cls.token = (cls.d.state / "token").read_text().strip()
        cls.job = cls.d.run(tiny())["id"]
        cls.snapshot = cls.d.snapshots(cls.job)["last"]["id"]
        paused = cls.d.submit(endless())
        cls.d.wait(paused, "running")
        cls.d.act(paused, "pause")
        cls.d.wait(paused, "paused")

    def tearDown(self):
        pass            # the paused job is to stay

    def ask(self, asked, uid=UID):
        return as_user(lambda: ask_all(self.d.port, asked), uid)

    def requests(self, headers):
        """Every route, each with a body that it would take."""
        bodies = {None: (None, {}), "application/octet-stream": (b"x" * 64, {}),
                  "application/json": (json.dumps(tiny()), {})}
        made = []
        for method, path, kind in another.targets(
                self.d.json("openapi.json"), self.job, self.snapshot):
            body, more = bodies[kind]
            if kind is not None:
                more = {"Content-Type": kind}
            if method == "PATCH":
                body = '{"name": "changed"}'
            made.append((method, path, {**headers, **more}, body))
        return made

    def assertAllRefused(self, headers, code):
        before = another.digest(self.d.state)
        asked = self.requests(headers)
        for (method, path, *_), (status, got, scheme) in zip(
                asked, self.ask(asked)):
            if path in another.OPEN:
                self.assertEqual(status, 200, path)
                continue
            self.assertEqual((status, got), (401, code), (method, path))
            self.assertEqual(scheme.split(" ")[0], "Bearer")
        self.assertEqual(another.digest(self.d.state), before)

    def test_without_token(self):
        self.assertAllRefused({}, "token_required")

    def test_with_a_wrong_token(self):
        self.assertAllRefused(bearer("0" * 64), "token_wrong")
        self.assertAllRefused({"Authorization": "Basic " + self.token},
                              "token_wrong")

    def test_tokens_of_every_length(self):
        token = self.token
        wrong = [token[:n] for n in range(64)] + \
            [token + "a" * n for n in range(1, 80)] + \
            [token[:n] + ("0" if token[n] != "0" else "1") + token[n + 1:]
             for n in range(64)] + [token[::-1], token + " x"]
        asked = [("GET", "/api/v1/jobs", bearer(one), None) for one in wrong]
        asked.append(("GET", "/api/v1/jobs",
                      {"Authorization": "Bearer " + "a" * 8000}, None))
        for one, (status, code, _) in zip(asked, self.ask(asked)):
            self.assertEqual((status, code), (401, "token_wrong"), one)

    def test_with_the_token(self):
        spec = json.dumps(tiny(name="of another user"))
        answers = self.ask([
            ("GET", "/api/v1/jobs", bearer(self.token), None),
            ("HEAD", "/api/v1/server", bearer(self.token), None),
            ("POST", "/api/v1/jobs",
             {**bearer(self.token), "Content-Type": "application/json"}, spec),
            ("GET", f"/api/v1/snapshots/{self.snapshot}.npz",
             {"Authorization": "bearer " + self.token}, None)])
        self.assertEqual([one[0] for one in answers], [200, 200, 201, 200])
        jobs = self.d.json("jobs", q="of another user")["jobs"]
        self.assertEqual(len(jobs), 1)
        self.d.wait(jobs[0]["id"])

    def test_what_needs_none(self):
        asked = [("GET", path, {}, None) for path in
                 (*another.OPEN, "/", "/app.js", "/style.css")]
        asked += [("GET", "/nothing", {}, None), ("PUT", "/", {}, None)]
        self.assertEqual([one[0] for one in self.ask(asked)],
                         [200] * (len(asked) - 2) + [404, 405])

    def test_root_and_own_user_need_none(self):
        self.assertEqual(self.ask([("GET", "/api/v1/jobs", {}, None)], 0)
                         [0][0], 200)
        self.assertEqual(self.d.get("jobs", headers=bearer("wrong"))
                         .status_code, 200)

    def test_over_other_loopback_addresses(self):
        """The same rules when the client calls itself something else."""
        def call():
            link = another.http.client.HTTPConnection(
                "127.0.0.1", self.d.port, source_address=("127.9.9.9", 0))
            link.request("GET", "/api/v1/jobs")
            return link.getresponse().status
        self.assertEqual(as_user(call), 401)
        self.assertEqual(call(), 200)

    def test_root_of_a_user_namespace(self):
        """One who calls himself root in a namespace of his own is none here."""
        words = ["unshare", "-Ur", "sh", "-c", "id -u; curl -s -o /dev/null "
                 f"-w '%{{http_code}}' {self.d.base}/api/v1/jobs"]
        done = as_user(lambda: subprocess.run(
            words, capture_output=True, text=True).stdout)
        if not done.startswith("0\n"):
            self.skipTest("no user namespaces here")
        self.assertEqual(done, "0\n401")

    def test_server_in_a_user_namespace(self):
        """Where all users look alike, none is the server's own."""
        if subprocess.run(["unshare", "-U", "true"]).returncode != 0:
            self.skipTest("no user namespaces here")
        with tempfile.TemporaryDirectory() as state:
            process = subprocess.Popen(
                ["unshare", "-U", PROGRAM, "serve", "--listen",
                 "127.0.0.1:0", "--state", state], stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL, text=True)
            try:
                port = int(process.stdout.readline().rsplit(":", 1)[1][:-2])
                token = (Path(state) / "token").read_text().strip()
                asked = [("GET", "/api/v1/jobs", {}, None),
                         ("GET", "/api/v1/jobs", bearer(token), None)]
                for uid in (0, UID):
                    got = as_user(lambda: ask_all(port, asked), uid)
                    self.assertEqual([one[0] for one in got], [401, 200])
            finally:
                process.terminate()
                process.communicate()

    def test_token_is_not_told(self):
        log = self.d.said()
        self.assertNotIn(self.token, log)
        mode = (self.d.state / "token").stat().st_mode
        self.assertEqual(stat.S_IMODE(mode), 0o600)
        self.assertRegex(self.token, "^[0-9a-f]{64}$")


class Files(unittest.TestCase):
    """The token's file, and the command that makes it."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.state = Path(folder.name) / "state"
        self.file = self.state / "token"
        self.options = ["--listen", "127.0.0.1:0", "--state", str(self.state)]

    def command(self, *options):
        return subprocess.run(
            [PROGRAM, "token", "--state", self.state, *options],
            capture_output=True, text=True, timeout=30 * SLOW)

    def test_command(self):
        done = self.command()
        self.assertEqual((done.returncode, done.stdout, done.stderr),
                         (0, f"{self.file}\n", ""))
        text = self.file.read_text()
        self.assertRegex(text, "^[0-9a-f]{64}\n$")
        self.assertEqual(self.command().stdout, f"{self.file}\n")
        self.assertEqual(self.file.read_text(), text)
        other = self.state / "other"
        self.assertEqual(self.command("--token", other).stdout, f"{other}\n")
        self.assertNotEqual(other.read_text(), text)

    def test_modes(self):
        self.command()
        for mode in (0o640, 0o604, 0o644, 0o620, 0o602, 0o666):
            self.file.chmod(mode)
            self.assertIn("chmod 0600", said_no(self.options))
            self.assertIn("chmod 0600", self.command().stderr)

    def test_contents(self):
        self.command()
        good = self.file.read_text().strip()
        for text in ("", "\n", good[:42], good + "\n" + good, good + " ",
                     "\u00e9" * 40, "x" * 129, "x" * 5000):
            self.file.write_text(text)
            said = said_no(self.options)
            self.assertIn(str(self.file), said)
            self.assertNotIn(good[:42], said)

    def test_owner(self):
        if os.geteuid() != 0:
            self.skipTest("needs root")
        self.command()
        os.chown(self.file, UID, -1)
        self.assertIn("belongs to another user", said_no(self.options))

    def test_reload(self):
        """SIGHUP takes a new token; with a bad file the old one stays."""
        another.need_root()
        d = Daemon(workers=1)
        try:
            file = d.state / "token"
            first = file.read_text().strip()

            def works(token):
                return as_user(lambda: ask_all(d.port, [
                    ("GET", "/api/v1/jobs", bearer(token), None)]))[0][0] \
                    == 200
            self.assertTrue(works(first))
            second = "abcdefghij" * 5
            file.write_text(second)
            d.process.send_signal(signal.SIGHUP)
            d.until(lambda: works(second), "the new token")
            self.assertFalse(works(first))
            file.write_text("short")
            d.process.send_signal(signal.SIGHUP)
            d.until(lambda: "characters" in d.said(), "a word of the fault")
            self.assertTrue(works(second))
        finally:
            d.close()


class Encrypted(unittest.TestCase):
    """HTTPS with a certificate of the test's own."""

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.folder = Path(folder.name)
        cls.certificate, cls.key = make_certificate(cls.folder)
        cls.files = ["--certificate", str(cls.certificate), "--key",
                     str(cls.key)]

    def test_serves(self):
        d = Daemon(workers=1, options=self.files)
        d.session.verify = str(self.certificate)
        try:
            self.assertEqual(d.base, f"https://127.0.0.1:{d.port}")
            job = d.run(tiny())
            self.assertGreater(len(d.curve(job["id"], "training")["rows"]), 0)
            # Whoever speaks plain HTTP there, or an old TLS, gets nothing.
            self.assertNotIn(b"200 OK", d.raw(
                b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"))
            old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
            old.set_ciphers("ALL:@SECLEVEL=0")
            old.minimum_version = ssl.TLSVersion.TLSv1
            old.maximum_version = ssl.TLSVersion.TLSv1_1
            with self.assertRaises((ssl.SSLError, ConnectionError)):
                with another.socket.create_connection(
                        ("127.0.0.1", d.port)) as link:
                    old.wrap_socket(link)
            if os.geteuid() == 0:
                token = (d.state / "token").read_text().strip()
                self.certificate.chmod(0o644)
                self.folder.chmod(0o755)
                answers = as_user(lambda: ask_all(d.port, [
                    ("GET", "/api/v1/jobs", {}, None),
                    ("GET", "/api/v1/jobs", bearer(token), None)],
                    tls=str(self.certificate)))
                self.assertEqual([one[0] for one in answers], [401, 200])
            # It ends with a client half way through a handshake.
            with another.socket.create_connection(("127.0.0.1", d.port)) as s:
                s.sendall(b"\x16\x03\x01")
                d.terminate(10)
        finally:
            d.close()

    def test_new_certificate(self):
        """SIGHUP takes another one."""
        with tempfile.TemporaryDirectory() as name:
            paths = make_certificate(name)
            d = Daemon(workers=1, options=["--certificate", str(paths[0]),
                                           "--key", str(paths[1])])
            try:
                def shown():
                    return ssl.get_server_certificate(("127.0.0.1", d.port))
                first = shown()
                self.assertIn(first.strip(), paths[0].read_text())
                make_certificate(name, key=("rsa:2048",))
                d.process.send_signal(signal.SIGHUP)
                d.until(lambda: shown() != first, "the new certificate")
                second = shown()
                self.assertIn(second.strip(), paths[0].read_text())
                paths[1].write_text("nothing")
                d.process.send_signal(signal.SIGHUP)
                d.until(lambda: "no private key" in d.said(), "the fault")
                self.assertEqual(shown(), second)
            finally:
                d.close()

    def test_faults(self):
        """Each is said clearly, and the server does not start."""
        with tempfile.TemporaryDirectory() as name:
            other = make_certificate(name)
            listen = ["--listen", "127.0.0.1:0", "--state", name + "/state"]
            junk, locked = Path(name) / "junk", Path(name) / "locked"
            junk.write_text("-----BEGIN CERTIFICATE-----\nAAAA\n")
            junk.chmod(0o600)
            subprocess.run(["openssl", "pkey", "-in", other[1], "-aes256",
                            "-passout", "pass:x", "-out", locked], check=True)
            locked.chmod(0o600)

            def said(certificate, key):
                options = [part for flag, path in
                           (("--certificate", certificate), ("--key", key))
                           if path for part in (flag, str(path))]
                return said_no(listen + options)
            self.assertIn("--certificate needs --key",
                          said(self.certificate, None))
            self.assertIn("--key needs --certificate", said(None, self.key))
            self.assertIn("is not that of", said(self.certificate, other[1]))
            self.assertIn("no private key", said(self.certificate, junk))
            self.assertIn("no certificate", said(junk, self.key))
            self.assertIn("No such file", said(name + "/none", self.key))
            self.assertIn("No such file", said(self.certificate,
                                               name + "/none"))
            self.assertIn("password", said(self.certificate, locked))
            other[1].chmod(0o644)
            self.assertIn("chmod", said(other[0], other[1]))


class Public(unittest.TestCase):
    """An address that other machines can reach, in a network of its own."""

    @classmethod
    def setUpClass(cls):
        another.need_root()
        cls.space = f"l2ld{os.getpid()}"
        if shutil.which("ip") is None:
            raise unittest.SkipTest("ip is missing (Debian package: iproute2)")
        for words in (["netns", "add", cls.space],
                      ["-n", cls.space, "link", "set", "lo", "up"],
                      ["-n", cls.space, "addr", "add", "192.0.2.1/32", "dev",
                       "lo"]):
            done = subprocess.run(["ip", *words], capture_output=True,
                                  text=True)
            if done.returncode != 0:
                cls.tearDownClass()
                raise unittest.SkipTest("no network of its own here: " +
                                        done.stderr.strip())

    @classmethod
    def tearDownClass(cls):
        subprocess.run(["ip", "netns", "delete", cls.space],
                       capture_output=True)

    def start(self, state, *options):
        process = subprocess.Popen(
            ["ip", "netns", "exec", self.space, PROGRAM, "serve", "--state",
             state, *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            text=True)
        self.addCleanup(self.end, process)
        return process

    def end(self, process):
        process.kill()
        process.communicate()

    def curl(self, *words):
        """Status of the answer, and its body."""
        done = subprocess.run(
            ["ip", "netns", "exec", self.space, "curl", "-s", "--noproxy",
             "*", "-w", "\n%{http_code}", *words], capture_output=True,
            text=True, timeout=60 * SLOW)
        body, _, status = done.stdout.rpartition("\n")
        return int(status or 0), body

    def test_without_a_token_file(self):
        with tempfile.TemporaryDirectory() as state:
            for address in ("0.0.0.0:8642", "192.0.2.1:8642", "[::]:8642"):
                process = self.start(state, "--listen", address)
                said = process.communicate(timeout=30 * SLOW)[1]
                self.assertEqual(process.returncode, 1)
                self.assertIn("l2ld token", said)
                self.assertFalse((Path(state) / "token").exists())

    def test_with_one(self):
        with tempfile.TemporaryDirectory() as state:
            subprocess.run([PROGRAM, "token", "--state", state], check=True,
                           capture_output=True)
            token = (Path(state) / "token").read_text().strip()
            process = self.start(state, "--listen", "0.0.0.0:8642", "--host",
                                 "lab.example", "--host", "192.0.2.1")
            self.assertIn("ready: http://127.0.0.1:8642/",
                          process.stdout.readline())
            there, here = "http://192.0.2.1:8642", "http://127.0.0.1:8642"
            bear = ("-H", "Authorization: Bearer " + token)
            for words, status in (
                    ((here + "/api/v1/jobs",), 200),
                    ((there + "/api/v1/jobs",), 401),
                    ((there + "/api/v1/jobs", *bear), 200),
                    ((there + "/healthz",), 200),
                    ((there + "/healthz", "-H", "Host: lab.example"), 200),
                    ((there + "/healthz", "-H", "Host: lab.example:8642"),
                     200),
                    ((there + "/api/v1/jobs", *bear, "-H",
                      "Host: evil.example"), 403),
                    (("http://0.0.0.0:8642/healthz",), 403)):
                with self.subTest(words=words):
                    got, body = self.curl(*words)
                    self.assertEqual(got, status, body)
                    if status == 403:
                        self.assertIn("--host", body)
            process.send_signal(signal.SIGTERM)
            said = process.communicate(timeout=30 * SLOW)[1]
            self.assertIn("travels in clear", said)
            self.assertNotIn(token, said)

    def test_encrypted(self):
        with tempfile.TemporaryDirectory() as state:
            subprocess.run([PROGRAM, "token", "--state", state], check=True,
                           capture_output=True)
            token = (Path(state) / "token").read_text().strip()
            certificate, key = make_certificate(state)
            process = self.start(
                state, "--listen", "192.0.2.1:443", "--host", "l2ld.test",
                "--certificate", certificate, "--key", key)
            self.assertIn("ready: https://192.0.2.1:443/",
                          process.stdout.readline())
            got, body = self.curl(
                "--cacert", certificate, "--resolve",
                "l2ld.test:443:192.0.2.1", "https://l2ld.test/api/v1/jobs",
                "-H", "Authorization: Bearer " + token)
            self.assertEqual(got, 200, body)
            # l2ld backup knows the token and the certificate.
            done = subprocess.run(
                ["ip", "netns", "exec", self.space, PROGRAM, "backup",
                 state + "/copy", "--state", state, "--certificate",
                 certificate], capture_output=True, text=True,
                timeout=60 * SLOW)
            self.assertEqual(done.returncode, 0, done.stderr)
            process.send_signal(signal.SIGTERM)
            self.assertNotIn("in clear",
                             process.communicate(timeout=30 * SLOW)[1])
