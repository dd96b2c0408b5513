"""Whether the loop of the process turns: a plugin that blocks it keeps all others from going on."""

from . import loop


class LoopLagMonitor:
    """Taken with every ping. A loop that stands still is told of once, and after too long the gateway is asked for a fresh process."""

    def __init__(self, calls, notify):
        self._calls = calls
        self._notify = notify
        self._warn = 2.0
        self._most = 10.0
        self._told = 0.0

    def limit(self, params):
        self._warn = params.get("loopWarnMs", self._warn * 1000) / 1000
        self._most = params.get("loopLimitMs", self._most * 1000) / 1000

    def take(self):
        """How many seconds work has been waiting for the loop."""
        lag, waiting = loop.lag()
        if not waiting:
            self._told = 0.0
            return lag
        for limit, say in ((self._warn, self._warning), (self._most, self._restart)):
            if self._told < limit <= lag:
                self._told = limit
                say(lag)
        return lag

    def _warning(self, lag):
        plugin, what = self._culprit()
        text = f"{what} has blocked the loop for {lag:.1f} s: other calls wait. Blocking work belongs into asyncio.to_thread()."
        self._notify("log", {"id": plugin, "level": "warn", "text": text})

    def _restart(self, lag):
        plugin, what = self._culprit()
        self._notify("restart", {"id": plugin, "reason": f"{what} has blocked the loop for {lag:.1f} s"})

    def _culprit(self):
        task = loop.current_task()
        for call in list(self._calls.values()):
            if call.task is not None and call.task is task:
                return call.entry.id, call.tool.partition(":")[2] or call.tool
        return None, "something outside of any call"
