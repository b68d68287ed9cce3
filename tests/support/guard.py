"""Runs a command in a process group of its own and ends the whole group when standard input closes: with the test that
started it, however that test ends. Usage: guard.py COMMAND ARGUMENT…"""

import os
import signal
import subprocess
import sys

os.setpgid(0, 0)
child = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL)
try:
    sys.stdin.buffer.read()
finally:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    os.killpg(0, signal.SIGTERM)
    try:
        child.wait(timeout=0.5)
    except subprocess.TimeoutExpired:
        pass
    os.killpg(0, signal.SIGKILL)
