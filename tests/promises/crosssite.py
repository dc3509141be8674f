"""No web page controls the daemon, and none reads of it: Chromium opens pages of
an attacker on another port, on another name, and on a name that is turned to the
daemon once the page is loaded; each tries every route that changes something and
some that do not, in all the ways a page has.  The same script in a page of the
daemon's own does change things: the attempts are good ones."""

import http.server
import json
import socket
import threading
import time
import unittest
from pathlib import Path

from chromium import Chromium
from daemon import SLOW, Daemon
from specs import endless, tiny

NUMBER = 14
TEXT = "no web page controls it"
API = "/api/v1"
SCRIPT = Path(__file__).with_suffix(".js").read_text()
READS = ["/jobs", "/openapi.json", "/server", "/../../", "/../../api.js",
         "/../../style.css"]
MAP = "MAP attacker.test 127.0.0.1, MAP rebind.test localhost"


class Attacker:
    """A server of empty pages.  Closing it ends its connections too: a browser
    opens some ahead of need, and would go on asking the attacker over them."""

    class Page(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.0"

        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(b"<!doctype html><title>x</title><body>")

        def log_message(self, *_):
            pass

    def __init__(self, address, port=0):
        class Server(http.server.ThreadingHTTPServer):
            address_family = (socket.AF_INET6 if ":" in address
                              else socket.AF_INET)

            def get_request(self):
                accepted = super().get_request()
                connections.append(accepted[0])
                return accepted

        self.connections = connections = []
        self.server = Server((address, port), self.Page)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever,
                         daemon=True).start()

    def close(self):
        if self.server is not None:
            self.server.shutdown()
            self.server.server_close()
            for connection in self.connections:
                try:
                    connection.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass    # it has ended
            self.server = None


class Victim:
    """A daemon with jobs in every state that a request could change."""

    def __init__(self):
        self.d = d = Daemon()
        self.ended = d.run(tiny())["id"]
        self.snapshot = d.json("snapshots")["snapshots"][0]["id"]
        running = [d.submit(endless(threads=1)) for _ in range(2)]
        for number in running:
            d.wait(number, "running")
        paused = d.submit(endless())
        assert d.act(paused, "pause").status_code == 200
        ended = d.submit(endless())
        d.act(ended, "cancel")
        self.jobs = {"retry": ended, "cancel": running[0],
                     "pause": running[1], "resume": paused}

    def changes(self):
        """Every route that changes something, with a body that it takes."""
        found = []
        for path, verbs in self.d.json("openapi.json")["paths"].items():
            what = path.rsplit("/", 1)[1]
            number = self.snapshot if "snapshots" in path else \
                self.jobs.get(what, self.ended)
            for verb, route in verbs.items():
                if verb not in ("post", "put", "patch", "delete"):
                    continue
                kinds = list(route.get("requestBody", {}).get("content", {}))
                body = tiny() if path == "/jobs" else \
                    {"name": "owned"} if verb == "patch" else {}
                found.append({"method": verb.upper(),
                              "path": path.replace("{id}", str(number)),
                              "body": json.dumps(body),
                              "kind": (kinds or ["application/json"])[0]})
        # For the control's sake what deletes comes last, and a job, whose
        # snapshots go with it, after those.
        return sorted(found, key=lambda one: (one["method"] == "DELETE",
                                              "/jobs" in one["path"]))

    def state(self):
        """All that a request could have changed."""
        d = self.d
        jobs = [(j["id"], j["state"], j["name"], j["notes"], j["tags"],
                 j["priority"]) for j in d.json("jobs", limit=500)["jobs"]]
        files = sorted(str(p) for p in d.state.rglob("*")
                       if "-wal" not in p.name and "-shm" not in p.name)
        return (jobs, [s["id"] for s in d.json("snapshots")["snapshots"]],
                files)

    def refused(self):
        """Requests that were answered with an error so far."""
        for line in self.d.get("/metrics").text.splitlines():
            if line.startswith("l2ld_http_responses_total") and '"4xx"' in line:
                return int(float(line.split()[-1]))
        raise AssertionError("no count of 4xx in /metrics")


