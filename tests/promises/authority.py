"""No other user of the machine controls the server: one tries every route with
every method, without a token, with wrong ones and with one that was in force
once, and by bytes of his own making; nothing may change."""

import json
import random
import signal

import another
from daemon import Daemon
from specs import endless, tiny

NUMBER = 14
TEXT = "no other user of the machine controls it"


def wrong_tokens(token, stale, random_):
    """Values of Authorization; None: no such header."""
    flipped = random_.randrange(len(token))
    other = "0" if token[flipped] != "0" else "1"
    made = "".join(random_.choice("0123456789abcdef") for _ in token)
    yield None
    for one in ("", stale, made, token[:-1], token + "0", token[1:],
                token[:flipped] + other + token[flipped + 1:],
                token.upper() if token.upper() != token else made,
                token + "\t0", token[:32]):
        yield "Bearer " + one
    yield token
    yield "Basic " + token
    yield "Token " + token
    yield "Bearer" + token
    yield "Bearer:" + token


def bodies(kind, random_):
    if kind == "application/octet-stream":
        return bytes(random_.randrange(256) for _ in range(200))
    return json.dumps(tiny(name="not theirs"))


def requests(api, job, snapshot, values, random_):
    """Every path with every method and every value of Authorization."""
    places = another.targets(api, job, snapshot)
    kinds = {(method, path): kind for method, path, kind in places}
    for path in sorted({path for _, path, _ in places}):
        for method in another.METHODS:
            kind = kinds.get((method, path))
            for value in values:
                headers = {} if value is None else {"Authorization": value}
                body = None
                if method not in ("GET", "HEAD"):
                    headers["Content-Type"] = kind or "application/json"
                    body = bodies(kind, random_)
                yield method, path, headers, body


def smuggled(port, token, stale):
    """Bytes that some reader might take for a request with a good token."""
    host = f"Host: 127.0.0.1:{port}\r\n"
    spec = json.dumps(tiny())
    tail = f"Content-Type: application/json\r\nContent-Length: {len(spec)}\r\n"
    post = "POST /api/v1/jobs HTTP/1.1\r\n" + host + tail
    delete = "DELETE /api/v1/jobs/1 HTTP/1.1\r\n" + host
    wrong = f"Authorization: Bearer {stale}\r\n"
    yield post + wrong + wrong + "\r\n" + spec
    yield post + "Authorization:\r\n Bearer x\r\n\r\n" + spec
    yield post + "authorization : Bearer x\r\n\r\n" + spec
    yield post + "X-Forwarded-For: 127.0.0.1\r\nX-Real-Uid: 0\r\n\r\n" + spec
    yield post + "Cookie: token=x\r\nX-Authorization: Bearer x\r\n\r\n" + spec
    yield post + f"Authorization: Bearer {stale}\x00{stale}\r\n\r\n" + spec
    # One that is refused, with another in its body or behind it.
    inner = delete + "\r\n"
    yield (f"POST /api/v1/jobs HTTP/1.1\r\n{host}Content-Type: application/"
           f"json\r\nContent-Length: {len(inner)}\r\n\r\n{inner}{inner}")
    yield f"GET /healthz HTTP/1.1\r\n{host}\r\n{inner}{inner}"
    yield (f"GET /healthz HTTP/1.1\r\n{host}Content-Length: {len(inner)}\r\n"
           f"\r\n{inner}{inner}")
    yield f"{post}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n{inner}"
    yield delete.replace("DELETE /", "DELETE //") + "\r\n"
    yield delete.replace("/jobs/1", "/jobs/1/../1") + "\r\n"
    yield delete.replace("/api", "/%61pi") + "\r\n"
    yield delete.replace("/jobs/1", "/healthz/%2e%2e/jobs/1") + "\r\n"
    yield delete.replace("DELETE", "GET") + \
        "X-HTTP-Method-Override: DELETE\r\n\r\n"
    yield delete.replace("DELETE /api", f"DELETE http://127.0.0.1:{port}/api") \
        + "\r\n"


def take_raw(port, texts):
    return [another.raw(port, text.encode("latin-1"), 2) for text in texts]


def good(answer):
    """Statuses of an answer's parts that say that something was done."""
    return [part[:3] for part in answer.split("HTTP/1.1 ")[1:]
            if part[:1] in "23"]


def renew(d):
    """Another token takes the place of the first, which is now stale; both."""
    file = d.state / "token"
    stale, fresh = file.read_text().strip(), ""
    file.write_text(fresh := "".join(
        random.SystemRandom().choice("0123456789abcdef") for _ in range(64)))
    d.process.send_signal(signal.SIGHUP)
    d.until(lambda: another.as_user(lambda: another.ask_all(
        d.port, [("GET", "/api/v1/jobs", another.bearer(fresh), None)]))[0][0]
        == 200, "the new token to be taken")
    return stale, fresh


def set_up(d):
    """A job with results and one that waits; (job, snapshot)."""
    job = d.run(tiny())["id"]
    waiting = d.submit(endless())
    d.wait(waiting, "running")
    d.act(waiting, "pause")
    d.wait(waiting, "paused")
    return job, d.snapshots(job)["last"]["id"]


def prove(short):
    another.need_root()
    random_ = random.Random(14)
    d = Daemon(workers=1)
    try:
        job, snapshot = set_up(d)
        stale, token = renew(d)
        values = list(wrong_tokens(token, stale, random_))
        if short:
            values = values[:4]
        before = another.digest(d.state)
        asked = list(requests(d.json("openapi.json"), job, snapshot, values,
                              random_))
        answers = another.as_user(lambda: another.ask_all(d.port, asked))
        refused = 0
        for (method, path, headers, _), (status, code, _) in zip(
                asked, answers):
            if path in another.OPEN:
                assert status in (200, 400, 405), (method, path, status)
                continue
            assert status in (401, 400, 404, 405, 0), \
                (method, path, headers, status)
            refused += status == 401
        texts = list(smuggled(d.port, token, stale))
        raw = another.as_user(lambda: take_raw(d.port, texts))
        for text, answer in zip(texts, raw):
            # What is open to all may be answered; nothing else.
            allowed = ["200"] if text.startswith("GET /healthz") else []
            assert good(answer) == allowed, (text, answer)
        changes = int(another.digest(d.state) != before)
        assert changes == 0, "the database is another one"
        # The same requests are not refused to who shows the token.
        shown = another.as_user(lambda: another.ask_all(d.port, [
            ("GET", f"/api/v1/jobs/{job}", another.bearer(token), None),
            ("DELETE", f"/api/v1/jobs/{job}", another.bearer(token), None)]))
        assert [one[0] for one in shown] == [200, 204], shown
        assert another.digest(d.state) != before
    finally:
        d.close()
    return (f"{len(asked)} requests of another user, {refused} refused for "
            f"want of the token, and {len(texts)} of raw bytes: "
            f"{changes} state changes")
