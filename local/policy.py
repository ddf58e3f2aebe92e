"""The permissions of the function's role: what its code calls, on the bucket and prefixes of its settings, and no more.

`python -m local policy` prints the CAM policy for the settings in `.env`. A test runs the function under it, and shows
that no permission can be taken out.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Mapping
from typing import Any, Final
from urllib.parse import quote

from handler.errors import OperatorProblem
from handler.settings import Settings
from local import deployment

COS_ACTIONS: Final = {
    "get_object": "GetObject",
    "put_object": "PutObject",
    "create_multipart_upload": "InitiateMultipartUpload",
    "upload_part": "UploadPart",
    "complete_multipart_upload": "CompleteMultipartUpload",
    "abort_multipart_upload": "AbortMultipartUpload",
    "delete_object": "DeleteObject",
    "list_objects": "GetBucket",
    "get_bucket_versioning": "GetBucketVersioning",
}
"""CAM's names for the calls of `handler/clouds/cos.py`: https://www.tencentcloud.com/document/product/598/57092."""
WRITING: Final = (
    "put_object",
    "create_multipart_upload",
    "upload_part",
    "complete_multipart_upload",
    "abort_multipart_upload",
)
INCOMING: Final = ("get_object",)
REPORTS: Final = ("get_object", *WRITING)
STATE: Final = ("get_object", *WRITING, "delete_object")

SES_ACTIONS: Final = (
    "CreateReceiverDetail",
    "CreateReceiverDetailWithData",
    "ListReceivers",
    "ListReceiverDetails",
)
"""SES knows no permissions for single groups: https://www.tencentcloud.com/document/product/598/57150."""
BLOCKED_ACTIONS: Final = ("ListBlackEmailAddress",)
"""What SKIP_BLOCKED=true needs beside them."""
CREATING_ACTIONS: Final = ("CreateReceiver",)
"""What ON_OVERFLOW=split and CREATE_GROUPS=true need beside them."""

Statement = Mapping[str, Any]


def policy(settings: Settings) -> dict[str, Any]:
    """The CAM policy for these settings. Raises `OperatorProblem` where they name no bucket."""
    if settings.bucket is None:
        raise OperatorProblem("BUCKET is missing: permissions are given to one bucket.")
    region = settings.region_for(None)
    files = _Bucket(settings.bucket, region)
    state = _Bucket(settings.state_bucket or settings.bucket, region)
    return {
        "version": "2.0",
        "statement": [
            files.allow(INCOMING, settings.incoming_prefix),
            files.allow(REPORTS, settings.reports_prefix),
            state.allow(STATE, settings.state_prefix),
            files.allow_listing(settings.incoming_prefix),
            state.allow_listing(settings.state_prefix),
            state.allow(("get_bucket_versioning",), ""),
            _allow((f"ses:{action}" for action in _ses_actions(settings)), "*"),
        ],
    }


def _ses_actions(settings: Settings) -> tuple[str, ...]:
    creates = settings.create_groups or settings.on_overflow == "split"
    blocked = BLOCKED_ACTIONS if settings.skip_blocked else ()
    return (*SES_ACTIONS, *(CREATING_ACTIONS if creates else ()), *blocked)


def show(environ: Mapping[str, str] = os.environ) -> int:
    """Prints the policy for the settings in `.env`; its exit code. Raises `OperatorProblem` where they are wrong."""
    env = deployment.read(environ=environ)
    if wrong := deployment.complaints(env):
        without = None if deployment.ENV.exists() else f"{deployment.NO_ENV}: {deployment.FILL_IN}"
        raise OperatorProblem(without or "\n".join(wrong))
    if deployment.has_sample_bucket(env):
        print(f"warning: {deployment.SAMPLE_BUCKET}", file=sys.stderr)
    print(json.dumps(policy(deployment.settings_of(env)), indent=2))
    return 0


class _Bucket:
    """A bucket in the words of CAM."""

    def __init__(self, name: str, region: str) -> None:
        self._resource = f"qcs::cos:{region}:uid/{name.rpartition('-')[2]}:{name}/"

    def allow(self, calls: Iterable[str], prefix: str) -> Statement:
        return _allow((f"name/cos:{COS_ACTIONS[call]}" for call in calls), f"{self._resource}{prefix}*")

    def allow_listing(self, prefix: str) -> Statement:
        """Only of what begins so. Whether COS compares it as it is, or as it stands in the URL, is written nowhere."""
        patterns = [f"{prefix}*", f"{quote(prefix, safe='')}*"]
        return {**self.allow(("list_objects",), ""), "condition": {"string_like": {"cos:prefix": patterns}}}


def _allow(actions: Iterable[str], resource: str) -> Statement:
    return {"effect": "allow", "action": list(actions), "resource": [resource]}
