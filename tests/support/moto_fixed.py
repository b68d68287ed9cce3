"""moto_server whose X-Ray answers as AWS does where SDKs depend on it: in GetTraceSummaries `Users` is a list, and the
flag of open segments is spelt `IsPartial`."""

from moto.server import main
from moto.xray.models import SegmentCollection

original = SegmentCollection.summary


def summary(self, *arguments, **named):
    result = original(self, *arguments, **named)
    for entry in result["TraceSummaries"]:
        entry["Users"] = []
        entry["IsPartial"] = entry.pop("IsParital", False)
    return result


SegmentCollection.summary = summary
main()
