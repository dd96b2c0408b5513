"""The bridge with real pipes and threads, and small formats."""

import json
import os
import subprocess
import sys
import tempfile
import textwrap
import threading
import time
import unittest
from pathlib import Path

BRIDGE = Path(__file__).resolve().parents[3] / "src/host/python"

FORMAT = """
    import asyncio, threading, time
    from plugmux_bridge.errors import BridgeError
    from plugmux_bridge.results import text_result

    def open(params, context):
        context.stage("import")
        if params.get("fail"):
            raise BridgeError("DEPENDENCY_MISSING", "it needs more", "Install more.", field="here")
        return Plugin(params, context)

    class Plugin:
        def __init__(self, params, context):
            self.concurrency = params.get("concurrency", 1)
            self.context = context
            self.gate = threading.Event()
            self.order = []

        def report(self):
            return {"order": self.order}

        def initialize(self):
            print("initialised")

        def counts_against_limit(self, tool):
            return tool != "free"

        def call(self, tool, args, call):
            self.order.append(args.get("n"))
            if tool == "wait":
                call.on_cancel(lambda: self.order.append("told"))
                self.gate.wait(args.get("seconds", 10))
            if tool == "ask":
                return text_result(call.ask({"q": {"kind": "form", "message": "?", "schema": {}}})["q"]["action"])
            if tool == "progress":
                call.progress("half", 1, 2)
            if tool == "async":
                return self.later(args)
            if tool == "block":
                return self.block()
            if tool == "raise":
                raise SystemExit(2)
            return text_result(str(args.get("n")))

        async def later(self, args):
            await asyncio.sleep(args.get("seconds", 0))
            return text_result("later")

        async def block(self):
            self.gate.wait()
            return text_result("free")

        def request(self, method, params):
            if method == "open":
                self.gate.set()
                return {"opened": True}
            if method == "changed":
                self.context.changed()
                return None
            raise BridgeError("METHOD_NOT_FOUND", method)

        def close(self):
            self.gate.set()
            print("closed")
"""


class Process:
    """A bridge process, and the gateway's end of its channel."""

    def __init__(self, hello=None, **params):
        self.folder = tempfile.TemporaryDirectory()
        runtime = Path(self.folder.name, "runtime.py")
        runtime.write_text(textwrap.dedent(FORMAT))
        self._in_read, self._in_write = os.pipe()
        self._out_read, self._out_write = os.pipe()
        self._process = subprocess.Popen(
            [sys.executable, "-u", str(BRIDGE), "--stdio"], stdin=self._in_read, stdout=self._out_write, stderr=subprocess.PIPE
        )
        os.close(self._in_read)
        os.close(self._out_write)
        self._lines = os.fdopen(self._out_read, encoding="utf-8")
        self._last = 0
        self.heard = []
        self.hello = self.ask("hello", **(hello or {}))
        self.loaded = self.ask("load", id="p", module=str(runtime), params=params)
        if "error" not in self.loaded:
            self.ask("initialize", id="p")

    def tell(self, **message):
        os.write(self._in_write, (json.dumps({"jsonrpc": "2.0", **message}) + "\n").encode())

    def send(self, method, /, **params):
        self._last += 1
        self.tell(id=self._last, method=method, params=params)
        return self._last

    def call(self, tool, **args):
        return self.send("call", id="p", tool=tool, args=args, progress=True, can=["form"])

    def read(self, number):
        """The reply to one request; other messages are kept."""
        for index, message in enumerate(self.heard):
            if message.get("id") == number and "method" not in message:
                return self.heard.pop(index)
        for line in self._lines:
            message = json.loads(line)
            if message.get("id") == number and "method" not in message:
                return message
            self.heard.append(message)
        raise AssertionError("the process ended")

    def ask(self, method, /, **params):
        return self.read(self.send(method, **params))

    def until(self, method):
        """The next message of a method."""
        for index, message in enumerate(self.heard):
            if message.get("method") == method:
                return self.heard.pop(index)
        for line in self._lines:
            message = json.loads(line)
            if message.get("method") == method:
                return message
            self.heard.append(message)
        raise AssertionError("the process ended")

    def close(self):
        os.close(self._in_write)
        self._lines.close()
        _, stderr = self._process.communicate(timeout=20)
        self.folder.cleanup()
        return self._process.returncode, stderr.decode()


def text(answer):
    return answer["result"]["content"][0]["text"]


