"""nepho beside the tools that people ask log files with: one question, the same file, in turns.

    cargo build --release && python3 benches/compare.py target/release/nepho [MEGABYTES [TURNS]]

The question: invocations, cold starts and percentiles of the duration of every function, out of a recording of the demo in which
functions write text or JSON. `nepho report` answers it with all its other findings; the others answer nothing else. All answers
are compared before anything is timed. DuckDB comes from PyPI into target/tmp/compare; lnav, jq, rg and mawk are used where they
are on the PATH (Debian: lnav jq ripgrep mawk)."""

import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import time
from collections import Counter

from compared import HOME, lnav_formats, recording

NEPHO = sys.argv[1]
MEGABYTES = int(sys.argv[2]) if len(sys.argv) > 2 else 1000
TURNS = int(sys.argv[3]) if len(sys.argv) > 3 else 5
FILE, LOGS = recording(NEPHO, MEGABYTES)

# One row a REPORT, as text and as JSON: function, duration, init duration or nothing.
DUCKDB = r"""
import duckdb, json, sys
rows = duckdb.sql(f'''
    with lines as (
        select regexp_extract("logGroupName", '[^/]*$') as function, message
        from read_ndjson('{sys.argv[1]}', columns={{"logGroupName": 'VARCHAR', "message": 'VARCHAR'}})
        where message like 'REPORT RequestId: %' or message like '%"platform.report"%'
    ), reports as (
        select function,
            case when message like 'REPORT %' then regexp_extract(message, '\tDuration: ([0-9.]+)', 1)
                 else message ->> '$.record.metrics.durationMs' end :: double as duration,
            case when message like 'REPORT %' then message like '%Init Duration: %'
                 else message like '%"initDurationMs"%' end as cold
        from lines
    )
    select function, count(*), count(*) filter (cold), quantile_disc(duration, [0.5, 0.95, 0.99]), max(duration)
    from reports where duration is not null group by function
''').fetchall()
json.dump({row[0]: [row[1], row[2], *row[3], row[4]] for row in rows}, sys.stdout)
"""

JQ = r"""
select(.message) | .logGroupName as $group | .message
| if startswith("REPORT RequestId: ") then
    [$group, (capture("\tDuration: (?<d>[0-9.]+)") | .d), (if contains("Init Duration: ") then 1 else 0 end)]
  elif contains("\"platform.report\"") then
    (fromjson | select(.type == "platform.report") | .record.metrics) as $m
    | [$group, ($m.durationMs | tostring), (if $m.initDurationMs then 1 else 0 end)]
  else empty end
| @tsv
"""

# Of the JSON lines themselves: the message is text in JSON, so its tabs and quotes are escaped.
MAWK = r"""
{
    if (!match($0, /"logGroupName":"[^"]*"/)) next
    group = substr($0, RSTART + 16, RLENGTH - 17)
    if (match($0, /\\tDuration: [0-9.]+/)) duration = substr($0, RSTART + 12, RLENGTH - 12)
    else if (match($0, /\\"durationMs\\":[0-9.]+/)) duration = substr($0, RSTART + 15, RLENGTH - 15)
    else next
    print group "\t" duration "\t" (/Init Duration: / || /initDurationMs/ ? 1 : 0)
}
"""

# Rows of (group, duration, cold), sorted by both: counts and percentiles.
PERCENTILES = r"""
function flush() {
    if (n) printf "%s\t%d\t%d\t%s\t%s\t%s\t%s\n", group, n, cold, d[rank(0.5)], d[rank(0.95)], d[rank(0.99)], d[n]
    n = cold = 0
}
function rank(p,   r) { r = int(n * p); if (r < n * p) r++; return r < 1 ? 1 : r }
$1 != group { flush(); group = $1 }
{ d[++n] = $2; cold += $3 }
END { flush() }
"""

LNAV = r"""
;select logGroupName, case when log_body like 'REPORT RequestId: %' then regexp_match('\tDuration: ([0-9.]+)', log_body)
   else json_extract(log_body, '$.record.metrics.durationMs') end as duration,
   (log_body like '%Init Duration: %' or log_body like '%"initDurationMs"%') as cold
   from demo_log where log_body like 'REPORT RequestId: %' or log_body like '%"platform.report"%'
"""


def duckdb_python():
    """An interpreter that has DuckDB."""
    python = HOME / "venv/bin/python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", HOME / "venv"], check=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", "duckdb"], check=True)
    return str(python)


def from_json(text):
    return {name: tuple(map(float, row)) for name, row in json.loads(text).items()}


def from_rows(text):
    rows = (line.split("\t") for line in text.splitlines())
    return {row[0].rsplit("/", 1)[-1]: tuple(map(float, row[1:])) for row in rows}


def from_nepho(text):
    """The others count REPORT lines; nepho also counts runs that are still under way."""
    report = json.loads(text)
    reported = Counter(run["function"] for run in report["invocations"] if run["duration_ms"] is not None)
    answer = {}
    for one in report["functions"]:
        if one["duration_ms"]:
            quantiles = [one["duration_ms"][name] for name in ("p50", "p95", "p99", "max")]
            answer[one["function"]] = (reported[one["function"]], one["felt_cold_starts"], *quantiles)
    return answer


