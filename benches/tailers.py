"""nepho beside the tools that people tail with, on one emulator, all at the same time.

    cargo build --release && cargo test --test aws     # the second makes the Python environment of the tests
    target/tmp/emulators/bin/python -m pip install awslogs
    target/tmp/emulators/bin/python benches/tailers.py target/release/nepho

20,000 events, half of them there at the start, one in a hundred of the others 2 to 60 s late. Each tool calls through a counter of
its own. `aws` is the AWS CLI v2 on the PATH or /usr/bin/aws (Debian: awscli). Then nepho and `aws logs tail` in turns: 20,000 events
that are there, five times, and an idle function for two minutes. Then nepho alone: 500 log groups, and 100 idle ones. Further words
on the command line choose among `side`, `once`, `idle` and `groups`."""

import http.client
import os
import random
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import boto3

NEPHO = sys.argv[1]
REGION = "eu-west-1"
GROUP = "/aws/lambda/pay"
EVENTS, SECONDS, LATE_S = 20_000, 60, 60
ENVIRONMENT = dict(
    os.environ,
    AWS_ACCESS_KEY_ID="test",
    AWS_SECRET_ACCESS_KEY="test",
    AWS_DEFAULT_REGION=REGION,
    AWS_REGION=REGION,
    AWS_EC2_METADATA_DISABLED="true",
    AWS_PAGER="",
    PYTHONUNBUFFERED="1",
)
MOTO = Path(__file__).parent.parent / "tests/support/moto_fixed.py"
AWS = "/usr/bin/aws" if Path("/usr/bin/aws").exists() else "aws"


def counter(upstream):
    """A server that passes calls on and notes when `FilterLogEvents` was called: (its URL, the times)."""
    calls = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def pass_on(self):
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if "FilterLogEvents" in (self.headers.get("X-Amz-Target") or ""):
                calls.append(time.monotonic())
            connection = http.client.HTTPConnection("127.0.0.1", upstream)
            connection.request(self.command, self.path, body, dict(self.headers))
            answer = connection.getresponse()
            content = answer.read()
            connection.close()
            try:
                self.send_response(answer.status)
                self.send_header("Content-Type", answer.headers.get("Content-Type", "application/json"))
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)
            except ConnectionError:
                self.close_connection = True

        do_GET = do_POST = pass_on

        def log_message(self, *arguments):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}", calls


def client(url):
    return boto3.client(
        "logs", endpoint_url=url, region_name=REGION, aws_access_key_id="test", aws_secret_access_key="test"
    )