class BridgeTest(unittest.TestCase):
    def start(self, **params):
        process = Process(**params)
        self.addCleanup(lambda: process.close() if process._process.poll() is None else None)
        return process

    def test_handshake_describes_the_process(self):
        process = self.start()
        self.assertEqual((process.hello["result"]["protocol"], process.hello["result"]["runtime"]), (1, "python"))
        self.assertEqual(process.loaded["result"]["order"], [])
        self.assertIn(sys.executable, process.loaded["result"]["python"])
        self.assertEqual(process.until("stage")["params"], {"id": "p", "stage": "import"})
        self.assertEqual(process.until("log")["params"], {"id": "p", "level": "info", "text": "initialised"})

    def test_a_failed_load_keeps_its_code_and_fix(self):
        error = self.start(fail=True).loaded["error"]
        self.assertEqual(error["message"], "it needs more")
        self.assertEqual(error["data"], {"code": "DEPENDENCY_MISSING", "fix": "Install more.", "field": "here"})

    def test_calls_over_the_limit_wait_in_order_without_blocking_the_reader(self):
        process = self.start(concurrency=1)
        calls = [process.call("wait", n=0)] + [process.call("echo", n=n) for n in range(1, 6)]
        self.assertEqual(process.ask("ping")["result"]["inFlight"], 6)
        process.ask("request", id="p", method="open", params={})
        self.assertEqual([text(process.read(number)) for number in calls], ["0", "1", "2", "3", "4", "5"])

    def test_a_reply_never_waits_for_the_next_call(self):
        process = self.start(concurrency=1)
        first = process.call("wait", n=0, seconds=0.1)
        second = process.call("wait", n=1, seconds=600)
        self.assertEqual(text(process.read(first)), "0")
        process.ask("request", id="p", method="open", params={})
        self.assertEqual(text(process.read(second)), "1")

    def test_a_call_queued_behind_a_coroutine_is_answered(self):
        process = self.start(concurrency=1)
        calls = [process.call("async", seconds=0.1), process.call("echo", n=1), process.call("echo", n=2)]
        self.assertEqual([text(process.read(number)) for number in calls], ["later", "1", "2"])

    def test_an_unlimited_call_does_not_wait(self):
        process = self.start(concurrency=1)
        process.call("wait", n=0)
        self.assertEqual(text(process.read(process.call("free", n=1))), "1")

    def test_a_waiting_call_that_is_cancelled_never_runs(self):
        process = self.start(concurrency=1)
        first = process.call("wait", n=0)
        second = process.call("echo", n=1)
        process.tell(method="cancel", params={"call": second})
        self.assertEqual(process.read(second)["error"]["data"]["code"], "CALL_CANCELLED")
        process.ask("request", id="p", method="open", params={})
        process.read(first)
        process.ask("request", id="p", method="changed", params={})
        self.assertEqual(process.until("changed")["params"]["report"]["order"], [0])

    def test_a_running_call_that_is_cancelled_is_answered_at_once_and_notified(self):
        process = self.start(concurrency=2)
        number = process.call("wait", n=0)
        process.ask("ping")
        process.tell(method="cancel", params={"call": number})
        self.assertEqual(process.read(number)["error"]["data"]["code"], "CALL_CANCELLED")
        status = process.ask("ping")["result"]
        self.assertEqual((status["inFlight"], status["abandoned"]), (0, 1))
        process.ask("request", id="p", method="open", params={})
        self.assertIn("dropped", process.until("log")["params"]["text"] + process.until("log")["params"]["text"])

    def test_a_plugin_without_capacity_requests_a_new_process(self):
        process = self.start(concurrency=1)
        number = process.call("wait", n=0, seconds=30)
        process.ask("ping")
        process.tell(method="cancel", params={"call": number})
        self.assertIn("cannot be stopped", process.until("restart")["params"]["reason"])

    def test_an_answer_reaches_the_call_that_asked(self):
        process = self.start(concurrency=2)
        calls = [process.call("ask"), process.call("ask")]
        questions = [process.until("ask"), process.until("ask")]
        for question, action in zip(reversed(questions), ("decline", "accept")):
            process.tell(id=question["id"], result={"q": {"action": action}})
        answers = {calls[0]: "accept", calls[1]: "decline"}
        by_call = {question["params"]["call"]: question for question in questions}
        self.assertEqual(set(by_call), set(calls))
        expected = {questions[0]["params"]["call"]: "accept", questions[1]["params"]["call"]: "decline"}
        self.assertEqual({number: text(process.read(number)) for number in answers}, expected)

    def test_progress_carries_its_call(self):
        process = self.start()
        number = process.call("progress")
        process.read(number)
        self.assertEqual(process.until("progress")["params"], {"call": number, "done": 1, "total": 2, "message": "half"})

    def test_coroutines_run_concurrently(self):
        process = self.start(concurrency=8)
        calls = [process.call("async", seconds=0.05) for _ in range(8)]
        self.assertEqual([text(process.read(number)) for number in calls], ["later"] * 8)

    def test_a_blocked_loop_is_measured_and_logged_and_causes_a_new_process(self):
        process = self.start(concurrency=2, hello={"loopWarnMs": 10, "loopLimitMs": 60})
        self.assertEqual(process.ask("ping")["result"]["loopLag"], 0)
        number = process.call("block")
        while process.ask("ping")["result"]["loopLag"] < 0.1:
            time.sleep(0.01)
        told = process.until("log")["params"]
        while "blocked" not in told["text"]:
            told = process.until("log")["params"]
        self.assertRegex(told["text"], r"^block has blocked the loop for \d+\.\d s: other calls wait")
        self.assertEqual((told["id"], told["level"]), ("p", "warn"))
        self.assertIn("block has blocked the loop", process.until("restart")["params"]["reason"])
        process.ask("request", id="p", method="open", params={})
        self.assertEqual(text(process.read(number)), "free")
        process.ask("ping")
        self.assertLess(process.ask("ping")["result"]["loopLag"], 5)
        self.assertEqual([m["method"] for m in process.heard if m.get("method") == "restart"], [])

    def test_a_coroutine_that_is_cancelled_ends(self):
        process = self.start(concurrency=1)
        number = process.call("async", seconds=30)
        process.ask("ping")
        process.tell(method="cancel", params={"call": number})
        process.read(number)
        self.assertEqual(text(process.read(process.call("echo", n=1))), "1")

    def test_an_exit_in_a_tool_is_an_error_result(self):
        process = self.start()
        answer = process.read(process.call("raise"))
        self.assertEqual((answer["result"]["isError"], text(answer)), (True, "SystemExit: 2"))

    def test_unknown_requests_are_errors(self):
        process = self.start()
        self.assertEqual(process.ask("nonsense")["error"]["data"]["code"], "METHOD_NOT_FOUND")
        self.assertEqual(process.ask("request", id="p", method="nonsense", params={})["error"]["data"]["code"], "METHOD_NOT_FOUND")
        missing = process.send("call", id="nobody", tool="x", args={})
        self.assertEqual(process.read(missing)["error"]["data"]["code"], "PLUGIN_UNAVAILABLE")
        process.tell(method="notice", params={})
        process.tell(id=77, result="nobody asked")
        self.assertIn("uptime", process.ask("ping")["result"])

    def test_the_end_of_the_channel_closes_plugins_and_ends_the_process(self):
        process = self.start(concurrency=2)
        process.call("wait", n=0, seconds=600)
        process.ask("ping")
        code, stderr = process.close()
        self.assertEqual((code, stderr), (0, ""))

    def test_a_shutdown_closes_in_order(self):
        process = self.start()
        self.assertEqual(process.ask("shutdown", deadlineMs=1000)["result"], {})
        self.assertIn({"id": "p", "level": "info", "text": "closed"}, [m.get("params") for m in process.heard])


