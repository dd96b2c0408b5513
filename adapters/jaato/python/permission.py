"""A permission plugin as the one who decides before every call of every plugin."""

from threading import Lock

from plugmux_bridge.errors import BridgeError, describe
from plugmux_bridge.results import value_result

from .calls.asking import ask_text
from .calls.calling import current_call
from .calls.talk import NOBODY, Talk, plain, talk_of

_NAMES_CHANNEL = ("actor_type", "channel_type")
# What a person chooses from, and what the plugin's console understands.
_CHOICES = {
    "allow": "y",
    "deny": "n",
    "always allow this tool": "a",
    "never allow this tool": "never",
    "allow everything from now on": "all",
}


class Console:
    """The console of a permission plugin: what it prints is the question, what it reads is the person's answer."""

    def __init__(self, context):
        self._context = context
        self._asking = Lock()

    def configure(self, config):
        """Adds this console to a configuration that names no channel of its own."""
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
        # Asked outside of a decision: a tool of the plugin's own wants to know.
        if not isinstance(case, Case):
            raise (talk_of(call) if call is not None else Talk()).refuse(NOBODY)
        # The person has just been asked about this very call.
        if case.agreed:
            return "y"
        words = case.words(self._context)
        if words.get("pointless"):
            return "y"
        if "form" not in call.can:
            self._context.log("info", "nobody can be asked: denied")
            case.unanswered = "nobody can be asked"
            return "n"
        text = "\n\n".join(part for part in (case.question(), words.get("text")) if part)
        try:
            # One at a time: some generations of the plugin keep one open question only.
            with self._asking:
                return _CHOICES.get(ask_text(call, text or "May this tool run?", list(_CHOICES)), "n")
        except BridgeError as error:
            self._context.log("info", f"no answer, denied: {describe(error)}")
            case.unanswered = describe(error)
            return "n"


class Case(Talk):
    """The call that is being decided about."""

    def __init__(self, tool, params):
        super().__init__()
        self.tool = tool
        self.args = params.get("args") or {}
        self.plugin = params.get("plugin", "")
        self.agreed = params.get("agreed") is True

    def question(self):
        """What was printed since the last answer, without the rules drawn around it, which are for a terminal."""
        lines = "\n".join(self.printed).splitlines()
        self.printed.clear()
        return "\n".join(line for line in lines if line.strip("=- ")).strip()

    def words(self, context):
        """What the plugin whose tool it is says of the call."""
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
    """Why the plugin's answers cannot be trusted: it could not build the channel it was told to use."""
    wanted = config.get("channel_type") or config.get("actor_type")
    channel = getattr(contract.plugin, "_channel", None) or getattr(contract.plugin, "_actor", None)
    if wanted in (None, "console", "auto") or not type(channel).__name__.startswith("Console"):
        return None
    return f"its {wanted} channel could not be built, and nobody reads its console"


def check(owner, name, params, call):
    """Whether a call may go on, with which arguments, or why not."""
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
    # Whatever it makes of it: nobody has decided.
    if case.unanswered is not None:
        return _denied(case.unanswered)
    info = info if isinstance(info, dict) else {}
    method = str(info.get("method", ""))
    if method == "not_initialized":
        return _denied("the permission plugin is not initialised")
    if not allowed:
        reason = str(info.get("reason") or "no reason given")
        return value_result({"allowed": False, "reason": reason if method == "user_comment" else f"Permission denied: {reason}"})
    edited = info.get("modified_args")
    if info.get("was_edited") and isinstance(edited, dict):
        return value_result({"allowed": True, "args": edited})
    return value_result({"allowed": True})


def _denied(reason):
    return value_result({"allowed": False, "reason": f"Permission denied: {reason}"})