class Tool:
    """A running command: what it printed, and what it cost."""

    def __init__(self, name, upstream, command):
        self.name = name
        self.url, self.calls = counter(upstream)
        self.out = tempfile.NamedTemporaryFile("w+", suffix=".out", delete=False)
        self.process = subprocess.Popen(
            [part.replace("URL", self.url) for part in command],
            env=dict(ENVIRONMENT, AWS_ENDPOINT_URL=self.url),
            stdin=subprocess.DEVNULL,
            stdout=self.out,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def cpu(self):
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(") ", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def memory(self, which):
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(rf"{which}:\s+(\d+)", status)[1]) / 1024

    def stop(self):
        os.killpg(self.process.pid, signal.SIGINT)
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def printed(self):
        return re.findall(r"event-(\d{6})", Path(self.out.name).read_text(errors="replace"))


# The loop that is written by hand: from the newest event on, each five seconds.
LOOP = """
import boto3, time
logs = boto3.client("logs", endpoint_url="URL", region_name="REGION")
start = newest = int(time.time() * 1000) - 120_000
while True:
    token = {}
    while True:
        page = logs.filter_log_events(logGroupName="GROUP", startTime=start, **token)
        for event in page["events"]:
            print(event["message"], flush=True)
            newest = max(newest, event["timestamp"] + 1)
        if "nextToken" not in page:
            break
        token = {"nextToken": page["nextToken"]}
    start = newest
    time.sleep(5)
"""


def put(logs, stream, events):
    try:
        logs.create_log_stream(logGroupName=GROUP, logStreamName=stream)
    except logs.exceptions.ResourceAlreadyExistsException:
        pass
    events.sort(key=lambda event: event["timestamp"])
    for start in range(0, len(events), 5_000):
        logs.put_log_events(logGroupName=GROUP, logStreamName=stream, logEvents=events[start : start + 5_000])


def event(number, timestamp):
    return {"timestamp": int(timestamp), "message": f"event-{number:06} " + "x" * 150}


def side_by_side(upstream):
    logs = client(f"http://127.0.0.1:{upstream}")
    logs.create_log_group(logGroupName=GROUP)
    chance = random.Random(1)
    now = time.time() * 1_000
    backlog = [event(n, now - 60_000 + n * 60_000 / (EVENTS / 2)) for n in range(EVENTS // 2)]
    put(logs, "2026/11/20/[$LATEST]aa", backlog)
    loop = LOOP.replace("REGION", REGION).replace("GROUP", GROUP)
    scripts = Path(sys.executable).parent
    tools = [
        Tool("nepho tail", upstream, [NEPHO, "tail", "pay", "--json", "--since", "2m", "--endpoint-url", "URL"]),
        Tool(
            "aws logs tail --follow",
            upstream,
            [AWS, "logs", "tail", GROUP, "--follow", "--since", "2m", "--endpoint-url", "URL"],
        ),
        Tool(
            "awslogs get --watch",
            upstream,
            [str(scripts / "awslogs"), "get", GROUP, "ALL", "--watch", "--start=2m ago", "--aws-endpoint-url", "URL"],
        ),
        Tool("filter-log-events in a loop", upstream, [sys.executable, "-c", loop]),
    ]
    begun, number, late = time.time(), EVENTS // 2, []
    while number < EVENTS:
        due = EVENTS // 2 + int((time.time() - begun) / SECONDS * EVENTS / 2)
        fresh, now = [], time.time() * 1_000
        while number < min(due, EVENTS):
            one = event(number, now - chance.random() * 200)
            if chance.random() < 0.01:
                late.append((time.time() + chance.uniform(2, LATE_S), one))
            else:
                fresh.append(one)
            number += 1
        arrived = [one for due, one in late if due <= time.time()]
        late = [(due, one) for due, one in late if due > time.time()]
        for stream, events in [("2026/11/20/[$LATEST]bb", fresh), ("2026/11/20/[$LATEST]cc", arrived)]:
            if events:
                put(logs, stream, events)
        time.sleep(0.2)
    while late:
        arrived = [one for due, one in late if due <= time.time()]
        late = [(due, one) for due, one in late if due > time.time()]
        if arrived:
            put(logs, "2026/11/20/[$LATEST]cc", arrived)
        time.sleep(0.2)
    time.sleep(45)
    print("| tool | events missed | shown twice | calls | CPU | peak memory |\n|---|---|---|---|---|---|")
    for tool in tools:
        cpu, memory = tool.cpu(), tool.memory("VmHWM")
        tool.stop()
        seen = tool.printed()
        missed, twice = EVENTS - len(set(seen)), len(seen) - len(set(seen))
        print(f"| {tool.name} | {missed:,} | {twice:,} | {len(tool.calls)} | {cpu:.1f} s | {memory:.0f} MB |", flush=True)


def once(upstream):
    """Both read 20,000 events that are there: ratios of medians of five turns."""
    group = "/aws/lambda/there"
    logs = client(f"http://127.0.0.1:{upstream}")
    logs.create_log_group(logGroupName=group)
    stream = "2026/11/20/[$LATEST]aa"
    logs.create_log_stream(logGroupName=group, logStreamName=stream)
    now = time.time() * 1_000
    events = [event(n, now - 60_000 + n * 55_000 / EVENTS) for n in range(EVENTS)]
    for start in range(0, EVENTS, 5_000):
        logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=events[start : start + 5_000])
    commands = {
        "nepho": [NEPHO, "tail", "there", "--json", "--since", "10m", "--endpoint-url", "URL"],
        "aws": [AWS, "logs", "tail", group, "--since", "10m", "--endpoint-url", "URL"],
    }
    figures = {name: [] for name in commands}
    for turn in range(5):
        for name, command in commands.items():
            begun = time.monotonic()
            tool = Tool(name, upstream, command)
            out = open(tool.out.name, "rb")
            lines = 0
            while lines < EVENTS and time.monotonic() - begun < 120:
                piece = out.read(1 << 20)
                lines += piece.count(b"\n")
                if not piece:
                    time.sleep(0.002)
            wall = time.monotonic() - begun
            figures[name].append((wall, tool.cpu(), tool.memory("VmHWM"), len(tool.calls)))
            tool.stop()
    medians = {name: [statistics.median(column) for column in zip(*rows)] for name, rows in figures.items()}
    print("\n| 20,000 events that are there | wall | CPU | peak memory | calls |\n|---|---|---|---|---|")
    for name, (wall, cpu, memory, calls) in medians.items():
        print(f"| {name} | {wall:.2f} s | {cpu:.2f} s | {memory:.0f} MB | {calls:.0f} |")
    ratios = [ours / theirs for ours, theirs in zip(medians["nepho"], medians["aws"])]
    print("| ratio | " + " | ".join(f"{ratio:.2f}" for ratio in ratios) + " |", flush=True)


def idle(upstream):
    """Both follow a function that is silent: the second of two minutes."""
    group = "/aws/lambda/silent"
    client(f"http://127.0.0.1:{upstream}").create_log_group(logGroupName=group)
    tools = [
        Tool("nepho tail", upstream, [NEPHO, "tail", "silent", "--since", "1m", "--endpoint-url", "URL"]),
        Tool("aws logs tail --follow", upstream, [AWS, "logs", "tail", group, "--follow", "--since", "1m", "--endpoint-url", "URL"]),
    ]
    time.sleep(60)
    before = [(tool.cpu(), len(tool.calls)) for tool in tools]
    time.sleep(60)
    print("\n| an idle function | calls a minute | share of a core | memory |\n|---|---|---|---|")
    for tool, (cpu, calls) in zip(tools, before):
        share, memory = (tool.cpu() - cpu) / 60, tool.memory("VmRSS")
        print(f"| {tool.name} | {len(tool.calls) - calls} | {share:.2%} | {memory:.0f} MB |", flush=True)
        tool.stop()


def watched(upstream, groups, seconds):
    """nepho on so many idle log groups: (times of calls, share of a core, resident MB at the start)."""
    logs = client(f"http://127.0.0.1:{upstream}")
    for number in range(groups):
        logs.create_log_group(logGroupName=f"idle-{groups}-{number}")
    record = tempfile.NamedTemporaryFile(suffix=".ndjson", delete=False).name
    command = [NEPHO, "watch", "--log-group", f"idle-{groups}-*", "--record", record, "--endpoint-url", "URL"]
    tool = Tool("nepho watch", upstream, command)
    time.sleep(2)
    memory = tool.memory("VmRSS")
    time.sleep(13)
    begun = tool.cpu()
    time.sleep(seconds)
    cpu = (tool.cpu() - begun) / seconds
    tool.stop()
    return tool.calls, cpu, memory


def most_within_a_second(calls):
    return max(sum(1 for other in calls if 0 <= other - call < 1) for call in calls)


def main():
    with ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as unused:
        upstream = unused.server_port
    moto = subprocess.Popen(
        [sys.executable, str(MOTO), "-H", "127.0.0.1", "-p", str(upstream)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        time.sleep(8)
        chosen = sys.argv[2:] or ["side", "once", "idle", "groups"]
        if "side" in chosen:
            side_by_side(upstream)
        if "once" in chosen:
            once(upstream)
        if "idle" in chosen:
            idle(upstream)
        if "groups" in chosen:
            calls, _, _ = watched(upstream, 500, 60)
            rate = len(calls) / (calls[-1] - calls[0])
            print(f"\n500 log groups: {rate:.1f} calls a second of 10, at most {most_within_a_second(calls)} in any second")
            _, cpu, memory = watched(upstream, 100, 60)
            print(f"100 idle log groups: {cpu:.2%} of a core; {memory:.0f} MB resident before data")
    finally:
        moto.kill()


main()