def tools():
    """Name, version, command for a shell, how its answer is read."""
    file, percentiles = f"'{FILE}'", f"sort -t '\t' -k1,1 -k2,2g | mawk -F '\t' '{PERCENTILES}'"
    config = HOME / "demo.toml"
    config.write_bytes(subprocess.run([NEPHO, "demo", "--print-config"], check=True, capture_output=True).stdout)
    report = f"'{NEPHO}' report {file} --config '{config}' --format json --exit-zero"
    yield "nepho report", version(NEPHO), report, from_nepho
    yield "nepho report, one core", version(NEPHO), f"taskset -c 0 {report}", from_nepho
    python, script = duckdb_python(), HOME / "duckdb_question.py"
    script.write_text(DUCKDB)
    said = subprocess.run([python, "-c", "import duckdb; print(duckdb.__version__)"], capture_output=True, text=True)
    yield "DuckDB", said.stdout.strip(), f"'{python}' '{script}' {file}", from_json
    if shutil.which("rg") and shutil.which("mawk"):
        lines = r"""rg --no-config -N 'REPORT RequestId: |\\"platform\.report\\"'"""
        yield "rg + mawk", version("rg"), f"export LC_ALL=C; {lines} {file} | mawk '{MAWK}' | {percentiles}", from_rows
    if shutil.which("jq") and shutil.which("mawk"):
        yield "jq", version("jq"), f"export LC_ALL=C; jq -r '{JQ}' {file} | {percentiles}", from_rows
    if shutil.which("lnav") and shutil.which("mawk"):
        commands = HOME / "question.lnav"
        commands.write_text(" ".join(LNAV.split("\n")).strip() + "\n:write-csv-to -\n")
        rows = f"lnav -n -q -I '{lnav_formats()}' -f '{commands}' '{LOGS}' | tr ',' '\t' | rg '^/'"
        yield "lnav", version("lnav"), f"export LC_ALL=C HOME='{HOME}'; {rows} | {percentiles}", from_rows


def version(program):
    said = subprocess.run([program, "--version"], capture_output=True, text=True)
    return said.stdout.split("\n")[0].split(" ")[-1] if program != "rg" else said.stdout.split()[1]


# A process counts as its own the memory of the one that started it: a small one starts the tools.
RUNNER = r"""
import os, subprocess, sys, time
begun = time.monotonic()
with open(sys.argv[2], "wb") as answer:
    shell = subprocess.Popen(["bash", "-o", "pipefail", "-c", sys.argv[1]], stdout=answer)
    _, status, used = os.wait4(shell.pid, 0)
print(time.monotonic() - begun, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)
sys.exit(os.waitstatus_to_exitcode(status))
"""


def run(command):
    """Runs a command in a shell: what it printed, then wall and CPU seconds and the megabytes of its largest process."""
    out = HOME / f"answer-{os.getpid()}"
    done = subprocess.run([sys.executable, "-c", RUNNER, command, out], stdout=subprocess.PIPE, text=True)
    if done.returncode != 0:
        sys.exit(f"{command}\nended with {done.returncode}")
    return out.read_text(), tuple(map(float, done.stdout.split()))


def differences(name, answer, truth):
    """What an answer says otherwise than the first: counts and the longest exactly; percentiles, of which there are several definitions
    and which nepho promises within 1 %, within 3 %, where there are enough runs."""
    for function in sorted(answer.keys() | truth.keys()):
        one, other = answer.get(function), truth.get(function)
        if one is None or other is None:
            yield f"{name}: {function} is in one answer only"
            continue
        if one[0] != other[0] or abs(one[5] - other[5]) > 0.01:
            yield f"{name}: {function}: {one} and {other}"
        elif one[0] >= 1000 and any(abs(a / b - 1) > 0.03 for a, b in zip(one[2:5], other[2:5])):
            yield f"{name}: {function}: {one} and {other}"


def main():
    entries = list(tools())
    whole = {from_nepho: " --full"}
    answers = {name: read(run(command + whole.get(read, ""))[0]) for name, _, command, read in entries}
    truth = answers["DuckDB"]
    wrong = [line for name, answer in answers.items() for line in differences(name, answer, truth)]
    if wrong:
        sys.exit("\n".join(["the answers differ:", *wrong]))
    runs = sum(int(row[0]) for row in truth.values())
    print(f"All agree: {len(truth)} functions, {runs:,} invocations in {FILE.stat().st_size / 1e6:,.0f} MB.", flush=True)
    times = {name: [] for name, *_ in entries}
    for _ in range(TURNS):
        for name, _, command, _ in entries:
            times[name].append(run(command)[1])
    print(f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}; medians of {TURNS} turns\n")
    print("| tool | version | wall | CPU | peak memory | MB/s | wall ÷ DuckDB's |\n|---|---|---|---|---|---|---|")
    base = statistics.median(wall for wall, *_ in times["DuckDB"])
    for name, said, *_ in entries:
        wall, used, memory = (statistics.median(column) for column in zip(*times[name]))
        speed = FILE.stat().st_size / 1e6 / wall
        ratio = wall / base
        print(f"| {name} | {said} | {wall:.2f} s | {used:.2f} s | {memory:.0f} MB | {speed:.0f} | {ratio:.2f} |")


main()
