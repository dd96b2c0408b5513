"""The context object of each call."""

import sys

from . import plugin_types
from .unavailable import Values


class CallContext:
    """Creates the context of one call and closes it afterwards."""

    def __init__(self, params, connections, caller):
        self._params = params
        self._caller = caller
        self._connections = connections
        self._database = connections.database()

    async def __aenter__(self):
        params, caller = self._params, self._caller
        protocol = sys.modules.get("app.plugins.protocol")
        make = getattr(protocol, "PluginContext", plugin_types.PluginContext)
        return make(
            db=await self._database.__aenter__(),
            tenant=Values(params["tenant"], "ctx.tenant", '"context": { "tenant" }'),
            settings=Values(params["settings"], "ctx.settings", '"settings"'),
            redis=self._connections.redis(),
            room_id=params.get("roomId") or caller.get("session") or "mcp",
            sender_id=params.get("senderId") or f"mcp:{caller.get('client') or caller.get('principal') or 'plugmux'}",
            user_token=params.get("userToken"),
        )

    async def __aexit__(self, *exc):
        return await self._database.__aexit__(*exc)
