"""What people and programs write where there is nothing to write. Whoever finds columns needs it, and whoever judges
addresses or data for the template."""

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


ERROR_VALUES: Final = frozenset(
    "#NULL! #DIV/0! #VALUE! #REF! #NAME? #NUM! #N/A #GETTING_DATA #SPILL! #CALC! #FIELD! #BLOCKED! #CONNECT! #UNKNOWN!"
    " #EXTERNAL! #BUSY! #PYTHON!"
    # In CSV files of an Excel in German, French, Spanish, Portuguese and Russian.
    " #NV #WERT! #BEZUG! #ZAHL! #N/D #VALEUR! #NOM? #NOMBRE! #¡VALOR! #¡REF! #¿NOMBRE? #¡NUM! #¡DIV/0! #VALOR! #NOME?"
    " #NÚM! #Н/Д #ЗНАЧ! #ССЫЛКА! #ИМЯ? #ЧИСЛО! #ДЕЛ/0!".split()
)
"""What a spreadsheet shows, and writes into a CSV, in place of a value that it could not calculate
(https://support.microsoft.com/office/error-type-function-10958677-7c8d-44f7-ae77-b9a9ee6eefaa). A workbook has the
English ones, whatever the language."""
