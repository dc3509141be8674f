"""Look at the dashboard of a running l2ld with headless Chromium.

    test_dashboard.py http://127.0.0.1:8642/ [FOLDER FOR SCREENSHOTS]

The server must have a job of type train that has succeeded. Each page is
loaded, its DOM and a picture are taken, and whatever it said on the console
(violations of the content security policy included) is a failure.
"""

import json
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import urllib.request
import zlib
from html.parser import HTMLParser
from pathlib import Path

SKIPPED = 77
LEARNED = (0x00, 0x72, 0xb2)    # --series-blue of style.css, on light


def api(base, path):
    with urllib.request.urlopen(f"{base}/api/v1{path}", timeout=20) as answer:
        return json.load(answer)


class Page(HTMLParser):
    """What the tests ask about a page: tags by name and class, links, text."""

    VOID = {"br", "hr", "img", "input", "link", "meta"}

    def __init__(self, dom):
        super().__init__()
        self.elements = []      # (tag, attributes, path of ancestors' classes)
        self.open = []
        self.words = []
        self.feed(dom)
        self.text = " ".join(self.words)

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        above = " ".join(self.open)
        self.elements.append((tag, attrs, above))
        if tag not in self.VOID:
            self.open.append(f"{tag} {attrs.get('class') or ''}")

    def handle_endtag(self, tag):
        while self.open and self.open.pop().split(" ")[0] != tag:
            pass

    def handle_data(self, data):
        self.words.append(" ".join(data.split()))

    def count(self, tag, within=""):
        return sum(1 for t, _, above in self.elements
                   if t == tag and within in above)

    def links(self):
        return {a.get("href") for t, a, _ in self.elements if t == "a"}


def unfilter(kind, line, above, bpp):
    """Undo a PNG row filter (W3C PNG, 9.2)."""
    for i in range(len(line)):
        a = line[i - bpp] if i >= bpp else 0
        b = above[i]
        c = above[i - bpp] if i >= bpp else 0
        if kind == 1:
            guess = a
        elif kind == 2:
            guess = b
        elif kind == 3:
            guess = (a + b) // 2
        else:
            p = a + b - c
            guess = min((abs(p - a), 0, a), (abs(p - b), 1, b),
                        (abs(p - c), 2, c))[2]
        line[i] = (line[i] + guess) & 255


def count_pixels(png, colour):
    """Pixels of an 8-bit RGB or RGBA picture that have the colour."""
    data = png.read_bytes()
    at, idat = 8, b""
    while at < len(data):
        length, kind = struct.unpack(">I4s", data[at:at + 8])
        body = data[at + 8:at + 8 + length]
        if kind == b"IHDR":
            width, height, depth, form = struct.unpack(">IIBB", body[:10])
        elif kind == b"IDAT":
            idat += body
        at += length + 12
    assert depth == 8 and form in (2, 6), (depth, form)
    bpp = 3 if form == 2 else 4
    raw, stride = zlib.decompress(idat), width * bpp
    above, found = bytearray(stride), 0
    for y in range(height):
        start = y * (stride + 1)
        line = bytearray(raw[start + 1:start + 1 + stride])
        if raw[start] != 0:
            unfilter(raw[start], line, above, bpp)
        found += sum(1 for x in range(0, stride, bpp)
                     if tuple(line[x:x + 3]) == colour)
        above = line
    return found


class Browser:
    def __init__(self, program, base, folder):
        self.program, self.base, self.folder = program, base, folder

    def visit(self, where, name, size="1280,1600"):
        """The page's DOM; its picture is left in folder/name.png."""
        with tempfile.TemporaryDirectory() as profile:
            done = subprocess.run(
                [self.program, "--headless", "--no-sandbox", "--disable-gpu",
                 "--disable-quic", "--no-first-run", "--disable-sync",
                 "--disable-background-networking",
                 "--disable-component-update", "--disable-dev-shm-usage",
                 f"--user-data-dir={profile}", f"--window-size={size}",
                 "--virtual-time-budget=6000", "--enable-logging=stderr",
                 "--v=0", f"--screenshot={self.folder / (name + '.png')}",
                 "--dump-dom", f"{self.base}/{where}"],
                capture_output=True, text=True, timeout=120, check=True)
        said = re.findall(r":CONSOLE[:(]\d+\)?\] (.*)", done.stderr)
        assert not said, f"{where}: the console says {said}"
        page = Page(done.stdout)
        assert page.count("main") == 1, f"{where}: not the dashboard"
        assert "could not be loaded" not in page.text, f"{where}: {page.text}"
        return page


def test_list(browser, job):
    page = browser.visit("#/jobs", "jobs")
    assert f"#/jobs/{job['id']}" in page.links(), "the job is not in the list"
    assert job["name"] in page.text
    assert page.count("tr", "tbody") >= 1


def test_job(browser, job):
    number, base = job["id"], f"/api/v1/jobs/{job['id']}"
    page = browser.visit(f"#/jobs/{number}", "job", "1280,3000")
    table = api(browser.base, f"/jobs/{number}/table")["evaluations"]
    rows = sum(len(e["rows"]) for e in table)
    # dygraphs lays two canvases over each other for each chart.
    charts = page.count("canvas", "div plot")
    assert charts >= 2 * (len(table) + 1), f"{charts} canvases"
    assert page.count("tr", "table results tbody") == rows, "rows of the table"
    for evaluation in table:
        for row in evaluation["rows"]:
            assert row["optimizer"] in page.text, row["optimizer"]
    links = page.links()
    for curve in ("training", "validation", "evaluation"):
        for kind in ("csv", "json", "ndjson"):
            assert f"{base}/curves/{curve}.{kind}" in links, (curve, kind)
    for snapshot in api(browser.base, f"/snapshots?job={number}")["snapshots"]:
        for kind in ("safetensors", "npz", "json"):
            path = f"/api/v1/snapshots/{snapshot['id']}.{kind}"
            assert path in links, path
    drawn = count_pixels(browser.folder / "job.png", LEARNED)
    assert drawn > 300, f"the learned optimizer's line has {drawn} pixels"


def test_others(browser):
    presets = api(browser.base, "/presets")["presets"]
    page = browser.visit("#/new", "new")
    assert page.count("button", "presets") == len(presets)
    assert "Ready to run" in page.text, "the first preset is refused"
    version = api(browser.base, "/server")["version"]
    assert version in browser.visit("#/server", "server").text
    assert browser.visit("#/snapshots", "snapshots").count("tr", "tbody") >= 1


def main():
    program = shutil.which("chromium")
    if program is None:
        print("skipped: chromium is not installed")
        return SKIPPED
    base = sys.argv[1].rstrip("/")
    jobs = api(base, "/jobs?state=succeeded&type=train&limit=1")["jobs"]
    assert jobs, "the server has no finished training job"
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(sys.argv[2] if len(sys.argv) > 2 else scratch)
        browser = Browser(program, base, folder)
        test_list(browser, jobs[0])
        test_job(browser, jobs[0])
        test_others(browser)
    print("the dashboard: ok")
    return 0


if __name__ == "__main__":
    sys.exit(main())
