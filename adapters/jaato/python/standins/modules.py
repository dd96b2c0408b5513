"""Stand-in modules for the original framework and for the SDK of its declarations."""

from threading import Condition

from plugmux_bridge.standins import StandIn


class CancelledException(Exception):
    """Raised when a cancelled call stops."""

    def __init__(self, message="Operation was cancelled"):
        super().__init__(message)
        self.message = message


class CancelToken:
    """Signals the cancellation of a call."""

    def __init__(self):
        self._changed = Condition()
        self._cancelled = False
        self._callbacks = []
        self._reason = ""

    @property
    def is_cancelled(self):
        return self._cancelled

    @property
    def cancel_reason(self):
        return self._reason

    def cancel(self, reason=""):
        with self._changed:
            if self._cancelled:
                return
            self._cancelled = True
            self._reason = reason
            callbacks, self._callbacks = self._callbacks, []
            self._changed.notify_all()
        for callback in callbacks:
            callback()

    def wait(self, timeout=None):
        with self._changed:
            return self._changed.wait_for(lambda: self._cancelled, timeout)

    def raise_if_cancelled(self):
        if self._cancelled:
            raise CancelledException()

    def reset(self):
        with self._changed:
            self._cancelled = False
            self._callbacks = []

    def on_cancel(self, callback):
        with self._changed:
            if not self._cancelled:
                self._callbacks.append(callback)
                return
        callback()


def jaato_stand_ins():
    """All stand-in modules, by name."""
    google = StandIn(_google_types, "google-genai")
    sdk, server = "jaato-sdk", "jaato-server"
    return {
        "google.genai.types": google,
        "shared.plugins.base": StandIn(_plugins_base, server),
        "shared.plugins.model_provider": StandIn(_model_types, server),
        "shared.plugins.model_provider.types": StandIn(_model_types, server),
        "jaato_server.shared.plugins.base": StandIn(_plugins_base, server),
        "jaato_sdk.plugins.base": StandIn(_plugins_base, sdk),
        "jaato_sdk.plugins.model_provider": StandIn(_model_types, sdk),
        "jaato_sdk.plugins.model_provider.types": StandIn(_model_types, sdk),
        "jaato_sdk.session_env": StandIn(_session_env, sdk),
        "jaato_sdk.trace": StandIn(_trace, sdk),
        "jaato": StandIn(_facade, sdk),
    }


def _google_types():
    from . import google_types

    return {
        "Behavior": google_types.Behavior,
        "Content": google_types.Content,
        "FunctionCall": google_types.FunctionCall,
        "FunctionDeclaration": google_types.FunctionDeclaration,
        "Part": google_types.Part,
        "Schema": google_types.Schema,
        "Tool": google_types.Tool,
        "Type": google_types.Type,
    }


def _model_types():
    from ..calls import untrusted
    from . import model_types

    return {**_public(model_types), **_public(untrusted), "CancelToken": CancelToken, "CancelledException": CancelledException}


def _plugins_base():
    from .. import session_env
    from . import model_types, plugin_types

    return {**_public(plugin_types), "ToolSchema": model_types.ToolSchema, "get_session_env": session_env.get_session_env}


def _facade():
    from . import plugin_types

    types = _model_types()
    types.pop("WithMetadata", None)
    return {
        **types,
        "UserCommand": plugin_types.UserCommand,
        "CommandParameter": plugin_types.CommandParameter,
        "CommandCompletion": plugin_types.CommandCompletion,
        "JaatoClient": _needs_real("JaatoClient"),
        "PluginRegistry": _needs_real("PluginRegistry"),
    }


def _session_env():
    from .. import session_env

    return {name: getattr(session_env, name) for name in ("get_session_env", "set_session_env", "clear_session_env")}


def _trace():
    names = ("trace", "provider_trace", "trace_write", "set_trace_agent_context", "clear_trace_agent_context")
    return {**{name: lambda *args, **options: None for name in names}, "resolve_trace_path": lambda *args, **options: None}


def _needs_real(name):
    def refuse(*args, **options):
        raise RuntimeError(f"{name} is a stand-in that does nothing; install jaato-server for the real one")

    return refuse


def _public(module):
    return {name: getattr(module, name) for name in module.PUBLIC}
