"""Sentences with an address in them: a note that lies beside a list, and is none."""

from __future__ import annotations

import re
from typing import Final

from handler.reading.headings import says_whom_to_ask
from handler.reading.wide import at_signs

_WORD: Final = re.compile(r"[^\W\d_]+")
_UNSPACED: Final = re.compile("[\u3040-\u30ff\u3400-\u9fff\u0e00-\u0e7f]")
"""Characters of scripts that leave no spaces between words."""
_PER_WORD: Final = 2
"""Of these a word has so many."""
_MOST_ADDRESSES: Final = 3
_FEWEST_WORDS: Final = 4
"""Words beside each address: a name has fewer."""
_FEWEST_TO_ASK: Final = 2
"""So many are enough where they speak of questions, or who is in charge."""
_ASKING: Final = re.compile("[?!？！。]")
_READ_CHARS: Final = 4_000


def is_prose(text: str) -> bool:
    """Whether a text is sentences, with at most a few addresses to write to."""
    addresses = at_signs(text)
    if not 0 < addresses <= _MOST_ADDRESSES or len(text) > _READ_CHARS:
        return False
    rest = " ".join(word for word in text.split() if not at_signs(word))
    words = len(_WORD.findall(_UNSPACED.sub(" ", rest))) + len(_UNSPACED.findall(text)) // _PER_WORD
    fewest = _FEWEST_TO_ASK if _ASKING.search(rest) or says_whom_to_ask(rest) else _FEWEST_WORDS
    return words >= fewest * addresses
