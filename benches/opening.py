"""How long one looks at nothing: `nepho open` and lnav on the same file, in turns, in a terminal of 200×50.

    cargo build --release && python3 benches/opening.py target/release/nepho [MEGABYTES [TURNS]]

The file is the recording of benches/compare.py; lnav, which crashes on other lines, is given its log events alone. Taken are the
milliseconds from the start of the program to the first frame that says anything, and to the first that shows what the file says, for
nepho on each pane, opened by its key as soon as the program takes one. The terminal is pyte's, from PyPI into target/tmp/compare."""

import fcntl
import os
import pty
import re
import select
import shutil
import signal
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import time
from pathlib import Path

from compared import HOME, lnav_formats, recording

NEPHO = str(Path(sys.argv[1]).resolve())
MEGABYTES = int(sys.argv[2]) if len(sys.argv) > 2 else 1000
TURNS = int(sys.argv[3]) if len(sys.argv) > 3 else 5
LINES, COLUMNS = 50, 200
MOST = 60

# What the header says once something was read, and the digits of the panes.
READ = re.compile(r"\d+/\d+ fn")
PANES = "123456789"
# A row of lnav behind its scroll bar; the clock in its header has no milliseconds.
LNAV_ROW = re.compile(r"^.?20\d\d-\d\d-\d\dT[\d:]+\.\d{3} ", re.MULTILINE)


def in_own_python():
    """Starts again under an interpreter that has the terminal."""
    python = HOME / "terminal/bin/python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", HOME / "terminal"], check=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", "pyte"], check=True)
    if Path(sys.prefix) != HOME / "terminal":
        os.execv(python, [str(python), *sys.argv])


def read_once(file):
    """A freshly written file reads slower."""
    with file.open("rb") as content:
        while content.read(1 << 20):
            pass


def opened(command, wanted, key=None):
    """Milliseconds to the first frame that says anything and to the first of which `wanted` is true; `key` is sent at the first."""
    import pyte

    screen = pyte.Screen(COLUMNS, LINES)
    stream = pyte.ByteStream(screen)
    first = None
    with tempfile.TemporaryDirectory() as home:
        begun = time.monotonic()
        child, terminal = pty.fork()
        if child == 0:
            os.environ.update(TERM="xterm-256color", HOME=home, XDG_STATE_HOME=home, LC_ALL="C.UTF-8")
            os.execvp(command[0], command)
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
        try:
            while time.monotonic() - begun < MOST:
                if not select.select([terminal], [], [], 0.2)[0]:
                    continue
                stream.feed(os.read(terminal, 1 << 16))
                now = 1000 * (time.monotonic() - begun)
                shown = "\n".join(screen.display)
                if first is None and len(shown.split()) > 3:
                    first = now
                    if key:
                        os.write(terminal, key.encode())
                if wanted(shown):
                    return first, now
        finally:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            os.close(terminal)
    sys.exit(f"{' '.join(command)}: nothing of the file within {MOST} s")


def pane_shows(digit):
    """A frame of this pane that is made of what was read."""
    chosen = re.compile(rf"\[{digit} ")
    return lambda shown: bool(chosen.search(shown) and READ.search(shown)) and "reading …" not in shown


def main():
    HOME.mkdir(parents=True, exist_ok=True)
    in_own_python()
    file, logs = recording(NEPHO, MEGABYTES)
    read_once(file)
    read_once(logs)
    times = {}

    def take(name, *of):
        first, rows = opened(*of)
        times.setdefault((name, "first frame"), []).append(first)
        times.setdefault((name, "first rows"), []).append(rows)

    has_lnav = shutil.which("lnav")
    for _ in range(TURNS):
        for digit in PANES:
            take(f"nepho, pane {digit}", [NEPHO, "open", str(file)], pane_shows(digit), digit)
            if has_lnav:
                take("lnav", ["lnav", "-I", str(lnav_formats()), str(logs)], LNAV_ROW.search)
    size = file.stat().st_size / 1e6
    print(f"{os.cpu_count()} cores, {size:,.0f} MB; medians of {TURNS} turns, in milliseconds\n")
    print("| program | first frame | ÷ lnav's | first rows | ÷ lnav's |\n|---|---|---|---|---|")
    median = {key: statistics.median(all_of) for key, all_of in times.items()}
    for name in dict.fromkeys(name for name, _ in times):
        cells = [name]
        for what in ("first frame", "first rows"):
            base = median.get(("lnav", what))
            cells += [f"{median[name, what]:.0f}", f"{median[name, what] / base:.2f}" if base else "-"]
        print("| " + " | ".join(cells) + " |")


main()
