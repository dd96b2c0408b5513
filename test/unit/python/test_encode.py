import json
import unittest
from collections import namedtuple
from dataclasses import dataclass
from datetime import date, datetime, time
from enum import Enum, IntEnum
from pathlib import Path

from plugmux_bridge.encode import to_json
from plugmux_bridge.errors import BridgeError
from plugmux_bridge.results import error_result, text_result, value_result


class Colour(str, Enum):
    RED = "red"


class Level(IntEnum):
    HIGH = 3


@dataclass
class Point:
    x: int
    y: "Point | None" = None


class Model:
    def model_dump(self, mode):
        return {"mode": mode}


class Rude:
    def __str__(self):
        raise ValueError("no")


class Odd:
    def __str__(self):
        return "odd"


def convert(value):
    text, notes = to_json(value)
    return json.loads(text), list(notes)


class EncodeTest(unittest.TestCase):
    def test_every_row_of_the_table(self):
        rows = [
            (Model(), {"mode": "json"}),
            (Point(1, Point(2)), {"x": 1, "y": {"x": 2, "y": None}}),
            (Colour.RED, "red"),
            (Level.HIGH, 3),
            (datetime(2026, 7, 28, 1, 2, 3), "2026-07-28T01:02:03"),
            (date(2026, 7, 28), "2026-07-28"),
            (time(1, 2), "01:02:00"),
            (Path("/a/b"), "/a/b"),
            ({3, 1, 2}, [1, 2, 3]),
            (frozenset({"b", "a"}), ["a", "b"]),
            ((1, "x"), [1, "x"]),
            (namedtuple("Pair", "a b")(1, 2), [1, 2]),
            (b"hi", "aGk="),
            (bytearray(b"hi"), "aGk="),
            (2**53 - 1, 2**53 - 1),
            (2**53 + 1, 2**53 + 1),
            (-(2**80), -(2**80)),
            ({1, 10**998}, [1, 10**998]),
            ({2: "a", None: "b", True: "c", (1, 2): "d", Colour.RED: "e"}, {"2": "a", "True": "c", "None": "b", "(1, 2)": "d", "red": "e"}),
            ([True, False, None, 1.5, -0.0], [True, False, None, 1.5, -0.0]),
            ("9007199254740993123", "9007199254740993123"),
        ]
        for value, expected in rows:
            with self.subTest(value=repr(value)):
                self.assertEqual(convert(value), (expected, []))

    def test_other_objects_become_text_with_a_note(self):
        self.assertEqual(convert({"odd": Odd()}), ({"odd": "odd"}, ["stringified"]))
        self.assertEqual(convert([Rude()]), (["[unreadable: ValueError]"], ["stringified", "unreadable"]))

    def test_numbers_are_written_as_python_writes_them(self):
        for value in [1.0, -0.0, 1e16, 1e-05, 0.1, 9007199254740993, 10**998]:
            for inside in [value, [value], {"x": {value}}, Point(value)]:
                self.assertIn(repr(value), to_json(inside)[0])

    def test_numbers_that_json_lacks_are_noted(self):
        for value in [float("nan"), float("-inf"), 10**5000]:
            for inside, expected in [(value, None), ([value], [None]), (Point(value), {"x": None, "y": None})]:
                self.assertEqual(convert(inside), (expected, ["no-number"]))

    def test_cycles_and_depth_end_in_a_marker(self):
        circle = {"a": 1}
        circle["self"] = circle
        self.assertEqual(convert(circle), ({"a": 1, "self": "[circular]"}, []))
        deep = 1
        for _ in range(6000):
            deep = [deep]
        self.assertIn("[too deep]", to_json(deep)[0])

    def test_the_same_object_twice_is_not_a_cycle(self):
        item = {"x": {1}}
        self.assertEqual(convert([item, item]), ([{"x": [1]}, {"x": [1]}], []))

    def test_any_text_survives(self):
        for text in ["", "ü – 漢字 🙂", "\ud800 alone", "\u0000\u2028\n", '"quoted"']:
            self.assertEqual(json.loads(to_json(text)[0]), text)
            to_json(text)[0].encode()


class ResultsTest(unittest.TestCase):
    def test_a_dict_is_data_and_the_same_json_as_text(self):
        result = json.loads(value_result({"a": [1, "ü"]}))
        self.assertEqual(result["structured"], {"a": [1, "ü"]})
        self.assertEqual(json.loads(result["content"][0]["text"]), {"a": [1, "ü"]})

    def test_a_text_is_unchanged(self):
        self.assertEqual(json.loads(value_result('{"x": 1}')), {"content": [{"type": "text", "text": '{"x": 1}'}]})
        self.assertEqual(json.loads(text_result("a\n")), {"content": [{"type": "text", "text": "a\n"}]})

    def test_other_values_are_put_under_result(self):
        self.assertEqual(json.loads(value_result([1, 2]))["structured"], {"result": [1, 2]})
        self.assertEqual(json.loads(value_result(None))["structured"], {"result": None})

    def test_numbers_that_json_lacks_are_rejected(self):
        for value in [float("nan"), [float("inf")], {"x": 10**5000}]:
            with self.assertRaises(BridgeError) as raised:
                value_result(value)
            self.assertEqual(raised.exception.code, "RESULT_INVALID")

    def test_notes_and_failures_are_marked(self):
        self.assertEqual(json.loads(value_result([Odd()]))["meta"], {"plugmux/notes": ["stringified"]})
        self.assertEqual(json.loads(error_result("no")), {"content": [{"type": "text", "text": "no"}], "isError": True})


if __name__ == "__main__":
    unittest.main()