class OrphanTest(unittest.TestCase):
    """The parent is killed while another process keeps the channel open."""

    def orphan(self, code, settled=0.0):
        starter = f"import subprocess, sys, time; p = subprocess.Popen([sys.executable, '-c', {code!r}]); print(p.pid, flush=True); time.sleep(600)"
        in_read, in_write = os.pipe()
        environment = {**os.environ, "PYTHONPATH": str(BRIDGE)}
        parent = subprocess.Popen([sys.executable, "-c", starter], stdin=in_read, stdout=subprocess.PIPE, env=environment)
        os.close(in_read)
        self.addCleanup(os.close, in_write)
        self.addCleanup(parent.stdout.close)
        pid = int(parent.stdout.readline())
        message = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
        os.write(in_write, json.dumps(message).encode() + b"\n")
        self.assertIn(b"uptime", parent.stdout.readline())
        # The watch starts while the bridge is serving.
        time.sleep(settled)
        parent.kill()
        parent.wait()
        deadline = time.monotonic() + 10
        while Path(f"/proc/{pid}").exists() and "Z (zombie)" not in Path(f"/proc/{pid}/status").read_text():
            self.assertLess(time.monotonic(), deadline, "the process goes on")
            time.sleep(0.02)

    @unittest.skipUnless(sys.platform == "linux", "the kernel tells on Linux only")
    def test_a_signal_of_the_kernel_ends_it(self):
        code = "from plugmux_bridge import start, parent_watch; parent_watch._LOOK_AGAIN = 600; start.main(use_stdio=True)"
        self.orphan(code)
        self.orphan(code, settled=1.0)

    @unittest.skipUnless(sys.platform == "linux", "the test reads /proc")
    def test_polling_ends_it_without_prctl(self):
        self.orphan("from plugmux_bridge import start, parent_watch; parent_watch._LOOK_AGAIN = 0.05; parent_watch._find_prctl = lambda: None; start.main(use_stdio=True)")


