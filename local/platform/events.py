"""The events that the function is called with, in the shapes that events/README.md gives the sources of."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote

Event = dict[str, Any]


def created(  # noqa: PLR0913 - what an event says
    bucket: str,
    key: str,
    at: datetime,
    request: int | str,
    etag: str = "",
    *,
    how: str = "Put",
    size: int = 1,
    content_type: str = "",
    version_id: str = "",
) -> Event:
    """What COS sends for an object that came into a bucket, whose name ends with the account's id.

    Its shape is that of real events: `request` and `etag` alone tell two drops of one second apart.
    """
    bare, _, appid = bucket.rpartition("-")
    request = f"{request:016x}" if isinstance(request, int) else request
    file = {
        "url": f"http://{bucket}.cos.ap-singapore.myqcloud.com/{quote(key)}",
        "meta": {"x-cos-request-id": request, "Content-Type": content_type, "ETag": etag},
        "vid": version_id,
        "key": f"/{appid}/{bare}/{key}",
        "size": size,
    }
    origin = {"region": "sgp", "name": bare, "appid": appid}
    happening = {
        "eventName": f"cos:ObjectCreated:{how}",
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
