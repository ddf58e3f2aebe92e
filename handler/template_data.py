"""Which columns of a file become which variables of a mail's template, as its owner or the settings name them.

It stands alone because both are read by it: `x-cos-meta-template-data` of a file, and the setting TEMPLATE_DATA.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from handler.errors import SourceProblem
from handler.said import Said

ALL: Final = "*"
NONE: Final = "none"
"""What a file says that has no data, whatever the setting says."""
_SHOWN_CHARS: Final = 60


@dataclass(frozen=True, slots=True)
class Variables:
    """Variables, each with the heading of the column that has its values."""

    named: tuple[tuple[str, str], ...]
    """As they were named; empty where every column is meant, each under its own heading."""

    @property
    def headings(self) -> tuple[str, ...]:
        """The headings that a file has to have."""
        return tuple(heading for _, heading in self.named)


def read_variables(text: str) -> Variables | None:
    """`name=姓名,city=城市`, or `*` for every column; `None` for `none`. A comma before text without a `=` is part of
    the heading before it.

    Raises `SourceProblem` (`template_data`) for anything else, for a variable that is no name, and for one that is
    named twice.
    """
    text = text.strip()
    if text in {ALL, NONE}:
        return Variables(()) if text == ALL else None
    pairs: list[str] = []
    for part in text.split(","):
        if "=" in part or not pairs:
            pairs.append(part)
        else:
            pairs[-1] += f",{part}"
    named = [(name.strip(), heading.strip()) for name, _, heading in (pair.partition("=") for pair in pairs)]
    if not all(heading for _, heading in named):
        raise SourceProblem("template_data", Said("file.data_form"))
    names = [name for name, _ in named]
    for name in names:
        refuse_no_name(name)
        if names.count(name) > 1:
            raise SourceProblem("template_data", Said("file.data_two", name=name))
    return Variables(tuple(named))


def refuse_no_name(name: str) -> None:
    """Raises `SourceProblem` (`template_data`) for what no template could call a variable.

    The service says no more than that `{{variable}}` stands for one
    (https://www.tencentcloud.com/document/product/1084/39400): letters of any script, digits and `_`, no digit first,
    is what every template understands.
    """
    if not name.isidentifier():
        raise SourceProblem("template_data", Said("file.data_name", name=shown(name)))


def shown(name: str) -> str:
    """A heading or a variable as a message may repeat it: nothing that might be an address."""
    return "…" if "@" in name else name[:_SHOWN_CHARS]
