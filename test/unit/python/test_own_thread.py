"""A plugin with its own thread, with real pipes."""

import json
import queue
import threading
import unittest
from types import SimpleNamespace

import test_bridge
from plugmux_bridge.own_thread import OwnThread
from test_bridge import Process, text

FORMAT = """
    import asyncio, threading, time
    from plugmux_bridge.results import text_result

    def open(params, context):
        return Plugin(params, context)

    class Plugin:
        own_thread = True

        def __init__(self, params, context):
            self.concurrency = params.get("concurrency", 8)
            self.bound = params.get("bound", False)
            self.context = context
            self.gate = threading.Event()

        def report(self):
            return {}

        def is_bound(self, what):
            return self.bound or what == "look"

        def here(self):
            return threading.get_ident() == self.home

        def initialize(self):
            self.home = threading.get_ident()

        def call(self, tool, args, call):
            if tool == "hold":
                self.context.log("info", "held")
            if tool in ("wait", "hold"):
                self.gate.wait(args.get("seconds", 10))
            if tool == "async":
                return self.later(args)
            return text_result(f"{args.get('n')} {self.here()}")

        async def later(self, args):
            await asyncio.sleep(args.get("seconds", 0))
            return text_result("later")

        def request(self, method, params):
            if method == "look":
                self.gate.wait(params.get("seconds", 0))
            if method == "open":
                self.gate.set()
            if method == "post":
                threading.Thread(target=lambda: self.context.on_own_thread(lambda: self.context.log("info", f"posted {self.here()}"))).start()
            return {"here": self.here()}

        def close(self):
            self.context.log("info", f"closed {self.here()}")
"""


class OwnThreadTest(unittest.TestCase):
    def setUp(self):
        before, test_bridge.FORMAT = test_bridge.FORMAT, FORMAT
        self.addCleanup(setattr, test_bridge, "FORMAT", before)

    def start(self, **params):
        process = Process(**params)
        self.addCleanup(lambda: process.close() if process._process.poll() is None else None)
        return process

    def heard(self, process, text):
        return any(text in str(message.get("params", {}).get("text", "")) for message in process.heard)

    def test_sequential_calls_run_there(self):
        process = self.start()
        for n in range(50):
            seconds = 0.02 if n % 10 == 5 else 0
            tool = "wait" if seconds else "echo"
            self.assertEqual(text(process.read(process.call(tool, n=n, seconds=seconds))), f"{n} True")

    def test_only_calls_that_overlap_run_elsewhere(self):
        process = self.start()
        long = process.call("wait", n=0)
        self.assertEqual(text(process.read(process.call("echo", n=1))), "1 False")
        process.ask("request", id="p", method="open", params={})
        self.assertEqual(text(process.read(long)), "0 True")
        self.assertEqual(text(process.read(process.call("echo", n=2))), "2 True")

    def test_calls_of_a_bound_plugin_run_nowhere_else(self):
        process = self.start(bound=True, concurrency=4)
        calls = [process.call("wait", n=0, seconds=0.2), *(process.call("echo", n=n) for n in range(1, 6))]
        self.assertEqual([text(process.read(number)) for number in calls], [f"{n} True" for n in range(6)])

    def test_a_bound_call_that_cannot_be_stopped_causes_a_new_process(self):
        process = self.start(bound=True, concurrency=4)
        number = process.call("hold", n=0, seconds=30)
        # A call that has not started is dropped instead.
        process.until("log")
        process.tell(method="cancel", params={"call": number})
        self.assertIn("cannot be stopped", process.until("restart")["params"]["reason"])

    def test_a_call_after_a_coroutine_runs_there_even_if_the_thread_is_reading(self):
        process = self.start(concurrency=1)
        self.assertEqual(text(process.read(process.call("echo", n=0))), "0 True")
        first, second = process.call("async", seconds=0.1), process.call("echo", n=1)
        self.assertEqual(text(process.read(first)), "later")
        self.assertEqual(text(self.read_awake(process, second)), "1 True")

    # While the thread reads, the gateway must wake it; on a busy machine another thread may be the reader by then.
    def read_awake(self, process, number):
        while not any(message.get("id") == number and "method" not in message for message in process.heard):
            message = json.loads(process._lines.readline())
            if message.get("method") == "wake":
                process.tell(id=message["id"], result=None)
            else:
                process.heard.append(message)
        return process.read(number)

    def test_posted_tasks_run_there(self):
        process = self.start()
        self.assertEqual(text(process.read(process.call("echo", n=0))), "0 True")
        self.assertEqual(process.ask("request", id="p", method="post", params={})["result"], {"here": True})
        process.ask("ping")
        self.assertIn("posted True", process.until("log")["params"]["text"])

    def test_only_inspections_wait_for_the_thread(self):
        process = self.start()
        process.call("wait", n=0)
        self.assertEqual(process.ask("request", id="p", method="glance", params={})["result"], {"here": False})
        inspection = process.send("request", id="p", method="look", params={})
        process.ask("request", id="p", method="open", params={})
        self.assertEqual(process.read(inspection)["result"], {"here": True})

    def test_a_long_inspection_blocks_no_call_and_each_has_one_reply(self):
        process = self.start()
        inspection = process.send("request", id="p", method="look", params={"seconds": 30})
        calls = [process.call("echo", n=n) for n in range(20)]
        self.assertEqual([text(process.read(number)) for number in calls], [f"{n} False" for n in range(20)])
        self.assertEqual(process.ask("request", id="p", method="open", params={})["result"], {"here": False})
        self.assertEqual(process.read(inspection)["result"], {"here": True})
        self.assertEqual(text(process.read(process.call("echo", n=20))), "20 True")
        self.assertEqual([message for message in process.heard if "id" in message and "method" not in message], [])

    def test_a_long_inspection_blocks_the_calls_of_a_bound_plugin(self):
        process = self.start(bound=True, concurrency=1)
        inspection = process.send("request", id="p", method="look", params={"seconds": 1})
        calls = [process.call("echo", n=n) for n in range(3)]
        self.assertEqual([text(process.read(number)) for number in calls], [f"{n} True" for n in range(3)])
        self.assertEqual(process.read(inspection)["result"], {"here": True})

    def test_it_is_closed_there_or_elsewhere_if_the_thread_is_stuck(self):
        process = self.start()
        process.ask("shutdown", deadlineMs=3000)
        self.assertTrue(self.heard(process, "closed True"))
        stuck = self.start()
        stuck.call("wait", n=0, seconds=30)
        stuck.ask("ping")
        stuck.ask("shutdown", deadlineMs=3000)
        self.assertTrue(self.heard(stuck, "closed False"))


