"""The events that the function is called with, in the shapes that events/README.md gives the sources of."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

Event = dict[str, Any]


def created(bucket: str, key: str, at: datetime, request: int, etag: str = "") -> Event:
    """What COS sends for an object that was put into a bucket, whose name ends with the account's id.

    Its shape is that of real events: `request` and `etag` alone tell two drops of one second apart.
    """
    bare, _, appid = bucket.rpartition("-")
    file = {
        "url": f"http://{bucket}.cos.ap-singapore.myqcloud.com/{key}",
        "meta": {"x-cos-request-id": f"{request:016x}", "Content-Type": "", "ETag": etag},
        "vid": "",
        "key": f"/{appid}/{bare}/{key}",
        "size": 1,
    }
    origin = {"region": "sgp", "name": bare, "appid": appid}
    happening = {
        "eventName": "cos:ObjectCreated:Put",
        "eventVersion": "1.0",
        "eventTime": int(at.timestamp()),
        "eventSource": "qcs::cos",
        "requestParameters": {},
        "eventQueue": "",
        "reservedInfo": "",
        "reqid": 0,
    }
    cos = {"cosSchemaVersion": "1.0", "cosObject": file, "cosBucket": origin, "cosNotificationId": "unkown"}
    return {"Records": [{"cos": cos, "event": happening}]}


def merged(events: Sequence[Event]) -> Event:
    """Several events delivered as one."""
    return {"Records": [record for event in events for record in event["Records"]]}


def timer(at: datetime, message: str = "") -> Event:
    """What the timer sends."""
    return {"Type": "Timer", "TriggerName": "sweep", "Time": f"{at:%Y-%m-%dT%H:%M:%SZ}", "Message": message}
