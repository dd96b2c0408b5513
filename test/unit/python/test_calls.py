"""Calls that wait for their turn."""

import sys
import unittest
from pathlib import Path
from types import SimpleNamespace

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "src/host/python"))

from plugmux_bridge.calls import Call, Lane  # noqa: E402


def call(lane, number):
    return Call(None, number, SimpleNamespace(id="plugin", lane=lane), {"tool": f"tool {number}"})


class WaitingCalls(unittest.TestCase):
    def test_only_a_call_that_has_not_begun_is_refused(self):
        lane = Lane(1)
        asking, first, second = (call(lane, number) for number in range(3))
        self.assertTrue(lane.enter(asking) and asking.begin())
        self.assertFalse(lane.enter(first) or lane.enter(second))
        # The first got its place at the very moment in which it would have been refused.
        self.assertTrue(first.begin())
        self.assertEqual(asking.refuse_waiting(0), [second])
        self.assertEqual((first.state, second.state), ("running", "abandoned"))
        self.assertTrue(first.end())
        self.assertFalse(second.begin())

    def test_calls_that_wait_for_less_are_left_alone(self):
        lane = Lane(1)
        asking, waiting = call(lane, 0), call(lane, 1)
        self.assertTrue(lane.enter(asking) and asking.begin())
        self.assertFalse(lane.enter(waiting))
        self.assertEqual(asking.refuse_waiting(60), [])
        self.assertTrue(waiting.begin())

    def test_a_call_without_a_place_holds_up_nobody(self):
        lane = Lane(1)
        holding, waiting, asking = (call(lane, number) for number in range(3))
        self.assertTrue(lane.enter(holding) and holding.begin())
        self.assertFalse(lane.enter(waiting))
        asking.placed = False
        self.assertEqual(asking.refuse_waiting(0), [])


if __name__ == "__main__":
    unittest.main()
