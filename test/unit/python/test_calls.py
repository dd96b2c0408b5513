"""Calls that wait for their turn."""

import sys
import unittest
from pathlib import Path
from types import SimpleNamespace

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "src/host/python"))

from plugmux_bridge.calls import Call, CallLimiter  # noqa: E402


def call(limiter, number):
    return Call(None, number, SimpleNamespace(id="plugin", limiter=limiter), {"tool": f"tool {number}"})


class WaitingCalls(unittest.TestCase):
    def test_only_a_call_that_has_not_begun_is_refused(self):
        limiter = CallLimiter(1)
        asking, first, second = (call(limiter, number) for number in range(3))
        self.assertTrue(limiter.acquire(asking) and asking.begin())
        self.assertFalse(limiter.acquire(first) or limiter.acquire(second))
        # The first got its place at the very moment in which it would have been refused.
        self.assertTrue(first.begin())
        self.assertEqual(asking.refuse_waiting(0), [second])
        self.assertEqual((first.state, second.state), ("running", "abandoned"))
        self.assertTrue(first.end())
        self.assertFalse(second.begin())

    def test_calls_that_wait_for_less_are_left_alone(self):
        limiter = CallLimiter(1)
        asking, waiting = call(limiter, 0), call(limiter, 1)
        self.assertTrue(limiter.acquire(asking) and asking.begin())
        self.assertFalse(limiter.acquire(waiting))
        self.assertEqual(asking.refuse_waiting(60), [])
        self.assertTrue(waiting.begin())

    def test_a_call_without_a_place_holds_up_nobody(self):
        limiter = CallLimiter(1)
        holding, waiting, asking = (call(limiter, number) for number in range(3))
        self.assertTrue(limiter.acquire(holding) and holding.begin())
        self.assertFalse(limiter.acquire(waiting))
        asking.counts_against_limit = False
        self.assertEqual(asking.refuse_waiting(0), [])


if __name__ == "__main__":
    unittest.main()
