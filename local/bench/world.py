"""COS and SES for what is measured: the emulator, which runs in this process and is in nobody's figures."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path

from local import sandbox
from local.cloud import Cloud
from local.platform.events import created


class World:
    """A bucket, and a new group for each import."""

    def __init__(self, cloud: Cloud, endpoint: str) -> None:
        self.variables = sandbox.access(cloud, endpoint)
        self._cloud = cloud
        self._numbers = itertools.count(1)

    @classmethod
    @contextmanager
    def open(cls) -> Iterator[World]:
        """Until the `with` ends."""
        cloud = Cloud()
        cloud.objects.create_bucket(sandbox.BUCKET)
        with cloud.serve() as endpoint:
            yield cls(cloud, endpoint)

    def empty(self) -> None:
        """Forgets everything before."""
        for key in self._cloud.objects.keys(sandbox.BUCKET):
            self._cloud.objects.delete(sandbox.BUCKET, key)
        self._cloud.forget()

    def drop(self, file: Path) -> str:
        """Drops a file for a new group into the empty bucket: its event, as JSON."""
        self.empty()
        group = self._cloud.groups.create(f"list {next(self._numbers)}")
        key = f"incoming/{group}/{file.name}"
        self._cloud.objects.put(sandbox.BUCKET, key, file)
        return self.event(key)

    @staticmethod
    def event(key: str) -> str:
        """What COS sends for a key."""
        return json.dumps(created(sandbox.BUCKET, key, datetime.now(timezone.utc), request=1))