def navigate(browser, page, base, changes):
    """Forms that take the whole tab to the daemon."""
    count = 0
    for change in changes:
        if change["method"] != "POST":
            continue
        session = browser.open(page)
        browser.run(session, f"""{{
            const form = Object.assign(document.createElement('form'), {{
              method: 'post', enctype: 'text/plain',
              action: {json.dumps(base + change["path"])} }});
            document.body.append(form);
            form.submit(); }}""")
        count += 1
    browser.listen(0.5)
    return count


def one_attack(browser, victim, page, base, turn=None):
    """All attempts from one page; attempts, what it could read, statuses."""
    changes = victim.changes()
    before, count = victim.state(), victim.refused()
    moved = 0
    if turn is None:
        moved = navigate(browser, page, base, changes)
    session = browser.open(page)
    if turn is not None:
        turn()
    result = browser.run(
        session, f"{SCRIPT}\nattack({json.dumps(base)}, "
        f"{json.dumps(changes)}, {json.dumps(READS)})", 600)
    browser.listen(1)
    time.sleep(0.5 * SLOW)
    after = victim.state()
    assert before == after, f"{page} changed {before}\nto {after}"
    assert not result["readable"], (page, result["readable"])
    arrived = victim.refused() - count
    assert arrived > 0, f"{page}: nothing arrived"
    return result["attempts"] + moved, arrived, result["statuses"]


def control(browser, victim):
    """The same from a page of the daemon's own: how many changes it made."""
    changes, made = victim.changes(), 0
    session = browser.open(victim.d.base + "/")
    for change in changes:
        before = victim.state()
        result = browser.run(session, f"""fetch({json.dumps(
            API + change['path'])}, {{ method: {json.dumps(change['method'])},
            mode: 'same-origin', body: {json.dumps(change['body'])},
            headers: {{ 'Content-Type': {json.dumps(change['kind'])} }} }})
            .then((answer) => answer.status)""")
        if change["path"] == "/snapshots":
            # The file is nonsense; the gate let it pass to its reader.
            assert result == 422, result
        elif change["path"] != "/backup":
            assert result < 300 and victim.state() != before, (change, result)
            made += 1
    return made, len(changes)


def prove(short):
    attempts = arrived = 0
    browser = Chromium(
        f"--host-resolver-rules={MAP}", "--disable-features="
        "LocalNetworkAccessChecks,BlockInsecurePrivateNetworkRequests")
    victim = Victim()
    d = victim.d
    other = Attacker("127.0.0.1")
    try:
        same = Attacker("::1", d.port)
    except OSError as error:
        other.close()
        browser.close()
        d.close()
        raise unittest.SkipTest(f"no second address for a name: {error}")
    base = f"http://127.0.0.1:{d.port}{API}"
    name = f"http://rebind.test:{d.port}"
    pages = [(f"http://127.0.0.1:{other.port}/", base, None),
             (f"http://attacker.test:{other.port}/", base, None),
             (f"{name}/", name + API, same.close)]
    pages = pages[1:] if short else pages
    try:
        for page, to, turn in pages:
            tried, came, statuses = one_attack(browser, victim, page, to, turn)
            assert turn is None or set(statuses) == {403}, set(statuses)
            attempts += tried
            arrived += came
        made, routes = control(browser, victim)
    finally:
        other.close()
        same.close()
        browser.close()
        d.close()
    return (f"{attempts} attempts at {routes} routes from {len(pages)} pages of "
            f"other origins, one by DNS rebinding; {arrived} arrived and were "
            "refused, 0 state changes, 0 readable answers; from a page of its "
            f"own {made} of {routes} routes change something")
