"""What calamine makes of a workbook, as JSON: `{sheet: [[row number, cells], ...]}`.

Run in a process of its own: calamine aborts on some hostile workbooks, which no `except` can catch.
"""

from __future__ import annotations

import io
import json
import sys

from python_calamine import CalamineWorkbook


def main() -> None:
    workbook = CalamineWorkbook.from_filelike(io.BytesIO(sys.stdin.buffer.read()))
    sheets = {}
    for name in workbook.sheet_names:
        sheet = workbook.get_sheet_by_name(name)
        top, left = sheet.start or (0, 0)
        rows = sheet.to_python(skip_empty_area=True)
        sheets[name] = [[top + number, [""] * left + row] for number, row in enumerate(rows, 1)]
    json.dump(sheets, sys.stdout, default=str)


if __name__ == "__main__":
    main()
