"""Queued calls."""

import sys
import unittest
from pathlib import Path
from types import SimpleNamespace

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "src/host/python"))

from plugmux_bridge.calls import Call, CallLimiter  # noqa: E402


def call(limiter, number):
    return Call(None, number, SimpleNamespace(id="plugin", limiter=limiter), {"tool": f"tool {number}"})


class WaitingCalls(unittest.TestCase):
    def test_only_a_call_that_has_not_started_is_rejected(self):
        limiter = CallLimiter(1)
        asking, first, second = (call(limiter, number) for number in range(3))
        self.assertTrue(limiter.acquire(asking) and asking.begin())
        self.assertFalse(limiter.acquire(first) or limiter.acquire(second))
        # The first one starts at the moment in which it would be rejected.
        self.assertTrue(first.begin())
        self.assertEqual(asking.refuse_waiting(0), [second])
        self.assertEqual((first.state, second.state), ("running", "abandoned"))
        self.assertTrue(first.end())
        self.assertFalse(second.begin())

    def test_calls_that_have_waited_less_stay_queued(self):
        limiter = CallLimiter(1)
        asking, waiting = call(limiter, 0), call(limiter, 1)
        self.assertTrue(limiter.acquire(asking) and asking.begin())
        self.assertFalse(limiter.acquire(waiting))
        self.assertEqual(asking.refuse_waiting(60), [])
        self.assertTrue(waiting.begin())

    def test_an_unlimited_call_does_not_block_others(self):
        limiter = CallLimiter(1)
        holding, waiting, asking = (call(limiter, number) for number in range(3))
        self.assertTrue(limiter.acquire(holding) and holding.begin())
        self.assertFalse(limiter.acquire(waiting))
        asking.counts_against_limit = False
        self.assertEqual(asking.refuse_waiting(0), [])


if __name__ == "__main__":
    unittest.main()
