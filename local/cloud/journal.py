"""What was asked of the emulator: every call, and everything that should not have been asked. Never an address."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, Literal, TypeVar

Entry = TypeVar("Entry")


@dataclass(frozen=True, slots=True)
class Call:
    """One request that carried a valid signature."""

    service: Literal["cos", "ses"]
    action: str
    """`CreateReceiverDetail`, `PutObject`, ...: the service's own name of it."""
    at: datetime
    """When it arrived, on the emulator's clock."""
    bucket: str | None = None
    key: str | None = None
    receiver_id: int | None = None
    size: int = 0
    """Addresses in a write to SES; bytes in the body of a request to COS."""
    status: int = 0
    """The HTTP status of the answer; 0 where the connection was closed instead."""
    code: str = ""
    """The service's error code; empty where the call succeeded."""
    fault: str = ""
    """The kinds of the faults that struck it, joined by `+`."""

    def is_called(self, action: str) -> bool:
        """Whether it is this action; `CreateReceiverDetail` stands for both ways to add members."""
        return action in {self.action, self.action.removesuffix("WithData")}


@dataclass(frozen=True, slots=True)
class Problem:
    """Something a correct client does not do, or that this emulator cannot do."""

    kind: Literal["signature", "unimplemented", "protocol", "crash"]
    service: Literal["cos", "ses"]
    message: str


class Journal(Generic[Entry]):
    """A list that several threads may append to."""

    def __init__(self) -> None:
        self._entries: list[Entry] = []
        self._lock = threading.Lock()

    def append(self, entry: Entry) -> None:
        with self._lock:
            self._entries.append(entry)

    def snapshot(self) -> list[Entry]:
        with self._lock:
            return list(self._entries)

    def clear(self) -> None:
        with self._lock:
            self._entries.clear()
