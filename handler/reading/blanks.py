"""What people and programs write where there is nothing to write. Whoever finds columns needs it, and whoever judges
addresses."""

from __future__ import annotations

from typing import Final

_BLANKS: Final = frozenset(
    "null none nil nan n/a na n.a. n.a #n/a #value! #ref! - -- --- – — / (null) (none) <null> [null] \\n 无 無 暂无"
    " 暫無 没有 沒有 未填 未填写 空 なし 無し ない 없음 нет keine kein ninguno ninguna nenhum nenhuma aucun aucune brak"
    " nessuno geen".split()
)


def is_blank(cell: str) -> bool:
    """Whether a cell says nothing, be it in words."""
    bare = cell.strip()
    return not bare or bare.lower() in _BLANKS
