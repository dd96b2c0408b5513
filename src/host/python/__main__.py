"""The program of a Python plugin process. It speaks with the gateway on descriptors 3 (in) and 4 (out) alone."""

import sys

if sys.version_info < (3, 10):
    import json
    import os

    _told = "plugmux needs Python 3.10 or later; this is %s (%s)" % (sys.version.split()[0], sys.executable)
    sys.stderr.write(_told + "\n")
    if "--stdio" not in sys.argv[1:]:
        # Said on the channel too: no later start can end otherwise.
        os.write(4, (json.dumps({"jsonrpc": "2.0", "method": "fatal", "params": {"error": _told}}) + "\n").encode("ascii"))
    sys.exit(3)

# Nothing of ours may be found by a plugin's import: the folder leaves the path as soon as the package is known.
_folder = sys.path.pop(0)
sys.path.insert(0, _folder)
from plugmux_bridge.start import main

sys.path.remove(_folder)
main(use_stdio="--stdio" in sys.argv[1:])
