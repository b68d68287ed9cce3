"""Receivers that take what `nepho export` sends: rotel for OTLP, and for Splunk a collector that is as strict as its documentation.

Each of these runs the program itself on an unpacked snapshot and compares what arrived with the snapshot's own files.
"""

import gzip
import http.server
import json
import logging
import os
import re
import socket
import subprocess
import threading
import time
from collections import Counter
from contextlib import contextmanager
from pathlib import Path

TOKEN = "EA33046C-6FEC-4DC0-AC66-4326E58B54C3"


@contextmanager
def server(answer):
    """An HTTP server on a port of its own: `answer(path, headers, body)` gives status and JSON or bytes. Yields its port."""

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            body = self.rfile.read(int(self.headers["content-length"]))
            if self.headers.get("content-encoding") == "gzip":
                body = gzip.decompress(body)
            status, said = answer(self.path, self.headers, body)
            kind = "application/x-protobuf" if isinstance(said, bytes) else "application/json"
            said = said if isinstance(said, bytes) else json.dumps(said).encode()
            self.send_response(status)
            self.send_header("content-type", kind)
            self.send_header("content-length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *_):
            pass

    listening = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=listening.serve_forever, daemon=True).start()
    try:
        yield listening.server_port
    finally:
        listening.shutdown()
        listening.server_close()


