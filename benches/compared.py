"""What nepho is compared with other tools on: the demo at its default, the same bytes each time."""

import json
import subprocess
from pathlib import Path

HOME = Path(__file__).resolve().parent.parent / "target/tmp/compare"
START = "2026-11-20T10:00:00Z"

LNAV_FORMAT = {
    "demo_log": {
        "title": "Recordings of nepho",
        "json": True,
        "file-pattern": r"demo-.*\.ndjson",
        "timestamp-field": "timestamp",
        "timestamp-divisor": 1000,
        "body-field": "message",
        "hide-extra": True,
        "value": {
            "logGroupName": {"kind": "string"},
            "logStreamName": {"kind": "string", "hidden": True},
            "message": {"kind": "string"},
            "ingestionTime": {"kind": "integer", "hidden": True},
            "eventId": {"kind": "string", "hidden": True},
        },
        "line-format": [{"field": "__timestamp__"}, " ", {"field": "message"}],
    }
}


def recording(nepho, megabytes):
    """A recording as large as asked, and its log events alone: lnav crashes on lines of another shape."""
    file = HOME / f"demo-{megabytes}.ndjson"
    logs = HOME / f"demo-{megabytes}-logs.ndjson"
    HOME.mkdir(parents=True, exist_ok=True)
    if not file.exists():
        part = file.with_suffix(".part")
        record = [nepho, "demo", "--record", str(part), "--start", START, "--size", f"{megabytes}M"]
        subprocess.run(record, check=True)
        part.rename(file)
    if not logs.exists():
        with file.open("rb") as lines, logs.open("wb") as out:
            out.writelines(line for line in lines if line.startswith(b'{"logGroupName"'))
    return file, logs


def lnav_formats():
    """The folder from which lnav learns to read them."""
    formats = HOME / "lnav/formats/demo"
    formats.mkdir(parents=True, exist_ok=True)
    (formats / "format.json").write_text(json.dumps(LNAV_FORMAT))
    return HOME / "lnav"
