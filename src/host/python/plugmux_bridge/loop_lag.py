"""Monitors whether a plugin blocks the loop, which all plugins of the process share."""

from . import loop


class LoopLagMonitor:
    """Measured with every ping. A blocked loop is logged once; if it stays blocked, the process requests its replacement."""

    def __init__(self, calls, notify):
        self._calls = calls
        self._notify = notify
        self._warn = 2.0
        self._most = 10.0
        self._reported = 0.0

    def limit(self, params):
        self._warn = params.get("loopWarnMs", self._warn * 1000) / 1000
        self._most = params.get("loopLimitMs", self._most * 1000) / 1000

    def take(self):
        """The lag of the loop in seconds."""
        lag, waiting = loop.lag()
        if not waiting:
            self._reported = 0.0
            return lag
        for limit, report in ((self._warn, self._warning), (self._most, self._restart)):
            if self._reported < limit <= lag:
                self._reported = limit
                report(lag)
        return lag

    def _warning(self, lag):
        plugin, what = self._culprit()
        text = f"{what} has blocked the loop for {lag:.1f} s: other calls wait. Run blocking code with asyncio.to_thread()."
        self._notify("log", {"id": plugin, "level": "warn", "text": text})

    def _restart(self, lag):
        plugin, what = self._culprit()
        self._notify("restart", {"id": plugin, "reason": f"{what} has blocked the loop for {lag:.1f} s"})

    def _culprit(self):
        task = loop.current_task()
        for call in list(self._calls.values()):
            if call.task is not None and call.task is task:
                return call.entry.id, call.tool.partition(":")[2] or call.tool
        return None, "code outside of any call"