@contextmanager
def agent(*exporter):
    """rotel, with an exporter. Yields the address of its receiver."""
    import rotel as package

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    program = Path(package.__file__).parent / "rotel-agent"
    endpoints = ["--otlp-http-endpoint", f"127.0.0.1:{port}", "--otlp-grpc-endpoint", "127.0.0.1:0"]
    running = subprocess.Popen(
        [program, "start", *endpoints, *exporter], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        for _ in range(100):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            assert running.poll() is None, "rotel does not start"
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
    finally:
        running.kill()
        running.wait()


def export(nepho, folder, kind, url):
    """Runs the program; what it says of what became of the records."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("OTEL_")}
    ended = subprocess.run(
        [nepho, "export", folder, "--to", kind, url],
        env={**clean, "SPLUNK_HEC_TOKEN": TOKEN},
        capture_output=True,
        text=True,
    )
    # 1 says that the receiver takes no empty line, which Splunk does not.
    assert ended.returncode in (0, 1), ended.stderr
    return ended.stdout


def told(said, what):
    """How many of them were taken, by the program's own words."""
    return int(re.search(rf"([\d,]+) {what} taken", said)[1].replace(",", ""))


def through_rotel(nepho, folder, in_files):
    """What rotel hands on of what `nepho export` sends is what the OTLP files hold: ids, names, times, attributes, bodies."""
    from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

    came, lock = Counter(), threading.Lock()

    def answer(path, _, body):
        request = (ExportTraceServiceRequest if path == "/v1/traces" else ExportLogsServiceRequest)()
        request.ParseFromString(body)
        with lock:
            came.update(records(request))
        return 200, b""

    kept = Counter()
    for request in in_files:
        kept.update(records(request))
    with server(answer) as port:
        to = ["--exporter", "otlp", "--otlp-exporter-endpoint", f"http://127.0.0.1:{port}"]
        to += ["--otlp-exporter-protocol", "http", "--batch-timeout", "50ms"]
        with agent(*to) as url:
            said = export(nepho, folder, "otlp", url)
            for _ in range(300):
                if came.total() >= kept.total():
                    break
                time.sleep(0.1)
            # What is sent twice would come now.
            time.sleep(0.5)
    assert came == kept, f"{came.total()} came, {kept.total()} are in the files"
    spans, logs = told(said, "spans"), told(said, "log lines")
    assert spans + logs == kept.total(), said
    return spans, logs


def records(request):
    """Every span or log record of a request as bytes, with the resource that it is of."""
    groups = getattr(request, "resource_spans", None) or getattr(request, "resource_logs", [])
    for of in groups:
        place = of.resource.SerializeToString(deterministic=True)
        for scope in getattr(of, "scope_spans", None) or of.scope_logs:
            for one in getattr(scope, "spans", None) or scope.log_records:
                yield place + one.SerializeToString(deterministic=True)


class Collector:
    """Splunk's collector with a token that asks for acknowledgement, by its documentation: what is not right is refused."""

    MEMBERS = {"time", "host", "source", "sourcetype", "index", "event", "fields"}

    def __init__(self, acknowledges=True):
        self.events, self.requests, self.lock, self.acknowledges = [], [], threading.Lock(), acknowledges

    def answer(self, path, headers, body):
        with self.lock:
            self.requests.append((path, headers.get("authorization")))
            if headers.get("authorization") != f"Splunk {TOKEN}":
                return 403, {"text": "Invalid token", "code": 4}
            channel = headers.get("x-splunk-request-channel", "")
            if self.acknowledges and not re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", channel.lower()):
                return 400, {"text": "Data channel is missing", "code": 10}
            if path == "/services/collector/ack":
                return 200, {"acks": {str(number): True for number in json.loads(body)["acks"]}}
            if path != "/services/collector/event":
                return 404, {"text": "Not found", "code": 404}
            try:
                events = list(self.parse(body.decode("utf-8")))
            except (ValueError, AssertionError) as why:
                return 400, {"text": f"Invalid data format: {why}", "code": 6}
            self.events += events
            number = {"ackId": len(self.requests)} if self.acknowledges else {}
            return 200, {"text": "Success", "code": 0, **number}

    def heads(self):
        """Where events were posted, and with which credentials."""
        return {head for head in self.requests if not head[0].endswith("/ack")}

    def parse(self, text):
        """Objects one after another, no list around them."""
        decoder, at = json.JSONDecoder(), 0
        assert len(text) < 1_000_000, "too large"
        while at < len(text):
            event, at = decoder.raw_decode(text, at)
            while at < len(text) and text[at].isspace():
                at += 1
            assert isinstance(event, dict) and event.keys() <= self.MEMBERS, "unknown members"
            assert isinstance(event["event"], (str, dict)) and event["event"], "blank event"
            assert isinstance(event["time"], float) and round(event["time"], 3) == event["time"], "time"
            assert all(isinstance(event.get(name, ""), str) for name in ["host", "source", "sourcetype", "index"])
            flat = event.get("fields", {}).values()
            assert all(isinstance(value, str) for value in flat), "fields are not flat"
            yield event


def splunk(nepho, folder, spans, bodies):
    """A strict collector takes every event, and the client that others use sends the same for the same events."""
    collector = Collector()
    with server(collector.answer) as port:
        said = export(nepho, folder, "splunk-hec", f"http://127.0.0.1:{port}")
    sent = [event for event in collector.events if event["sourcetype"] == "nepho:span"]
    lines = [event for event in collector.events if event["sourcetype"] != "nepho:span"]
    assert (told(said, "spans"), told(said, "log lines")) == (len(sent), len(lines)), said
    assert len(sent) == spans and len({event["fields"]["event_id"] for event in sent}) == spans
    wanted = Counter(body for body in bodies if body.strip())
    assert Counter(event["event"] for event in lines) == wanted, "every line that is not empty"
    same = by_another_client(collector, [*sent[:: len(sent) // 150], *lines[:: len(lines) // 150]])
    return len(sent) + len(lines), same


def by_another_client(collector, events):
    """Hands events to splunk-hec-handler. Compared: method and path, the header of the token, and every member of each event.

    Not comparable: that client posts each event alone, uncompressed, with no content type and no channel (so it knows no
    acknowledgement), and has no event that is a text: a line becomes {"message": line}.
    """
    from splunk_hec_handler import SplunkHecHandler

    other = Collector(acknowledges=False)
    with server(other.answer) as port:
        for event in events:
            handler = SplunkHecHandler(
                "127.0.0.1",
                TOKEN,
                port=port,
                proto="http",
                ssl_verify=False,
                hostname=event["host"] if "host" in event else "",
                source=event.get("source"),
                sourcetype=event["sourcetype"],
                empty_body=True,
            )
            body = event["event"] if isinstance(event["event"], dict) else {"message": event["event"]}
            fields = {**event["fields"], "time": event["time"]}
            message = {**json.loads(json.dumps(body)), "fields": fields}
            handler.emit(logging.LogRecord("proof", logging.INFO, "", 0, message, None, None))
    assert len(other.events) == len(events), f"{len(other.events)} of {len(events)}"
    for mine, theirs in zip(events, other.events):
        if isinstance(mine["event"], str):
            theirs["event"] = theirs["event"]["message"]
        if "host" not in mine:
            assert theirs.pop("host") == ""
        assert mine == theirs, f"{mine}\n{theirs}"
    assert collector.heads() == other.heads(), (collector.heads(), other.heads())
    return len(events)
