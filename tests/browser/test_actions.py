"""What the dashboard offers for a job in each state, that it asks before
something is lost, and what it says of a server that is not ready.

    test_actions.py
"""

import sys
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "api"), str(HERE.parent / "promises")]

from chromium import Chromium  # noqa: E402
from daemon import Daemon  # noqa: E402
from specs import endless, tiny  # noqa: E402

SKIPPED = 77
# Those that are not disabled: while a change is under way all are.
BUTTONS = """[...document.querySelectorAll('[aria-label=Actions] button:enabled')]
  .map((b) => b.textContent)"""
ALWAYS = ["Duplicate", "Edit\u2026", "Delete"]
MAIN = "document.getElementById('main').textContent"


class Pages:
    def __init__(self, browser, base):
        self.browser, self.tab = browser, browser.open(base + "/")

    def run(self, text):
        return self.browser.run(self.tab, text)

    def until(self, condition):
        self.browser.until(self.tab, condition)

    def show(self, job):
        self.run(f"location.hash = '#/jobs/{job}'")
        self.until(f"document.querySelector('.crumbs')?.textContent === "
                   f"'Jobs / {job}'")

    def offers(self, *buttons):
        self.until(f"JSON.stringify({BUTTONS}) === JSON.stringify("
                   f"{list(buttons) + ALWAYS!r})")

    def click(self, word, within="[aria-label=Actions]"):
        self.until(f"""(() => {{
            const one = [...document.querySelectorAll('{within} button:enabled')]
              .find((b) => b.textContent === {word!r});
            one?.click();
            return one !== undefined;
        }})()""")

    def asked(self, words, answer):
        self.until("document.querySelector('dialog')?.textContent.includes("
                   f"{words!r})")
        self.click(answer, "dialog")
        self.until("document.querySelector('dialog') === null")


def look(d, pages):
    running = d.submit(endless(name="runs"))
    d.wait_rows(running, "training", 5)
    waiting = d.submit(endless(name="waits"))
    last = d.submit(tiny(name="waits longer", notes="line\n" * 800))

    pages.show(last)
    pages.offers("Pause", "Cancel")
    pages.until(f"{MAIN}.includes('waiting for its turn')")
    pages.click("Pause")            # it has nothing to lose
    pages.offers("Resume", "Cancel")
    assert d.job(last)["state"] == "paused"
    pages.click("Cancel")
    pages.offers("Retry")
    assert d.job(last)["state"] == "cancelled"

    pages.show(waiting)
    pages.until(f"{MAIN}.includes('waiting for a worker')")

    pages.show(running)
    pages.offers("Pause", "Retry", "Cancel")
    pages.click("Cancel")
    pages.asked("It cannot go on afterwards", "Keep")
    pages.click("Retry")
    pages.asked("will be gone for good", "Keep")
    assert [s["reason"] for s in d.job(running)["states"]] == [None, None]
    pages.click("Retry")
    pages.asked("will be gone for good", "Begin anew")
    d.until(lambda: "retry" in [s["reason"] for s in d.job(running)["states"]],
            "a job begun anew")
    pages.offers("Pause", "Retry", "Cancel")
    pages.click("Pause")
    pages.offers("Resume", "Retry", "Cancel")
    pages.click("Cancel")
    pages.asked("It cannot go on afterwards", "Cancel the job")
    pages.offers("Retry")
    assert d.job(running)["state"] == "cancelled"

    d.act(waiting, "cancel")
    done = d.run(tiny(name="has results"))["id"]
    pages.show(done)
    pages.offers("Retry")
    pages.click("Retry")
    pages.asked("will be gone for good", "Begin anew")
    d.until(lambda: d.job(done)["attempts"] == 2, "a second attempt")
    pages.show(done)
    pages.click("Delete")
    pages.asked("gone for good", "Delete")
    d.until(lambda: d.get(f"jobs/{done}").status_code == 404, "no job")


def look_full(pages):
    """The page of a server without room on its disk says so."""
    pages.run("location.hash = '#/server'")
    pages.until(f"{MAIN}.includes('are kept in reserve')")
    pages.until(f"{MAIN}.includes('not ok')")


def main():
    browser = Chromium("--window-size=1280,1000")
    d = Daemon(workers=1)
    full = Daemon(workers=1, options=["--disk-reserve", str(1 << 25)])
    try:
        look(d, Pages(browser, d.base))
        look_full(Pages(browser, full.base))
        # A job that begins anew, or is deleted, has no curves any more, and
        # /readyz of a full server says 503.
        said = [one for one in browser.said
                if "404" not in one and "503" not in one]
        assert said == [], said
    finally:
        browser.close()
        d.close()
        full.close()
    print("what may be done with a job: ok")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except unittest.SkipTest as why:
        print(f"skipped: {why}")
        sys.exit(SKIPPED)
