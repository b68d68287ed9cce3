"""An independent client of the emulators: client.py URL REGION COMMAND, the input as JSON on standard input, the answer as
JSON on standard output. REGION/ACCOUNT is that of another account than the usual one (ministack tells them by the key).

put-logs   {"events": [{"group", "stream", "timestamp", "message"}], "class": of new log groups}
put-traces {"documents": [text]}
put-metrics {"points": [{"name", "function", "timestamp" (s), "values": [number]}]}
put-minutes {"minutes": [{"name", "dimensions": {}, "timestamp" (s), "sum", "count", "min", "max", "unit"}]}
configure  {"functions": [as ListFunctions gives them, with what other calls say of them beside]}; answers the account's limit and when they were modified
create-function {"name", "source", "timeout", "memory", "environment"}
feed       {"name", "source": ARN of a stream or queue}
reserve    {"name", "concurrency"}
assume     {"session"}; answers the keys of a session of the role `oncall`
invoke     {"name", "payload", "times"}
"""

import io
import json
import sys
import zipfile
from datetime import datetime, timezone

import boto3
from botocore.config import Config

URL, PLACE, COMMAND = sys.argv[1:4]
REGION, _, ACCOUNT = PLACE.partition("/")


def client(service):
    return boto3.client(
        service,
        endpoint_url=URL,
        region_name=REGION,
        aws_access_key_id=ACCOUNT or "test",
        aws_secret_access_key="test",
        config=Config(retries={"max_attempts": 2}, read_timeout=60),
    )


def batches(events):
    """At most 10,000 events, 1 MB and 24 hours, as PutLogEvents asks."""
    batch, size = [], 0
    for event in events:
        weight = len(event["message"].encode()) + 26
        long = batch and event["timestamp"] - batch[0]["timestamp"] >= 86_400_000
        if batch and (len(batch) == 10_000 or size + weight > 1_000_000 or long):
            yield batch
            batch, size = [], 0
        batch.append(event)
        size += weight
    if batch:
        yield batch


def put_logs(events, **named):
    kind = {"logGroupClass": named["class"]} if "class" in named else {}
    logs = client("logs")
    streams = {}
    for event in events:
        streams.setdefault((event["group"], event["stream"]), []).append(
            {"timestamp": event["timestamp"], "message": event["message"]}
        )
    rejected = 0
    for (group, stream), lines in streams.items():
        for make in (
            lambda: logs.create_log_group(logGroupName=group, **kind),
            lambda: logs.create_log_stream(logGroupName=group, logStreamName=stream),
        ):
            try:
                make()
            except logs.exceptions.ResourceAlreadyExistsException:
                pass
        lines.sort(key=lambda line: line["timestamp"])
        for batch in batches(lines):
            answer = logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=batch)
            rejected += 1 if answer.get("rejectedLogEventsInfo") else 0
    return {"rejected_batches": rejected}


def put_traces(documents):
    xray = client("xray")
    left = 0
    for start in range(0, len(documents), 25):
        answer = xray.put_trace_segments(TraceSegmentDocuments=documents[start : start + 25])
        left += len(answer.get("UnprocessedTraceSegments", []))
    return {"unprocessed": left}


def put_metrics(points):
    metrics = client("cloudwatch")
    data = [
        {
            "MetricName": point["name"],
            "Dimensions": [{"Name": "FunctionName", "Value": point["function"]}],
            "Timestamp": datetime.fromtimestamp(point["timestamp"], timezone.utc),
            "Values": point["values"],
        }
        for point in points
    ]
    for start in range(0, len(data), 20):
        metrics.put_metric_data(Namespace="AWS/Lambda", MetricData=data[start : start + 20])
    return {}


def put_minutes(minutes):
    data = [
        {
            "MetricName": minute["name"],
            "Dimensions": [{"Name": key, "Value": text} for key, text in minute["dimensions"].items()],
            "Timestamp": datetime.fromtimestamp(minute["timestamp"], timezone.utc),
            "Unit": minute["unit"],
            "StatisticValues": {
                "Sum": minute["sum"],
                "SampleCount": minute["count"],
                "Minimum": minute["min"],
                "Maximum": minute["max"],
            },
        }
        for minute in minutes
    ]
    metrics = client("cloudwatch")
    for start in range(0, len(data), 500):
        metrics.put_metric_data(Namespace="AWS/Lambda", MetricData=data[start : start + 500])
    return {}


def configure(functions):
    account = client("lambda")
    for function in functions:
        name = function["FunctionName"]
        account.create_function(
            FunctionName=name,
            Runtime=function["Runtime"],
            Role="arn:aws:iam::000000000000:role/any",
            Handler="app.handler",
            Code={"ZipFile": archive("def handler(event, context):\n    return 1\n")},
            Timeout=function["Timeout"],
            MemorySize=function["MemorySize"],
            TracingConfig=function["TracingConfig"],
            LoggingConfig=function["LoggingConfig"],
        )
        if "ReservedConcurrentExecutions" in function:
            reserve(name, function["ReservedConcurrentExecutions"])
    listed = account.get_paginator("list_functions").paginate()
    return {
        "limit": account.get_account_settings()["AccountLimit"]["ConcurrentExecutions"],
        "modified": {one["FunctionName"]: one["LastModified"] for page in listed for one in page["Functions"]},
    }


def archive(source):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as files:
        files.writestr("app.py", source)
    return content.getvalue()


def create_function(name, source, timeout=5, memory=128, environment=None):
    client("lambda").create_function(
        FunctionName=name,
        Runtime="python3.12",
        Role="arn:aws:iam::000000000000:role/any",
        Handler="app.handler",
        Code={"ZipFile": archive(source)},
        Timeout=timeout,
        MemorySize=memory,
        Environment={"Variables": environment or {}},
    )
    return {}


def feed(name, source):
    client("lambda").create_event_source_mapping(
        FunctionName=name, EventSourceArn=source, StartingPosition="LATEST"
    )
    return {}


def reserve(name, concurrency):
    client("lambda").put_function_concurrency(
        FunctionName=name, ReservedConcurrentExecutions=concurrency
    )
    return {}


def assume(session):
    role = "arn:aws:iam::123456789012:role/oncall"
    keys = client("sts").assume_role(RoleArn=role, RoleSessionName=session)["Credentials"]
    keys["Expiration"] = keys["Expiration"].isoformat()
    return keys


def invoke(name, payload, times=1):
    functions = client("lambda")
    answers = []
    for _ in range(times):
        answer = functions.invoke(FunctionName=name, Payload=json.dumps(payload).encode())
        answers.append(
            {
                "request_id": answer["ResponseMetadata"]["RequestId"],
                "status": answer["StatusCode"],
                "error": answer.get("FunctionError"),
            }
        )
    return answers


COMMANDS = {
    "put-logs": put_logs,
    "put-traces": put_traces,
    "put-metrics": put_metrics,
    "put-minutes": put_minutes,
    "configure": configure,
    "create-function": create_function,
    "feed": feed,
    "reserve": reserve,
    "assume": assume,
    "invoke": invoke,
}
json.dump(COMMANDS[COMMAND](**json.load(sys.stdin)), sys.stdout)