class WaitingTest(unittest.TestCase):
    def setUp(self):
        self.ran = queue.Queue()
        self.gate = threading.Event()
        self.thread = OwnThread(SimpleNamespace(waits_in=lambda thread: False), "p")
        self.addCleanup(self.gate.set)

    def inspect(self):
        begun = threading.Event()
        self.thread.post(self.thread.inspecting(lambda: (begun.set(), self.gate.wait())))
        begun.wait()

    def post_within(self, seconds):
        self.thread.post_within(seconds, lambda: self.ran.put(self.thread.is_current()), lambda: self.ran.put("elsewhere"))

    def test_a_reading_thread_is_woken_for_posted_tasks(self):
        woken = threading.Event()
        reading = OwnThread(SimpleNamespace(waits_in=lambda thread: True, wake=woken.set), "r")
        begun = threading.Event()
        reading.post(lambda: (begun.set(), self.gate.wait()))
        begun.wait()
        reading.post(lambda: self.ran.put("there"))
        self.assertTrue(woken.is_set())
        self.gate.set()
        self.assertEqual(self.ran.get(timeout=10), "there")

    def test_only_an_inspection_limits_the_wait_of_calls(self):
        self.assertIsNone(self.thread.patience())
        self.inspect()
        self.assertLessEqual(self.thread.patience(), 0.5)
        self.gate.set()
        self.thread.run(lambda: None)
        self.assertIsNone(self.thread.patience())

    def test_a_task_within_its_limit_runs_only_there(self):
        self.inspect()
        self.post_within(60)
        self.gate.set()
        self.assertIs(self.ran.get(timeout=30), True)
        self.thread.run(lambda: None)
        self.assertTrue(self.ran.empty())

    def test_a_task_over_its_limit_runs_only_elsewhere(self):
        self.inspect()
        self.post_within(0.01)
        self.assertEqual(self.ran.get(timeout=30), "elsewhere")
        self.gate.set()
        self.thread.run(lambda: None)
        self.assertTrue(self.ran.empty())


if __name__ == "__main__":
    unittest.main()
