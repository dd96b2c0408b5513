"""Runs a command on a terminal. Waits for each prompt, then types its answer; prints {"output", "code"} as JSON."""
import json, os, pty, select, sys, time

prompt, answers, command = sys.argv[1], json.loads(sys.argv[2]), sys.argv[3:]
pid, terminal = pty.fork()
if pid == 0:
    os.execvp(command[0], command)
output, read_to, end = b"", 0, time.monotonic() + 25
while time.monotonic() < end:
    if select.select([terminal], [], [], 0.1)[0]:
        try:
            data = os.read(terminal, 65536)
        except OSError:
            break
        if not data:
            break
        output += data
    found = output.find(prompt.encode(), read_to)
    if answers and found >= 0:
        read_to = found + len(prompt)
        os.write(terminal, answers.pop(0).encode())
else:
    os.kill(pid, 9)
print(json.dumps({"output": output.decode(errors="replace"), "code": os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])}))
