"""The other end of the bare server's pipe, in Python: a line with a number and arguments in, the number and a result out."""

import json
import os

rest = b""
while True:
    data = os.read(0, 1 << 18)
    if not data:
        break
    *lines, rest = (rest + data).split(b"\n")
    replies = []
    for line in lines:
        number, _, text = line.partition(b" ")
        result = {"content": [{"type": "text", "text": json.loads(text)["message"]}]}
        replies.append(f"{number.decode()} {json.dumps(result, separators=(',', ':'))}\n")
    reply = memoryview("".join(replies).encode())
    while reply:
        reply = reply[os.write(1, reply) :]
