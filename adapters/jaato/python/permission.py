"""Lets a permission plugin authorize every call of every plugin."""

from threading import Lock

from plugmux_bridge.errors import BridgeError, describe
from plugmux_bridge.results import value_result

from .calls.asking import ask_text
from .calls.calling import current_call
from .calls.talk import NOBODY, Talk, plain, talk_of

_NAMES_CHANNEL = ("actor_type", "channel_type")
# Choices of the user, with the input that the plugin's console expects.
_CHOICES = {
    "allow": "y",
    "deny": "n",
    "always allow this tool": "a",
    "never allow this tool": "never",
    "allow everything from now on": "all",
}


class Console:
    """The console of a permission plugin: its output is the question, its input the user's answer."""

    def __init__(self, context):
        self._context = context
        self._asking = Lock()

    def configure(self, config):
        """Adds this console to a configuration without a channel."""
        if any(config.get(key) for key in _NAMES_CHANNEL) or _file_names_channel(config.get("config_path")):
            return
        functions = {"input_func": self.read, "output_func": self.write}
        for kind in ("actor", "channel"):
            config[f"{kind}_type"] = "console"
            config[f"{kind}_config"] = {**(config.get(f"{kind}_config") or {}), **functions}

    def write(self, text="", *_args, **_options):
        call = current_call.get()
        if call is not None and isinstance(call.notes, Case):
            call.notes.printed.append(plain(text))

    def read(self, *_prompt):
        call = current_call.get()
        case = call.notes if call is not None else None
        # Input outside a check: one of the plugin's own tools asks.
        if not isinstance(case, Case):
            raise (talk_of(call) if call is not None else Talk()).refuse(NOBODY)
        # The user has just approved this call.
        if case.agreed:
            return "y"
        preview = case.preview(self._context)
        if preview.get("pointless"):
            return "y"
        if "form" not in call.can:
            self._context.log("info", "the client does not support elicitation: denied")
            case.unanswered = "the client does not support elicitation"
            return "n"
        text = "\n\n".join(part for part in (case.question(), preview.get("text")) if part)
        try:
            # One question at a time: some generations of the plugin support only one open question.
            with self._asking:
                return _CHOICES.get(ask_text(call, text or "May this tool run?", list(_CHOICES)), "n")
        except BridgeError as error:
            self._context.log("info", f"no answer, denied: {describe(error)}")
            case.unanswered = describe(error)
            return "n"


class Case(Talk):
    """The call that is being checked."""

    def __init__(self, tool, params):
        super().__init__()
        self.tool = tool
        self.args = params.get("args") or {}
        self.plugin = params.get("plugin", "")
        self.agreed = params.get("agreed") is True

    def question(self):
        """Text printed since the last answer, without horizontal rules."""
        lines = "\n".join(self.printed).splitlines()
        self.printed.clear()
        return "\n".join(line for line in lines if line.strip("=- ")).strip()

    def preview(self, context):
        """The preview from the plugin that owns the tool."""
        try:
            return context.call_adapter("preview", {"plugin": self.plugin, "tool": self.tool, "args": self.args}) or {}
        except BridgeError as error:
            context.log("debug", f"no preview: {describe(error)}")
            return {}


def _file_names_channel(path):
    if not path:
        return False
    from json import load

    try:
        with open(path, encoding="utf-8") as file:
            config = load(file)
    except (OSError, ValueError):
        return False
    return isinstance(config, dict) and ("actor" in config or "channel" in config)


def fallback_reason(contract, config):
    """Why the plugin's answers cannot be trusted: it could not create its configured channel."""
    wanted = config.get("channel_type") or config.get("actor_type")
    channel = getattr(contract.plugin, "_channel", None) or getattr(contract.plugin, "_actor", None)
    if wanted in (None, "console", "auto") or not type(channel).__name__.startswith("Console"):
        return None
    return f"its {wanted} channel could not be created, and its console has no reader"


def check(owner, name, params, call):
    """Checks a call. Returns whether it is allowed, with edited arguments or the reason."""
    if owner.untrusted is not None:
        return _denied(owner.untrusted)
    contract = owner.contract
    case = call.notes = Case(name, params)
    current_call.set(call)
    if params.get("autoApproved") and name not in owner.whitelisted:
        owner.whitelisted.add(name)
        contract.call("add_whitelist_tools", [name])
    try:
        allowed, info = contract.find("check_permission")(name, case.args, {"plugin": case.plugin})
    except Exception as error:  # noqa: BLE001 - a guard that fails refuses
        owner.context.log("warn", f"check_permission failed: {describe(error)}")
        return _denied(f"the check failed: {describe(error)}")
    # Without an answer, the user has not decided, so the plugin's verdict is ignored.
    if case.unanswered is not None:
        return _denied(case.unanswered)
    info = info if isinstance(info, dict) else {}
    method = str(info.get("method", ""))
    if method == "not_initialized":
        return _denied("the permission plugin is not initialized")
    if not allowed:
        reason = str(info.get("reason") or "no reason given")
        return value_result({"allowed": False, "reason": reason if method == "user_comment" else f"Permission denied: {reason}"})
    edited = info.get("modified_args")
    if info.get("was_edited") and isinstance(edited, dict):
        return value_result({"allowed": True, "args": edited})
    return value_result({"allowed": True})


def _denied(reason):
    return value_result({"allowed": False, "reason": f"Permission denied: {reason}"})
