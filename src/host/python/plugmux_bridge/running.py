"""Selects the thread of a call and runs it."""

from contextvars import copy_context
from threading import get_ident

from . import loop, streams

# For calls on threads that do not belong to a plugin.
_NO_CALLS = {}


class Runner:
    """Runs calls on the thread that read them, or on their plugin's own thread if it has one."""

    def __init__(self, pool, flush, finish):
        self._pool = pool
        self._flush = flush
        self._finish = finish

    def place(self, call):
        """Runs a call that is within the limit, here or on its plugin's own thread."""
        thread = call.entry.thread
        if thread is None:
            self._run(call, _NO_CALLS)
        elif thread.ident == get_ident():
            self._run(call, thread.calls)
        elif not self._hand_over(call) and not self._move(call):
            self._run(call, _NO_CALLS)

    def on_own(self, entry, what, work, answer):
        """
        Passes other work of a plugin to `answer`, which runs it and replies. Uses the plugin's own thread, unless that is
        busy and the work may run elsewhere. The work ends before the reply is sent, so that the next request finds the
        thread free.
        """
        thread = entry.thread if entry is not None else None
        if thread is None or not (thread.is_current() or thread.is_free() or entry.is_bound(what)):
            answer(work)
            return
        if entry.is_bound(what):
            inspection = thread.inspecting(work)
            task = lambda: self._run_and_flush(lambda: answer(inspection))  # noqa: E731
            if thread.is_current():
                task()
            else:
                thread.post(task)
            return
        token = object()

        def counted():
            thread.calls[token] = True
            try:
                return work()
            finally:
                thread.calls.pop(token, None)

        task = lambda: self._run_and_flush(lambda: answer(counted))  # noqa: E731
        if thread.is_current():
            task()
        elif not self._post(thread, token, task, lambda: self._run_and_flush(lambda: answer(work))):
            answer(work)

    def _run_and_flush(self, run):
        try:
            run()
        finally:
            self._flush()

    def _hand_over(self, call):
        thread = call.entry.thread
        if thread.calls:
            return False
        thread.calls[call] = True
        if self._pool.hand_over(thread, lambda: self._run_apart(call)):
            return True
        del thread.calls[call]
        return False

    # Moves a call to its plugin's own thread if that is free or the call is bound to it; returns whether it did.
    def _move(self, call):
        thread = call.entry.thread
        if thread is None or thread.is_current() or not (thread.is_free() or call.entry.is_bound(call.tool)):
            return False
        run = lambda: self._run_apart(call)  # noqa: E731
        if call.entry.is_bound(call.tool):
            thread.calls[call] = True
            thread.post(run)
            return True
        return self._post(thread, call, run, run)

    # Posts a task to a plugin's own thread; returns whether it did. If it waits too long for an inspection, it runs elsewhere.
    def _post(self, thread, key, task, apart):
        seconds = thread.patience()
        if seconds is not None and seconds <= 0:
            return False
        thread.calls[key] = True
        if seconds is None:
            thread.post(task)
        else:
            thread.post_within(seconds, task, lambda: (thread.calls.pop(key, None), self._pool.submit(apart)))
        return True

    def _run(self, call, own):
        """Runs a call and the calls queued behind it; `own`: the calls of the plugin's own thread, if this is that thread."""
        while call is not None:
            if not call.begin():
                own.pop(call, None)
                call = self._next(call)
                continue
            own[call] = True
            try:
                result = copy_context().run(self._invoke, call)
            except BaseException as error:  # noqa: BLE001 - foreign code runs in here
                del own[call]
                self._finish(call, None, error)
            else:
                # Before the reply, so that the next call finds the thread free.
                del own[call]
                # Most results are serialised already.
                if type(result) is not str and loop.is_awaitable(result):
                    self._await(call, result)
                    return
                self._finish(call, result, None)
            call = self._next(call)
            if call is not None and own is _NO_CALLS and self._move(call):
                return

    def _next(self, call):
        following = call.entry.limiter.release() if call.counts_against_limit else None
        if following is not None:
            # The reply to the previous call must not wait for this one.
            self._flush()
        return following

    def _run_apart(self, call):
        thread = call.entry.thread
        self._run(call, thread.calls if thread is not None and thread.is_current() else _NO_CALLS)
        self._flush()

    def _invoke(self, call):
        streams.current_plugin.set(call.entry.id)
        try:
            return call.entry.plugin.call(call.tool, call.args, call)
        finally:
            streams.finish_lines()

    def _await(self, call, awaitable):
        def started(task):
            call.task = task
            if call.cancelled:
                task.cancel()

        def done(result, error):
            self._finish(call, result, error)
            following = self._next(call)
            if following is not None and not self._move(following):
                self._pool.submit(lambda: self._run_apart(following))

        loop.spawn(awaitable, started, done)
