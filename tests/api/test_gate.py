"""The gate: no web page drives the server, and no request can be read in two
ways."""

import json
import socket
import subprocess
import time

from case import Case
from daemon import PROGRAM, SLOW
from specs import tiny

POLICY = ("default-src 'none'; script-src 'self'; style-src 'self'; "
          "img-src 'self' data: blob:; connect-src 'self'; base-uri 'none'; "
          "form-action 'none'; frame-ancestors 'none'")


class Gate(Case):
    def setUp(self):
        self.jobs = len(self.d.json("jobs", limit=500)["jobs"])

    def tearDown(self):
        super().tearDown()
        self.assertEqual(self.d.get("healthz").json(), {"status": "ok"})
        self.assertEqual(len(self.d.json("jobs", limit=500)["jobs"]),
                         self.jobs, "a job was submitted")

    def status(self, data, seconds=5, end=False):
        """Of the first answer to these bytes; 0 when there is none."""
        got = self.d.raw(data, seconds, end)
        if not got:
            return 0, b""
        return int(got.split(b" ", 2)[1]), got

    def head(self, line=b"GET /api/v1/healthz HTTP/1.1", host=None, *more):
        if host is None:
            host = b"Host: 127.0.0.1:%d" % self.d.port
        lines = [line, *([host] if host else []), *more,
                 b"Connection: close"]
        return b"\r\n".join(lines) + b"\r\n\r\n"

    def assertRefused(self, answer, code):
        self.assertProblem(answer, 403, code)

    # ---- who is asked, and by whom ----

    def test_host(self):
        port = self.d.port
        for host in (f"127.0.0.1:{port}", f"localhost:{port}",
                     f"LOCALHOST:{port}", f"[::1]:{port}"):
            self.assertEqual(self.d.get("server", headers={"Host": host})
                             .status_code, 200, host)
        for host in ("evil.example", f"evil.example:{port}", "127.0.0.1",
                     "localhost:1", f"127.0.0.1.evil.example:{port}",
                     f"localhost.:{port}", f"127.0.0.2:{port}"):
            for method in ("GET", "POST"):
                self.assertRefused(self.d.ask(method, "jobs", json=tiny(),
                                              headers={"Host": host}),
                                   "host_not_allowed")
            self.assertRefused(self.d.get("/", headers={"Host": host}),
                               "host_not_allowed")
        good = b"Host: localhost:%d" % port
        for host in (b"", good + b"\r\n" + good,
                     good + b"\r\nHost: evil.example",
                     b"Host: evil.example\r\n" + good):
            self.assertEqual(self.status(self.head(host=host))[0], 400, host)
        self.assertEqual(self.status(self.head(host=b"Host:"))[0], 403)
        self.assertEqual(self.status(self.head())[0], 200)

    def test_origin(self):
        own = {"Origin": self.d.base}
        foreign = ({"Origin": "http://evil.example"}, {"Origin": "null"},
                   {"Origin": f"http://localhost:{self.d.port}"},
                   {"Origin": self.d.base + ".evil.example"},
                   {"Origin": "http://127.0.0.1"}, {"Origin": ""},
                   {"Sec-Fetch-Site": "cross-site"},
                   {"Sec-Fetch-Site": "same-site"},
                   {"Sec-Fetch-Site": "nonsense"},
                   {"Sec-Fetch-Site": "cross-site", **own})
        for headers in foreign:
            with self.subTest(headers=headers):
                for method, path in (("POST", "jobs"), ("PATCH", "jobs/1"),
                                     ("DELETE", "jobs/1"),
                                     ("POST", "jobs/1/cancel"),
                                     ("POST", "snapshots"),
                                     ("OPTIONS", "jobs")):
                    self.assertRefused(
                        self.d.ask(method, path, json=tiny(),
                                   headers=headers), "cross_site")
                # Reading is safe; but no page elsewhere is given the answer.
                answer = self.d.get("server", headers=headers)
                self.assertEqual(answer.status_code, 200)
                self.assertFalse([name for name in answer.headers
                                  if name.startswith("Access-Control")])
        for headers in ({}, own, {"Sec-Fetch-Site": "same-origin"},
                        {"Sec-Fetch-Site": "none"},
                        {"Sec-Fetch-Site": "same-origin", **own}):
            answer = self.d.post("jobs?dry_run=1", json=tiny(),
                                 headers=headers)
            self.assertEqual(answer.status_code, 200, headers)

    def test_headers_of_answers(self):
        for path in ("/", "server", "nope", "openapi.json", "/style.css"):
            headers = self.d.get(path).headers
            self.assertEqual(headers["Content-Security-Policy"], POLICY)
            self.assertEqual(headers["X-Content-Type-Options"], "nosniff")
            self.assertEqual(headers["Referrer-Policy"], "no-referrer")
            self.assertEqual(headers["Cache-Control"], "no-cache" if
                             path[0] == "/" else "no-store")
            self.assertNotIn("Set-Cookie", headers)

    def test_other_machines_need_a_token(self):
        """Without one, whoever reaches it would control it."""
        for address in ("0.0.0.0:0", "[::]:0"):
            done = subprocess.run(
                [PROGRAM, "serve", "--listen", address, "--state",
                 str(self.d.folder / "other")], capture_output=True,
                text=True, timeout=20 * SLOW)
            self.assertNotEqual(done.returncode, 0)
            self.assertEqual(done.stdout, "")
            self.assertIn("l2ld token", done.stderr)

    # ---- one way to read it ----

    def test_framing(self):
        body = json.dumps(tiny()).encode()
        length = b"Content-Length: %d" % len(body)
        kind = b"Content-Type: application/json"
        chunked = b"Transfer-Encoding: chunked"
        post = b"POST /api/v1/jobs HTTP/1.1"
        smuggled = b"0\r\n\r\n" + self.head(b"DELETE /api/v1/jobs/1 HTTP/1.1")
        for status, headers, sent in (
            (400, (kind, length, chunked), smuggled),
            (400, (kind, chunked, length), smuggled),
            (400, (kind, length, length), body),
            (400, (kind, length, b"Content-Length: 0"), body),
            (400, (kind, b"Content-Length: -1"), body),
            (400, (kind, b"Content-Length: +5"), body),
            (400, (kind, b"Content-Length: 5, 5"), body),
            (400, (kind, b"Content-Length: 99999999999999999999"), body),
            (411, (kind, chunked), b"0\r\n\r\n"),
            (400, (kind, b"Transfer-Encoding: identity", length), body),
            (400, (kind, kind, length), body),
            (400, (kind, length, b"Origin: " + self.d.base.encode(),
                   b"Origin: http://evil.example"), body),
        ):
            with self.subTest(headers=headers):
                got, text = self.status(self.head(post, None, *headers) + sent)
                # The library itself may refuse by closing, without a word.
                self.assertIn(got, (status, 400, 413, 0), text)
                for part in text.split(b"HTTP/1.1 ")[1:]:
                    self.assertEqual(part[:1], b"4", text)

    def test_request_lines(self):
        host = b"127.0.0.1:%d" % self.d.port
        for line, statuses in (
            (b"GET http://%s/api/v1/server HTTP/1.1" % host, (400,)),
            (b"GET http://evil.example/ HTTP/1.1", (400,)),
            (b"GET api/v1/server HTTP/1.1", (400,)),
            (b"GET /api/v1/server#x HTTP/1.1", (400,)),
            (b"GET /\x01 HTTP/1.1", (400,)),
            (b"GET /\xff HTTP/1.1", (400,)),
            (b"CONNECT evil.example:80 HTTP/1.1", (400, 403)),
            (b"OPTIONS * HTTP/1.1", (400,)),
            (b"GET /api/v1/server HTTP/2.0", (400, 505)),
            (b"GET /api/v1/server HTTP/0.9", (400, 505)),
            (b"G(T /api/v1/server HTTP/1.1", (400,)),
            (b"GET /api/v1/server", (400, 505)),
            (b"nonsense", (400, 505)),
            (b"", (400, 505)),
        ):
            with self.subTest(line=line):
                got, text = self.status(self.head(line), 2)
                self.assertIn(got, (0, *statuses), text)
        self.assertEqual(self.status(self.head(
            b"GET /api/v1/server HTTP/1.0"))[0], 200)

    def test_headers_of_requests(self):
        for more, status in (
            ((b"X : y",), 400),
            ((b"X\x01: y",), 400),
            ((b"X: a\x01b",), 400),
            (tuple(b"X-%d: y" % i for i in range(80)), 400),
            ((b"X-Long: " + b"x" * 100000,), 431),
        ):
            with self.subTest(more=more[0][:20]):
                got, text = self.status(self.head(
                    b"GET /api/v1/server HTTP/1.1", None, *more), 2)
                self.assertIn(got, (status, 400, 413, 0), text[:200])

    def test_bytes_that_are_no_request(self):
        for data in (b"\x00" * 1000, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc",
                     b"\r\n" * 1000, b"{" * 50000, b"GET " + b"/" * 200000):
            got, text = self.status(data, end=True)
            self.assertIn(got // 100, (0, 4, 5), text[:200])

    def test_pipelined(self):
        """Two requests in one go get two answers, in order."""
        got = self.d.raw(
            b"GET /api/v1/healthz HTTP/1.1\r\nHost: localhost:%d\r\n\r\n"
            % self.d.port + self.head(b"GET /api/v1/nope HTTP/1.1"))
        self.assertEqual([part[:3] for part in got.split(b"HTTP/1.1 ")[1:]],
                         [b"200", b"404"])

    def test_slow_and_silent_clients(self):
        """Those that say nothing keep nobody out."""
        idle = [socket.create_connection(("127.0.0.1", self.d.port))
                for _ in range(200)]
        try:
            for one in idle[::2]:
                one.sendall(b"POST /api/v1/jobs HTTP/1.1\r\nHost: x")
            began = time.monotonic()
            for _ in range(5):
                self.d.session.close()
                self.assertEqual(self.d.get("healthz").status_code, 200)
            self.assertLess(time.monotonic() - began, 10 * SLOW)
        finally:
            for one in idle:
                one.close()
