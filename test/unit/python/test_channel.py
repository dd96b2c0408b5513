import json
import os
import threading
import unittest

from plugmux_bridge.channel import Channel, parse
from plugmux_bridge.errors import BridgeError


class Pipes:
    """A channel with both of its pipes."""

    def __init__(self, limit=1000):
        self.in_read, self.in_write = os.pipe()
        self.out_read, self.out_write = os.pipe()
        self.channel = Channel(self.in_read, self.out_write, limit)

    def close(self):
        for descriptor in (self.in_read, self.in_write, self.out_read, self.out_write):
            try:
                os.close(descriptor)
            except OSError:
                pass


class ChannelTest(unittest.TestCase):
    def setUp(self):
        self.pipes = Pipes()
        self.addCleanup(self.pipes.close)
        self.channel = self.pipes.channel

    def feed(self, *chunks):
        for chunk in chunks:
            os.write(self.pipes.in_write, chunk)

    def sent(self):
        return [json.loads(line) for line in os.read(self.pipes.out_read, 1 << 20).splitlines()]

    def test_lines_are_found_for_any_chunking(self):
        text = b'{"a":1}\n{"b":2}\n\n{"c":3}\n'
        for size in (1, 2, 3, 7, 100):
            pipes = Pipes()
            self.addCleanup(pipes.close)
            writer = threading.Thread(target=lambda: [os.write(pipes.in_write, text[i : i + size]) for i in range(0, len(text), size)])
            writer.start()
            self.assertEqual([pipes.channel.read_line() for _ in range(4)], [b'{"a":1}', b'{"b":2}', b"", b'{"c":3}'])
            writer.join()

    def test_the_end_of_the_input_returns_none(self):
        self.feed(b'{"a":1}\nhalf a li')
        os.close(self.pipes.in_write)
        self.assertEqual(self.channel.read_line(), b'{"a":1}')
        self.assertIsNone(self.channel.read_line())

    def test_a_line_over_the_limit_is_answered_and_skipped(self):
        for chunks in ([b'{"jsonrpc":"2.0","id":7,' + b"x" * 2000 + b"\n"], [b'{"id":7,' + b"x" * 900, b"x" * 900, b"x" * 900 + b"\n"]):
            self.feed(*chunks, b'{"next":1}\n')
            self.assertEqual(self.channel.read_line(), b'{"next":1}')
            (answer,) = self.sent()
            self.assertEqual((answer["id"], answer["error"]["data"]["code"]), (7, "MESSAGE_TOO_LARGE"))

    def test_lines_of_many_threads_are_never_mixed(self):
        def send(number):
            for i in range(100):
                self.channel.send(json.dumps({"number": number, "i": i, "text": "x" * 50}))

        threads = [threading.Thread(target=send, args=(n,)) for n in range(8)]
        for thread in threads:
            thread.start()
        lines = b""
        while lines.count(b"\n") < 800:
            lines += os.read(self.pipes.out_read, 1 << 16)
        for thread in threads:
            thread.join()
        seen = [(m["number"], m["i"]) for m in map(json.loads, lines.splitlines())]
        self.assertEqual(len(set(seen)), 800)
        for number in range(8):
            self.assertEqual([i for n, i in seen if n == number], list(range(100)))

    def test_replies_reach_their_requests(self):
        answers = []
        self.channel.request("ask", {"q": 1}, lambda result, error: answers.append(("first", result, error)))
        self.channel.request("ask", {"q": 2}, lambda result, error: answers.append(("second", result, error)))
        first, second = self.sent()
        self.channel.settle({"id": second["id"], "result": "two"})
        self.channel.settle({"id": first["id"], "error": {"message": "no", "data": {"code": "ASK_FAILED"}}})
        self.channel.settle({"id": first["id"], "result": "twice"})
        self.channel.settle({"id": 99, "result": "unknown"})
        self.assertEqual(answers[0], ("second", "two", None))
        self.assertEqual((answers[1][0], answers[1][2].code), ("first", "ASK_FAILED"))
        self.assertEqual(len(answers), 2)

    def test_pending_requests_end_with_the_channel(self):
        answers = []
        self.channel.request("ask", {}, lambda result, error: answers.append(error))
        self.channel.fail_pending(BridgeError("PLUGIN_UNAVAILABLE", "gone"))
        self.assertEqual([error.code for error in answers], ["PLUGIN_UNAVAILABLE"])

    def test_sending_to_a_closed_channel_is_not_an_error(self):
        os.close(self.pipes.out_read)
        self.channel.send("{}")
        self.channel.send("{}")

    def test_invalid_messages_return_none(self):
        self.assertIsNone(parse(b"not json"))
        self.assertIsNone(parse(b"[1]"))
        self.assertEqual(parse('{"a":"ü"}'.encode()), {"a": "ü"})
        self.assertEqual(parse(b' {"a":1}\r'), {"a": 1})
        for line in (b"", b"  ", b'{"a":1} {"b":2}', b'{"a":', b"\xff"):
            self.assertIsNone(parse(line), line)


if __name__ == "__main__":
    unittest.main()
