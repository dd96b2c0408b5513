"""The entry of a Python plugin process. The channel to the gateway uses only descriptors 3 (in) and 4 (out)."""

import sys

if sys.version_info < (3, 10):
    import json
    import os

    _message = "plugmux needs Python 3.10 or later; this is %s (%s)" % (sys.version.split()[0], sys.executable)
    sys.stderr.write(_message + "\n")
    if "--stdio" not in sys.argv[1:]:
        # Also sent on the channel, so that the gateway does not retry.
        os.write(4, (json.dumps({"jsonrpc": "2.0", "method": "fatal", "params": {"error": _message}}) + "\n").encode("ascii"))
    sys.exit(3)

# Plugins must not import modules of the bridge, so the folder is removed from the path after the import.
_folder = sys.path.pop(0)
sys.path.insert(0, _folder)
from plugmux_bridge.start import main

sys.path.remove(_folder)
main(use_stdio="--stdio" in sys.argv[1:])
