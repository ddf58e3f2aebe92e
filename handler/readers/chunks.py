"""Bytes that arrive in chunks of any size: a look ahead, and pieces of one size."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain


def look_ahead(chunks: Iterable[bytes], size: int) -> tuple[bytes, Iterator[bytes]]:
    """The first `size` bytes or a little more (all there are, where they are fewer), and the whole stream anew."""
    stream = iter(chunks)
    seen: list[bytes] = []
    held = 0
    for chunk in stream:
        seen.append(chunk)
        held += len(chunk)
        if held >= size:
            break
    head = b"".join(seen)
    return head, chain((head,), stream)


def pieces(chunks: Iterable[bytes], size: int) -> Iterator[bytes]:
    """The same bytes in pieces of exactly `size`, the last one excepted: what is read never depends on the network."""
    held = bytearray()
    for chunk in chunks:
        for start in range(0, len(chunk), size):
            held += chunk[start : start + size]
            if len(held) >= size:
                yield bytes(held[:size])
                del held[:size]
    if held:
        yield bytes(held)
