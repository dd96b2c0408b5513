"""The executor of a jaato call reflects every call that was answered before it was sent."""

import sys
import unittest
from pathlib import Path
from types import SimpleNamespace

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "adapters" / "jaato"))

from python.calls.calling import Caller  # noqa: E402


class ExecutorTest(unittest.TestCase):
    def setUp(self):
        self.asked = 0
        self.map = {"tool": lambda args: "first"}
        self.channel = SimpleNamespace(readings=1)
        self.contract = SimpleNamespace(call=lambda member: dict(self.map))
        context = SimpleNamespace(bridge=SimpleNamespace(channel=self.channel))
        description = SimpleNamespace(executors=dict(self.map), fetch=self.fetch)
        self.owner = SimpleNamespace(params={}, context=context, contract=self.contract, description=description, touched=False)
        self.caller = Caller(self.owner)

    def fetch(self):
        self.asked += 1
        return dict(self.map)

    def find(self, name="tool"):
        return self.caller.executor(self.contract, name)

    def test_comes_from_the_description_before_the_first_call(self):
        self.assertEqual(self.find()({}), "first")
        self.assertEqual(self.asked, 0)

    def test_is_requested_once_per_read(self):
        self.owner.touched = True
        for _ in range(5):
            self.find()
        self.assertEqual(self.asked, 1)

    def test_removed_by_a_call_is_missing_in_the_next_read(self):
        self.find()
        self.owner.touched = True
        del self.map["tool"]
        self.channel.readings += 1
        self.assertIsNone(self.find())

    def test_replaced_by_a_call_is_the_new_one_in_the_next_read(self):
        self.owner.touched = True
        self.find()
        self.map["tool"] = lambda args: "second"
        self.channel.readings += 1
        self.assertEqual(self.find()({}), "second")

    def test_created_by_a_call_is_found_at_once(self):
        self.find()
        self.map["made"] = lambda args: "made"
        self.assertEqual(self.find("made")({}), "made")


if __name__ == "__main__":
    unittest.main()
