"""Opens the files of a snapshot with programs that nobody here wrote: renderings.py FOLDER NEPHO.

Needs python3 with venv, npm and chromium; the rest is installed once under target/tmp/programs. The folder is an unpacked
snapshot, as `cargo test --test renderings` leaves it in target/tmp/renderings/snapshot; NEPHO is the program, which sends it.
"""

import base64
import json
import os
import shutil
import subprocess
import sys
import urllib.request
from pathlib import Path

import receivers

PYTHON = [
    "opentelemetry-proto==1.45.2",
    "rotel==0.0.1a15",
    "splunk-hec-handler==1.2.0",
    "duckdb==2.0.0",
    "playwright==1.65.2",
]
NODE = ["axe-core@4.14.1", "speedscope@1.25.0"]

folder, nepho = [Path(path).resolve() for path in sys.argv[1:]]
home = folder.parents[1] / "programs"


def install():
    """Makes the virtual environment and the node packages, and goes on in the former."""
    for program in ["npm", "chromium"]:
        if shutil.which(program) is None:
            sys.exit(f"renderings: {program} is missing · apt-get install npm chromium")
    stamp, wanted = home / "installed.txt", "\n".join(PYTHON + NODE)
    if not stamp.exists() or stamp.read_text() != wanted:
        shutil.rmtree(home, ignore_errors=True)
        subprocess.run([sys.executable, "-m", "venv", home], check=True)
        subprocess.run([home / "bin/pip", "install", "--quiet", *PYTHON], check=True)
        subprocess.run(["npm", "install", "--silent", "--no-audit", "--prefix", home, *NODE], check=True)
        stamp.write_text(wanted)
    if Path(sys.prefix) != home:
        os.execv(home / "bin/python3", [home / "bin/python3", *sys.argv])


def lines(name):
    with open(folder / name, encoding="utf-8") as file:
        yield from file


def proto():
    """Every line is a whole request, its ids as long as they must be. The requests, and how many records are in them."""
    from google.protobuf import json_format
    from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

    def ids(value):
        """protobuf's own JSON has bytes as base64 where OTLP has ids as hex."""
        if isinstance(value, dict):
            for key, inner in value.items():
                if key in ("traceId", "spanId", "parentSpanId"):
                    raw = bytes.fromhex(inner)
                    assert len(raw) in (0, 16 if key == "traceId" else 8) and (not raw or any(raw)), (key, inner)
                    value[key] = base64.b64encode(raw).decode()
                else:
                    ids(inner)
        elif isinstance(value, list):
            for inner in value:
                ids(inner)
        return value

    counts, requests = {}, []
    for name, request in [("traces", ExportTraceServiceRequest), ("logs", ExportLogsServiceRequest)]:
        counts[name] = 0
        for line in lines(f"{name}.otlp.jsonl"):
            assert len(line) <= 1_000_000, f"{name}: a line of {len(line)} characters"
            parsed = json_format.ParseDict(ids(json.loads(line)), request())
            requests.append(parsed)
            if name == "traces":
                found = [scope.spans for of in parsed.resource_spans for scope in of.scope_spans]
                assert all(span.end_time_unix_nano >= span.start_time_unix_nano for spans in found for span in spans)
            else:
                found = [scope.log_records for of in parsed.resource_logs for scope in of.scope_logs]
            counts[name] += sum(map(len, found))
    return requests, counts


def rotel():
    """A receiver of OTLP takes every line of the files."""
    sent = 0
    with receivers.agent("--exporter", "blackhole") as url:
        for name in ["traces", "logs"]:
            for line in lines(f"{name}.otlp.jsonl"):
                request = urllib.request.Request(
                    f"{url}/v1/{name}", line.encode(), {"Content-Type": "application/json"}
                )
                with urllib.request.urlopen(request) as answer:
                    assert answer.status == 200, answer.status
                sent += 1
    return sent


