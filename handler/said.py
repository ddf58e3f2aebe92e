"""A sentence as data: what is said of a file or of a row, by a code and the fields that fill it.

Whoever refuses says what is the matter with a `Said`; `handler.reporting.languages` has its words, in each language.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, Union

from handler import limits

Value = Union[int, float, str, tuple[str, ...], "Said"]
"""Texts stand in the sentence as they are; how numbers are written is up to the language."""


@dataclass(frozen=True, slots=True, init=False)
class Said:
    """`Said("file.rows", number=6_000_000)`. Raises `ValueError` for a sentence that nobody has words for."""

    code: str
    fields: Mapping[str, Value] = field(repr=False)

    def __init__(self, code: str, /, **fields: Value) -> None:
        object.__setattr__(self, "code", code)
        object.__setattr__(self, "fields", fields)
        self.__post_init__()

    def __post_init__(self) -> None:  # all that pydantic calls of the two
        if self.code not in FIELDS or FIELDS[self.code] != self.fields.keys():
            raise ValueError(f"{self.code} with {', '.join(self.fields) or 'no fields'} is no sentence")


def together(all_said: Iterable[Said]) -> tuple[Said, ...]:
    """One sentence of each kind: their numbers added up, the first ones of what they name."""
    kinds: dict[str, dict[str, Value]] = {}
    for said in all_said:
        fields = kinds.setdefault(said.code, {})
        for name, value in said.fields.items():
            before = fields.get(name)
            if isinstance(value, tuple):
                fields[name] = tuple(dict.fromkeys([*before, *value] if isinstance(before, tuple) else value))[
                    : limits.NAMED_IN_WARNINGS
                ]
            else:
                fields[name] = before + value if isinstance(before, int) and isinstance(value, int) else value
    return tuple(Said(code, **fields) for code, fields in kinds.items())


_CODES: Final = {
    "": (
        # What is wrong with an address, or with a row that cannot be read.
        "row.elsewhere row.syntax row.missing_at row.domain row.quote row.two_at",
        "row.open_quote row.bytes row.no_json row.record_broken row.card_broken row.no_result",
        # What became of a good address.
        "row.over_capacity row.not_attempted row.would_be_sent row.unconfirmed row.in_group",
        "row.no_elsewhere row.no_listed row.blocked row.in_group_differs row.in_group_keeps",
        # Why a file is refused.
        "file.removed file.unreachable file.archived file.own_key file.checksum",
        "file.no_addresses file.open_document file.numbers file.binary file.no_rows file.headings",
        "file.delimiter_absent file.delimiter_none file.no_column file.blank file.broken file.quotes",
        "file.record_open file.brackets file.steps",
        "file.no_sheets file.no_results file.cells file.workbook_damaged file.workbook_odd",
        "file.unpacked file.room file.layers file.gzip_cut file.gzip_damaged file.zip_empty file.zip_many",
        "file.no_consent file.several_lists file.only_none file.two_groups file.data_form file.data_none",
        # What stands in such sentences.
        "what.pdf what.xls what.parquet what.image what.media what.rtf what.seven_zip what.rar what.bzip what.xz",
        "what.lzma what.compress what.tar what.access what.outlook what.ldif what.apple_double",
        "what.zstandard what.sqlite what.program what.markup what.mail what.xlsb what.word what.presentation",
        "what.not_accepted what.no_room what.too_many what.gone what.no_emails what.no_receiver",
        "what.no_effect what.unknown what.too_many_groups what.bad_name what.name_taken",
        "what.zip what.that what.no_reason what.no_variables",
        "row.data_shifted what.data_error what.data_names what.data_long what.data_markup what.email_invalid",
    ),
    "number": (
        # What is told of a file beside what became of its rows: all of these have a number.
        "warning.repeats warning.group_changed warning.consent_sent warning.hidden_rows",
        "warning.blocked warning.data_errors",
        "file.unconfirmed",
        "row.too_wide row.long row.wide_value row.long_cell row.record_long row.record_deep row.ends_early",
        "file.rows file.domains file.idle file.wide file.long_line file.record_long file.record_deep file.has_number",
        "file.long_rows file.noes file.sheets file.ratio file.gzip_parts file.zip_files",
    ),
    "characters number": ("row.record_wide",),
    "cell characters": ("row.endless",),
    "characters": ("row.too_long_local row.non_ascii",),
    "bytes": ("row.too_long row.too_long_domain",),
    "sign": ("row.other_at",),
    "why": ("row.syntax_why row.domain_why row.marked",),
    "line": ("row.duplicate",),
    "line table": ("row.duplicate_in",),
    "sentence": ("row.other_data",),
    "sentence table": ("row.in_table",),
    "seconds times": ("file.slow",),
    "filled percent rejected": ("file.too_many_invalid",),
    "filled rejected": ("file.data_rejected",),
    "rejected": ("file.invalid_rows",),
    "excess fit limit new": ("file.over_capacity file.over_continuation",),
    "excess fit groups new": ("file.over_series",),
    "name there": ("file.near_name",),
    "id": ("file.not_found",),
    "folder header id": ("file.no_group",),
    "header": ("file.no_number",),
    "folder header": ("file.no_name",),
    "headers": ("file.told",),
    "charset": ("file.garbled",),
    "charsets": ("file.charset",),
    "columns": ("file.has_columns file.no_column_of file.ambiguous file.elsewhere",),
    "column value": ("row.no_consent row.not_only",),
    "columns what": ("file.only",),
    "there what": ("file.no_such_column",),
    "what": ("file.known file.packed file.office file.rare_zip file.member_damaged",),
    "number places": ("warning.addresses_elsewhere",),
    "columns number": ("warning.several_columns warning.consent_unclear",),
    "names number": ("warning.members_left_out warning.continuation_found",),
    "name": (
        "file.password file.rare_packing file.named_no what.member file.no_such_name file.data_name file.data_two"
        " file.data_twice",
    ),
    "name sentence": ("file.member",),
    "code what": ("file.service",),
    "columns there": ("file.data_missing",),
    "ours theirs": ("file.data_group",),
    "column": ("row.data_markup row.data_broken row.data_formula row.data_nested",),
    "bytes limit": ("row.data_long",),
}
FIELDS: Final[Mapping[str, frozenset[str]]] = {
    code: frozenset(names.split()) for names, lines in _CODES.items() for line in lines for code in line.split()
}
"""Every sentence there is, with the names of its fields. Each language has words for all of them."""
