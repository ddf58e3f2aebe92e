"""Tables as consoles and databases print them: what is in them is read, and what only looks like them stays."""

from __future__ import annotations

import pytest

from handler.reading.notation import notation_of, rewritten

PRINTED = {
    "psql": (
        " id |      email      \n----+-----------------\n  1 | ann@example.com \n(1 row)\n",
        "id |      email\n\n1 | ann@example.com\n\n",
    ),
    "psql, unicode": (
        "┌────┬─────────────────┐\n│ id │ email           │\n├────┼─────────────────┤\n│  1 │ ann@example.com │\n"
        "└────┴─────────────────┘\n",
        "\n id | email           \n\n  1 | ann@example.com \n\n",
    ),
    "Markdown": ("| id | email |\n|---|:---|\n| 1 | ann@example.com |\n", " id | email \n\n 1 | ann@example.com \n"),
    "sqlcmd": (
        'id email             note\n-- ----------------- ----\n 1 ann@example.com   a\tb\n 2 bob@example.com   "c\n'
        "3300 cyd@example.com x\n\n(3 rows affected)\n",
        'id\temail\tnote\n\n1\tann@example.com\ta b\n2\tbob@example.com\t"""c"\n3300 cyd@example.com x\n\n\n',
    ),
    "single quotes": (
        "id,'name','email'\n1,'Ames, Ada','ann@example.com'\n2,'O''Brien \"Bob\"','bob@example.com'\n",
        'id,"name","email"\n1,"Ames, Ada","ann@example.com"\n2,"O\'Brien ""Bob""","bob@example.com"\n',
    ),
    "PowerShell": ('#TYPE System.Object\n"email"\n#TYPEd\n', '\n"email"\n#TYPEd\n'),
}


@pytest.mark.parametrize("size", [1, 7, 1_000])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("name", PRINTED)
def test_what_is_printed_is_made_delimited(name: str, end: str, size: int) -> None:
    """Line by line, wherever the pieces end; a line that does not fit into the columns stays as it is."""
    text, wanted = (each.replace("\n", end) for each in PRINTED[name])
    start = PRINTED[name][0] if name != "single quotes" else text.partition("2,")[0]
    rewrite = notation_of(start)
    assert rewrite is not None
    found = "".join(rewritten((text[at : at + size] for at in range(0, len(text), size)), rewrite))
    assert found == wanted


NONE_OF_THEM = {
    "pipes": "id|email\n1|ann@example.com\n",
    "guards": "email,phone\nann@example.com,'+491\nbob@example.com,'+492\n",
    "apostrophes": "name,email\nthe boys',ann@example.com\n'tis,bob@example.com\n",
    "both quotes": "'a',\"b\"\n'c',\"d\"\n",
    "dashes": "email,note\nann@example.com,-\nbob@example.com,--\n",
    "a rule under a title": "Members\n-------\nann@example.com\n",
    "hashes": "#TYPE,email\nx,ann@example.com\n",
}


@pytest.mark.parametrize("name", NONE_OF_THEM)
def test_what_only_looks_like_it_stays(name: str) -> None:
    """Nothing is rewritten without the whole of a form."""
    assert notation_of(NONE_OF_THEM[name]) is None
