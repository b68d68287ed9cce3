"""linear.py TEST-PROGRAM: counts the instructions of its test `work` by callgrind, a figure a text. Four times the text may
take four times the instructions, with what every text costs on top; anything worse is named, exit 1. Needs valgrind."""
import re
import subprocess
import sys
import tempfile
from pathlib import Path

SMALL, LARGE = 1 << 11, 1 << 13
# A text of four times the size: sorting and growing tables take a little more than their share.
MOST = 4 * 1.5
# Instructions that any line costs, however short.
ONCE = 400_000


def counted(program):
    """(name of the text, instructions of the small one, of the large one)"""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "callgrind"
        run = subprocess.run(
            ["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}", "--dump-after=*measured*",
             program, "--ignored", "--exact", "work", "--nocapture", "--test-threads=1"],
            capture_output=True, text=True, check=True)
        names = re.findall(r"^(?:test work \.\.\. )?(.+ repeated)$", run.stdout, re.M)
        counts = []
        for number in range(1, len(names) + 1):
            text = Path(f"{out}.{number}").read_text(errors="replace")
            counts.append(int(re.search(r"^totals: (\d+)", text, re.M).group(1)))
    return [(names[at], counts[at], counts[at + 1]) for at in range(0, len(names), 2)]


def main():
    rows = counted(sys.argv[1])
    assert len(rows) > 500, f"only {len(rows)} texts were counted"
    # The first figure holds what came before it, the start of the program.
    wrong = [row for row in rows[1:] if row[2] > row[1] * MOST + ONCE]
    for name, small, large in wrong:
        print(f"{name}: {small:,} instructions for {SMALL} bytes, {large:,} for {LARGE}")
    worst = max(rows[1:], key=lambda row: row[2])
    print(f"{len(rows)} texts; the dearest: {worst[0]}, {worst[2]:,} instructions for {LARGE} bytes")
    return 1 if wrong else 0


sys.exit(main())