class TerminationTest(unittest.TestCase):
    """SIGTERM arrives while the main thread holds a lock that leaving needs."""

    @unittest.skipUnless(os.name == "posix", "a process elsewhere gets no SIGTERM")
    def test_a_signal_inside_a_locked_section_ends_the_process(self):
        code = """
import os
from plugmux_bridge import bridge, start
from time import sleep
run = bridge.Bridge.run
def locked(self):
    self._pool.start()
    with self._jobs_lock:
        os.write(2, b"locked\\n")
        sleep(0.5)
    run(self)
bridge.Bridge.run = locked
start.main(use_stdio=True)
"""
        environment = {**os.environ, "PYTHONPATH": str(BRIDGE)}
        pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
        with subprocess.Popen([sys.executable, "-c", code], env=environment, **pipes) as process:
            self.assertEqual(process.stderr.readline(), b"locked\n")
            process.terminate()
            try:
                self.assertEqual(process.wait(10), 0)
            finally:
                process.kill()


class StreamsTest(unittest.TestCase):
    def test_lines_are_complete_and_attributed_and_a_flood_goes_to_the_descriptor(self):
        from plugmux_bridge.streams import PluginStream, current_plugin

        class Stream:
            def __init__(self):
                self.text = ""

            def write(self, text):
                self.text += text

        stream, logged = Stream(), []
        tagged = PluginStream(stream, "info", lambda method, params: logged.append(params["text"]))
        tagged.write("nobody speaks\n")
        token = current_plugin.set("p")
        try:
            tagged.write("half ")
            other = threading.Thread(target=lambda: (current_plugin.set("p"), tagged.write("another thread\n")))
            other.start()
            other.join()
            tagged.write("a line\nrest")
            self.assertEqual(logged, ["another thread", "half a line"])
            tagged.write("\n" + "x\n" * 1000)
        finally:
            current_plugin.reset(token)
        self.assertEqual(stream.text.splitlines()[0], "nobody speaks")
        self.assertLessEqual(len(logged), 2 * 200 + 3)
        self.assertEqual(len(logged) + len(stream.text.splitlines()), 1 + 2 + 1 + 1000)


class StandInsTest(unittest.TestCase):
    def test_the_real_module_is_preferred_and_only_missing_modules_are_served(self):
        code = """
            import sys
            from plugmux_bridge.standins import StandIn, StandIns
            stand_ins = StandIns(lambda level, text: None)
            stand_ins.offer({"real.sub.missing": StandIn(lambda: {"Thing": 1}, "real-dist"), "gone.types": StandIn(lambda: {"Thing": 2}, "gone-dist")})
            import real, real.sub, real.sub.missing, gone.types
            assert real.here and real.sub.here
            assert real.sub.missing.Thing == 1 and gone.types.Thing == 2 and gone.__path__ == []
            assert stand_ins.served == ["real.sub.missing", "gone", "gone.types"], stand_ins.served
            assert not hasattr(gone.types, "Other")
            try:
                gone.types.Other
            except AttributeError as error:
                assert "install gone-dist for the real one" in str(error), error
            try:
                from gone.types import Other
            except ImportError as error:
                assert "<stand-in for gone-dist>" in str(error), error
            try:
                import gone.other
            except ModuleNotFoundError as error:
                assert error.name == "gone.other"
        """
        with tempfile.TemporaryDirectory() as folder:
            package = Path(folder, "real/sub")
            package.mkdir(parents=True)
            for path in (Path(folder, "real"), package):
                (path / "__init__.py").write_text("here = True\n")
            environment = {**os.environ, "PYTHONPATH": f"{BRIDGE}:{folder}"}
            run = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], env=environment, capture_output=True, text=True, check=False)
        self.assertEqual((run.returncode, run.stderr), (0, ""))


if __name__ == "__main__":
    unittest.main()
