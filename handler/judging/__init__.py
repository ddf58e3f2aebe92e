"""One column of cells in; the address to send, or why there is none, out.

cells.py        a cell -> the addresses in it, bare: without names, brackets, `mailto:`
syntax.py       a bare address -> the form to send, or the code that says what is wrong with it
columns.py      a whole column at once, as fast as the pattern goes: only what it does not take is looked at singly
explaining.py   a rejection -> a sentence for the owner of the list, and a suggestion
suggestions.py  what was probably meant
typos.py        a domain -> the well-known one that was probably meant
"""

from __future__ import annotations

from handler.judging.columns import check, keys, preferred
from handler.judging.explaining import explain
from handler.judging.typos import likely_typo

__all__ = ["check", "explain", "keys", "likely_typo", "preferred"]