def duckdb(spans, logs):
    """Counts by SQL over each file are those of the report."""
    import duckdb as sql

    report = json.loads((folder / "report.json").read_text())
    manifest = json.loads((folder / "manifest.json").read_text())
    totals = report["totals"]

    def one(query):
        return sql.sql(query).fetchall()[0][0]

    json_lines = "format='newline_delimited', maximum_object_size=16000000"
    csv = f"'{folder}/invocations.csv'"
    traces = f"read_json('{folder}/traces.otlp.jsonl', {json_lines})"
    flat = f"""(select unnest(scope.spans) as span from (select unnest(of.scopeSpans) as scope from
              (select unnest(resourceSpans) as of from {traces})))"""
    is_run = "len(list_filter(span.attributes, lambda a: a.key = 'faas.invocation_id')) = 1"
    logs_flat = f"""(select unnest(scope.logRecords) as log from (select unnest(of.scopeLogs) as scope from
              (select unnest(resourceLogs) as of from read_json('{folder}/logs.otlp.jsonl', {json_lines}))))"""
    records = f"read_json('{folder}/records.ndjson.zst', {json_lines}, union_by_name=true, ignore_errors=true)"
    rows = {file["name"]: file["rows"] for file in manifest["files"]}
    checks = {
        "invocations.csv": (one(f"select count(*) from {csv}"), totals["invocations"]),
        "errors in it": (
            one(f"select count(*) from {csv} where status in ('error', 'timeout', 'out_of_memory')"),
            totals["errors"],
        ),
        "duration in it": (
            one(f"select round(sum(billed_ms)) from {csv}"),
            round(sum(row["billed_ms"] or 0 for row in report["functions"])),
        ),
        "findings.csv": (one(f"select count(*) from '{folder}/findings.csv'"), len(report["findings"])),
        "formulas": (
            one(f"select count(*) from read_csv('{folder}/findings.csv', all_varchar=true) where claim[1] in ('=', '+', '-', '@')"),
            0,
        ),
        "spans": (one(f"select count(*) from {flat}"), spans),
        "runs in them": (one(f"select count(*) from {flat} where {is_run}"), totals["invocations"]),
        "log records": (one(f"select count(*) from {logs_flat}"), logs),
        "log lines": (one(f"select count(*) from {records} where logGroupName is not null"), logs),
        "rows of traces": (rows["traces.otlp.jsonl"], spans),
        "rows of logs": (rows["logs.otlp.jsonl"], logs),
    }
    for what, (found, expected) in checks.items():
        assert found == expected, f"{what}: {found}, the report has {expected}"
    return len(checks)


def browser():
    """The page asks for nothing, says nothing on the console and passes axe, light and dark; speedscope shows the runs."""
    from playwright.sync_api import sync_playwright

    def heard(page):
        said = []
        page.on("console", lambda message: said.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("dialog", lambda dialog: (said.append(dialog.message), dialog.dismiss()))
        page.on("request", lambda request: said.append(request.url))
        return said

    axe = (home / "node_modules/axe-core/axe.min.js").read_text()
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page_url = (folder / "report.html").as_uri()
        for scheme in ["light", "dark"]:
            page = chromium.new_page(color_scheme=scheme, viewport={"width": 1200, "height": 900})
            said = heard(page)
            page.goto(page_url)
            assert said == [page_url], said
            head = page.locator("table button").first
            head.press("Enter")
            assert page.locator("th[aria-sort=ascending]").count() == 1, "a table sorts by the keyboard"
            page.screenshot(path=folder.parent / f"report-{scheme}.png", full_page=True)
            assert said == [page_url], said
            # The page's own policy lets no foreign script in: axe comes by the debugger, as it would in a browser's tools.
            page.evaluate(axe)
            found = page.evaluate("() => axe.run()")["violations"]
            assert not found, json.dumps([(rule["id"], rule["nodes"][0]["html"]) for rule in found], indent=1)
            page.close()
        still = chromium.new_page(java_script_enabled=False)
        still.goto(page_url)
        assert still.locator("table").count() > 0 and still.locator("table button").count() == 0
        still.close()

        events = json.loads((folder / "trace-events.json").read_text())["traceEvents"]
        runs = sum(event["ph"] == "X" and event["cat"] == "run" for event in events)
        report = json.loads((folder / "report.json").read_text())
        assert runs == report["totals"]["invocations"], runs
        loader = home / "load.js"
        coded = base64.b64encode((folder / "trace-events.json").read_bytes()).decode()
        loader.write_text(f"speedscope.loadFileFromBase64('trace-events.json', '{coded}')")
        page = chromium.new_page()
        said = heard(page)
        scope = home / "node_modules/speedscope/dist/release/index.html"
        page.goto(f"{scope.as_uri()}#localProfilePath={loader}")
        page.wait_for_function("() => document.title.startsWith('trace-events')", timeout=60_000)
        wrong = [line for line in said if "rror" in line]
        assert not wrong, wrong
        page.screenshot(path=folder.parent / "speedscope.png")
        title = page.title()
        chromium.close()
    return title


def bodies(requests):
    """The text of every log record."""
    for request in requests:
        for of in getattr(request, "resource_logs", []):
            for scope in of.scope_logs:
                yield from (record.body.string_value for record in scope.log_records)


if __name__ == "__main__":
    install()
    requests, counted = proto()
    print(f"opentelemetry-proto reads {counted['traces']} spans and {counted['logs']} log records", flush=True)
    print(f"rotel takes {rotel()} requests", flush=True)
    spans, logs = receivers.through_rotel(nepho, folder, requests)
    print(f"rotel hands on what export sends: {spans} spans and {logs} log records, each as in the files", flush=True)
    events, same = receivers.splunk(nepho, folder, counted["traces"], bodies(requests))
    print(f"a strict collector takes {events} events; splunk-hec-handler sends the same for {same} of them", flush=True)
    print(f"duckdb agrees on {duckdb(counted['traces'], counted['logs'])} counts", flush=True)
    print(f"chromium: report.html is clean, speedscope shows {browser()}", flush=True)
