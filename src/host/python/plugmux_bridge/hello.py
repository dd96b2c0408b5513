"""What the process says of itself when the gateway greets it."""

import os
import sys

PROTOCOL = 1
VERSION = 1


def hello():
    return {
        "protocol": PROTOCOL,
        "runtime": "python",
        "bridge": VERSION,
        "version": sys.version.split()[0],
        "executable": sys.executable,
        "prefix": sys.prefix,
        "platform": sys.platform,
        "pid": os.getpid(),
    }
