"""The loop's thread before the loop exists. Each test runs in a separate process, since asyncio cannot be unloaded."""

import subprocess
import sys
import textwrap
import unittest

_HEAD = """
import sys, threading
from contextvars import ContextVar
from plugmux_bridge import loop

where = ContextVar("where", default="nowhere")

async def foreign_plain():
    return threading.get_ident()

async def foreign_importing():
    import asyncio
    token = where.set("set")
    await asyncio.sleep(0)
    where.reset(token)
    return asyncio.get_running_loop() is loop.running_loop() and threading.get_ident()

async def foreign_raising():
    raise SystemExit(3)

async def ours(foreign, seconds=5):
    before = where.get()
    result = await loop.within(foreign, seconds)
    assert where.get() == before
    return result, before, "asyncio" in sys.modules
"""


def run(code):
    text = _HEAD + textwrap.dedent(code)
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, timeout=30)
    return done.stdout.split(), done.stderr


class EarlyTest(unittest.TestCase):
    def test_coroutines_that_never_wait_need_no_loop_and_share_a_thread(self):
        said, errors = run(
            """
            where.set("main")
            first = loop.begin(ours(foreign_plain()))
            second = loop.begin(ours(foreign_importing()))
            third = loop.wait_for(ours(foreign_plain()))
            print(first[0] == second[0] == third[0], first[1:], second[1:], third[1:])
            """
        )
        self.assertEqual(" ".join(said), "True ('main', False) ('main', True) ('main', True)", errors)

    def test_it_ends_as_in_the_loop(self):
        said, errors = run(
            """
            for foreign in (foreign_raising(), foreign_raising()):
                try:
                    loop.begin(ours(foreign))
                except BaseException as error:
                    print(repr(error))
                loop.running_loop()
            async def slow():
                import asyncio
                await asyncio.sleep(60)
            try:
                loop.begin(ours(slow(), 0.05))
            except loop.Late as error:
                print("late")
            print(loop.begin(ours(foreign_plain()))[0] != threading.get_ident())
            """
        )
        self.assertEqual(said, ["SystemExit(3)", "SystemExit(3)", "late", "True"], errors)

    def test_the_time_limit_applies_if_the_loop_is_started(self):
        said, errors = run(
            """
            async def slow():
                import asyncio
                try:
                    await asyncio.sleep(60)
                finally:
                    print("cancelled")
            try:
                loop.begin(ours(slow(), 0.05))
            except loop.Late:
                print("late")
            """
        )
        self.assertEqual(sorted(said), ["cancelled", "late"], errors)

    def test_a_loop_that_is_started_meanwhile_takes_over(self):
        said, errors = run(
            """
            held, go = threading.Event(), threading.Event()
            async def waiting():
                held.set()
                go.wait()
                return 1
            results = []
            threads = [threading.Thread(target=lambda f=f: results.append(loop.begin(ours(f))[0])) for f in (waiting(), foreign_importing())]
            threads[0].start()
            held.wait()
            threads[1].start()
            loop.running_loop().call_soon_threadsafe(lambda: results.append("turned"))
            go.set()
            for thread in threads:
                thread.join()
            loop.wait_for(ours(foreign_plain()))
            print(1 in results, "turned" in results, len(results))
            """
        )
        self.assertEqual(said, ["True", "True", "3"], errors)


if __name__ == "__main__":
    unittest.main()
