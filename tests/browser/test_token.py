"""The dashboard in the browser of another user of the machine: it asks for the
token, shows it with every request, and fetches the files of its links with it.

    test_token.py [FOLDER FOR SCREENSHOTS]
"""

import base64
import os
import shutil
import sys
import tempfile
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "api"), str(HERE.parent / "promises")]

import another  # noqa: E402
from chromium import Chromium  # noqa: E402
from daemon import Daemon  # noqa: E402
from specs import tiny  # noqa: E402

SKIPPED = 77
TYPE = """(() => {
  const input = document.querySelector('form.token input');
  input.value = %r;
  input.form.requestSubmit();
})()"""
MAIN = "document.getElementById('main').textContent"


def picture(browser, tab):
    shot = browser.call("Page.captureScreenshot", tab, format="png")
    return shot["data"]


def look(base, job, token, home):
    """In the other user's process: pictures, and what was downloaded."""
    os.environ.update(HOME=home, XDG_CONFIG_HOME=home, XDG_CACHE_HOME=home)
    browser = Chromium("--window-size=1100,700")
    pictures = []
    try:
        tab = browser.open(base + "/")
        browser.until(tab, f"{MAIN}.includes('asks for its token')")
        pictures.append(picture(browser, tab))
        browser.run(tab, TYPE % ("0" * 64))
        browser.until(tab, f"{MAIN}.includes('That is not the token')")
        pictures.append(picture(browser, tab))
        browser.run(tab, TYPE % token)
        browser.until(tab, "document.querySelector("
                      f"'a[href=\"#/jobs/{job}\"]') !== null")
        pictures.append(picture(browser, tab))
        # A tab forgets it only when it is closed.
        browser.call("Page.reload", tab)
        browser.until(tab, "document.querySelector("
                      f"'a[href=\"#/jobs/{job}\"]') !== null")
        browser.call("Browser.setDownloadBehavior", behavior="allow",
                     downloadPath=home)
        browser.run(tab, f"location.hash = '#/jobs/{job}'")
        link = f"a[href$=\"/jobs/{job}/curves/training.csv\"]"
        browser.until(tab, f"document.querySelector({link!r}) !== null")
        browser.run(tab, f"document.querySelector({link!r}).click()")
        there = Path(home) / f"job-{job}-training.csv"
        for _ in range(200):
            if there.exists() and there.stat().st_size > 0:
                break
            browser.listen(0.1)
        # What the refusals before the token were is all that was complained of.
        said = [one for one in browser.said if "401" not in one]
        return {"pictures": pictures, "csv": there.read_text(), "said": said}
    finally:
        browser.close()


def main():
    another.need_root()
    d = Daemon(workers=1)
    home = tempfile.mkdtemp(prefix="l2ld-token-home-")
    os.chown(home, another.UID, another.UID)
    try:
        job = d.run(tiny())["id"]
        token = (d.state / "token").read_text().strip()
        seen = another.as_user(lambda: look(d.base, job, token,
                                            home))
        assert seen["csv"] == d.get(f"jobs/{job}/curves/training.csv").text
        assert seen["said"] == [], seen["said"]
        if len(sys.argv) > 1:
            for number, data in enumerate(seen["pictures"]):
                Path(sys.argv[1], f"token-{number}.png").write_bytes(
                    base64.b64decode(data))
    finally:
        d.close()
        shutil.rmtree(home, ignore_errors=True)
    print("the token in a browser: ok")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except unittest.SkipTest as why:
        print(f"skipped: {why}")
        sys.exit(SKIPPED)
