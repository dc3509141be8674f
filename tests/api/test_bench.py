"""What l2ld bench says, and what is said of OpenBLAS."""

import json
import os
import subprocess
import unittest

from daemon import Daemon, PROGRAM, SLOW

HELD_BACK = {**os.environ, "OPENBLAS_CORETYPE": "Prescott"}
FREE = {name: value for name, value in os.environ.items()
        if name != "OPENBLAS_CORETYPE"}


def run(*words, env=FREE):
    return subprocess.run([PROGRAM, "bench", *words], env=env, text=True,
                          capture_output=True, timeout=120 * SLOW)


class Bench(unittest.TestCase):

    def test_work(self):
        done = run("quadratic_1", "--quick", "--json")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        result = json.loads(done.stdout)
        work = result["quadratic_1"]
        self.assertEqual((work["coordinates"], work["meta_batch"],
                          work["unroll"]), (10, 1, 20))
        self.assertIs(work["same_bits"], True)
        self.assertEqual(work["runs"][0]["threads"], 1)
        for run_ in work["runs"]:
            for name, value in run_.items():
                self.assertGreater(value, 0, name)
        self.assertGreater(work["fma_fraction"], 0)
        self.assertLess(work["fma_fraction"], 1)
        self.assertGreater(work["peak_memory_bytes"], 1e6)
        self.assertNotIn("epoch", result)
        for name in ("fma_peak_gflops", "sgemm_peak_gflops"):
            self.assertGreater(result[name], 0)
        self.assertTrue(result["environment"]["cpu"]["kernels"])

    def test_threads(self):
        done = run("quadratic_1", "--quick", "--json", "--threads", "3")
        runs = json.loads(done.stdout)["quadratic_1"]["runs"]
        self.assertEqual([r["threads"] for r in runs], [3])

    def test_table(self):
        done = run("quadratic_1", "--quick")
        self.assertEqual(done.returncode, 0)
        self.assertIn("the same bits for any number of threads: yes",
                      done.stdout)

    def test_unknown_work(self):
        done = run("epohc")
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertIn("'epohc'", done.stderr)
        self.assertIn("epoch_recorded", done.stderr)


class OpenBlas(unittest.TestCase):
    """A variable that holds it back is named wherever its kernels are."""

    def test_bench_warns(self):
        done = run("quadratic_1", "--quick", "--json", env=HELD_BACK)
        blas = json.loads(done.stdout)["environment"]["blas"]
        if not blas["best_core"]:
            self.skipTest("this CPU has no better kernels than the oldest")
        self.assertNotEqual(blas["core"], blas["best_core"])
        self.assertIn("OPENBLAS_CORETYPE=Prescott", blas["warning"])
        self.assertIn(blas["best_core"], blas["warning"])
        table = run("quadratic_1", "--quick", env=HELD_BACK).stdout
        self.assertIn("warning: " + blas["warning"], table)

    def test_server_and_log_warn(self):
        was = os.environ.get("OPENBLAS_CORETYPE")
        os.environ["OPENBLAS_CORETYPE"] = "Prescott"
        try:
            d = Daemon()
        finally:
            del os.environ["OPENBLAS_CORETYPE"]
            if was is not None:
                os.environ["OPENBLAS_CORETYPE"] = was
        self.addCleanup(d.close)
        blas = d.json("server")["blas"]
        if not blas["best_core"]:
            self.skipTest("this CPU has no better kernels than the oldest")
        self.assertIn("OPENBLAS_CORETYPE=Prescott", blas["warning"])
        self.assertIn(blas["warning"], d.said())
