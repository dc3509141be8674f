"""Run the tests of the API: main.py [PART OF A TEST'S NAME]...

Prints a line for each test and, at the end, `api: N passed, N failed,
N skipped`.  The status is 1 if any failed.
"""

import faulthandler
import importlib
import sys
import time
import unittest

NEEDED = {"requests": "python3-requests", "numpy": "python3-numpy",
          "pandas": "python3-pandas"}
for module, package in NEEDED.items():
    try:
        importlib.import_module(module)
    except ImportError:
        print(f"skipped: Python's {module} is missing "
              f"(Debian package: {package})")
        sys.exit(77)

import daemon  # noqa: E402: it needs requests

MODULES = ("test_jobs", "test_queue", "test_faults", "test_gate",
           "test_curves", "test_evaluation", "test_snapshots",
           "test_catalogue", "test_resume", "test_admission", "test_mnist",
           "test_bench", "test_backup", "test_state",
           "test_room",
           "test_authority", "test_route_fuzz", "test_service",
           "test_figures")
SECONDS = 500       # for all of it


class Result(unittest.TestResult):
    """One line for each test, and the reasons of what went wrong."""

    def __init__(self):
        super().__init__()
        self.passed = 0

    def startTest(self, test):
        super().startTest(test)
        self.since = time.monotonic()

    def say(self, test, word, why=""):
        name = test.id() if isinstance(test, unittest.TestCase) else str(test)
        seconds = time.monotonic() - getattr(self, "since", time.monotonic())
        print(f"{word:7} {seconds:5.1f} s  {name}{why}", flush=True)

    def addSuccess(self, test):
        super().addSuccess(test)
        self.passed += 1
        self.say(test, "ok")

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self.say(test, "skipped", ": " + reason)

    def addFailure(self, test, error):
        super().addFailure(test, error)
        self.say(test, "FAILED", "\n" + self.failures[-1][1])

    def addError(self, test, error):
        super().addError(test, error)
        self.say(test, "FAILED", "\n" + self.errors[-1][1])

    def addSubTest(self, test, subtest, error):
        super().addSubTest(test, subtest, error)
        if error is not None:
            wrong = self.failures if issubclass(
                error[0], test.failureException) else self.errors
            self.say(subtest, "FAILED", "\n" + wrong[-1][1])


class Ending(unittest.TestCase):
    """Last: the daemon of most tests is still well, and ends as it should."""

    def test_shared_daemon(self):
        if daemon.shared_daemon is None:
            self.skipTest("it was not used")
        d = daemon.shared()
        self.assertEqual(d.json("readyz"), {"status": "ready"})
        self.assertIsNone(d.process.poll())
        daemon.close_shared()


def tests(wanted):
    loader = unittest.TestLoader()
    suite = unittest.TestSuite()
    for module in MODULES:
        suite.addTests(loader.loadTestsFromName(module))
    suite.addTests(loader.loadTestsFromTestCase(Ending))
    if not wanted:
        return suite
    return unittest.TestSuite(
        test for test in flat(suite)
        if any(word in test.id() for word in [*wanted, "Ending"]))


def flat(suite):
    for test in suite:
        if isinstance(test, unittest.TestSuite):
            yield from flat(test)
        else:
            yield test


def main():
    faulthandler.dump_traceback_later(SECONDS * daemon.SLOW, exit=True)
    result = Result()
    began = time.monotonic()
    try:
        tests(sys.argv[1:]).run(result)
    finally:
        daemon.close_shared()
    failed = len(result.failures) + len(result.errors)
    print(f"{time.monotonic() - began:.1f} s with {daemon.PROGRAM}")
    print(f"api: {result.passed} passed, {failed} failed, "
          f"{len(result.skipped)} skipped")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
