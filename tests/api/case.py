"""What the tests on the shared daemon have in common."""

import unittest

import daemon


class Case(unittest.TestCase):
    """A test on the daemon that most use; it leaves no job behind that runs."""

    @classmethod
    def setUpClass(cls):
        cls.d = daemon.shared()

    def tearDown(self):
        for state in ("running", "queued", "paused"):
            for job in self.d.json("jobs", state=state)["jobs"]:
                self.d.act(job["id"], "cancel")

    def assertProblem(self, answer, status, code):
        """The answer is application/problem+json (RFC 9457); its object."""
        self.assertEqual(answer.status_code, status, answer.text)
        self.assertEqual(answer.headers["Content-Type"],
                         "application/problem+json")
        problem = answer.json()
        self.assertEqual((problem["type"], problem["status"],
                          problem["code"]), ("about:blank", status, code))
        self.assertTrue(problem["title"])
        self.assertRegex(problem["detail"], r"\S.*\S")
        return problem
