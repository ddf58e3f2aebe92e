"""The same list, however it was exported: the same recipients, each with the line it stands on."""

from __future__ import annotations

import pytest

from handler.judging import check
from tests.handler.reading.exports import CJK, Export, exports
from tests.handler.reading.files import found

EXPORTS = list(exports())
RECIPIENTS = [person.email.partition("@")[0] + "@" + person.email.partition("@")[2].lower() for person in CJK]


def test_there_are_many_of_them() -> None:
    """Formats, charsets, dialects and packings: more than forty files, no two alike."""
    assert len({export.name for export in EXPORTS}) == len({export.data for export in EXPORTS}) >= 40


@pytest.mark.parametrize("export", EXPORTS, ids=lambda export: export.name)
@pytest.mark.parametrize("size", [997, 262_144])
def test_every_export_gives_the_same_recipients(export: Export, size: int) -> None:
    """500 people go in; the same 500 recipients come out, in order, each with its physical line, or, in JSON on one
    line, its number; nothing is faulty."""
    (table,) = found(export.data, size)
    checked = check([row[table.email_columns[0]] for row in table.rows])
    assert list(checked.addresses) == RECIPIENTS
    assert table.lines == export.lines
    assert table.faults == {}


def test_a_heading_called_email_beats_an_evener_delimiter() -> None:
    """Several addresses in the only cell must not pass for a second column: nobody would hear of the first one."""
    (table,) = found(b"name,email\nAnn,a@example.com; b@example.com\n")
    assert (table.facts.delimiter, table.columns, table.rows) == (
        ",",
        ("name", "email"),
        [["Ann", "a@example.com; b@example.com"]],
    )
