"""Every limit of the services and of our own, each with its source or its reason beside it."""

from __future__ import annotations

from typing import Final

# SES, API 2020-10-02. https://www.tencentcloud.com/document/product/1084/49496 (CreateReceiverDetail)
BATCH_SIZE: Final = 20_000
"""Addresses in one CreateReceiverDetail: "up to 20,000 at a time"."""
GROUP_LIMIT: Final = 50_000
"""Addresses in one recipient group: "the recipient group can contain up to 50,000 addresses currently"."""
REQUESTS_PER_SECOND: Final = 20
"""For each API: "A maximum of 20 requests can be initiated per second for this API"."""
PACE: Final = 16
"""Requests a second that are sent to each API. They leave evenly and arrive unevenly: at a pace of 20, answers of some
50 ms put 23 into one second; the service refuses those past 20, and 500 pages take 47 s instead of 31."""
AT_ONCE: Final = 3
"""Requests that need not wait for each other after a pause: the batches of a full group, or a look before and after one
batch. With `PACE` that is 19 in the fullest second."""
TEMPLATE_BYTES: Final = 800
"""UTF-8 of one recipient's `TemplateData`: "the whole JSON structure is limited to 800 bytes"
(https://www.tencentcloud.com/document/product/1084/77221, and the SDK's documentation of `ReceiverInputData`)."""
BODY_BYTES: Final = 9_500_000
"""Of one request: "the request packet may have up to 10 MB" (API 3.0, signature v3), with a margin."""
PAGE_SIZE: Final = 100
"""The largest `Limit` of ListReceivers and ListReceiverDetails (the SDK's own documentation of the field), and of
ListBlackEmailAddress (https://www.tencentcloud.com/document/product/1084/39416)."""
BLOCKED: Final = 500_000
"""Entries of the service's black list that are read: 5,000 pages take five minutes, once a day, and 60 MB."""

# Addresses.
ADDRESS_BYTES: Final = 254
"""RFC 5321 4.5.3.1.3 allows a path of 256 octets with its two angle brackets; RFC 3696 erratum 1690."""
LOCAL_PART_BYTES: Final = 64
"""RFC 5321 4.5.3.1.1."""
LABEL_BYTES: Final = 63
"""RFC 1035 2.3.4."""

# Reading. A function of 128 MB must refuse what does not fit, not die of it.
RECORD_CHARS: Final = 262_144
"""One record of a delimited file. The longest of 4,221 public CSV files is shorter; an endless line is not."""
FIELD_CHARS: Final = 131_072
"""One cell: the limit of Python's own csv module."""
RECORD_CELLS: Final = 4_096
"""Columns of one record."""
SNIFFED_BYTES: Final = 4_096
"""What the format is judged by."""
PIECE_BYTES: Final = 65_536
"""What is decoded and parsed at a time, about a thousand rows; larger pieces are slower, they leave the CPU's cache."""
SAMPLE_CHARS: Final = 65_536
"""What the delimiter and the columns are judged by."""
JUDGED_ROWS: Final = 500
"""Rows of the sample that are looked at."""
CHARSET_SAMPLE: Final = 65_536
"""Bytes the charset is judged by, once one of them is not ASCII."""
ASCII_LOOK_AHEAD: Final = 1_048_576
"""How far to look for a byte that is not ASCII: a list sorted by country has its first accent late."""
ENDLESS_CHARS: Final = 4_194_304
"""A record this long among good ones costs its own row; a longer one is not a list any more: the file is refused."""
MALFORMED_ROWS: Final = 10_000
"""From so many malformed rows on, a file of which they are the greater part is not read to its end."""
MOST_MALFORMED_ROWS: Final = 200_000
"""And from so many on no file is: each costs twenty times what a good one does, and rejected.csv lists half of them."""
SWALLOWED_LINES: Final = 1_000_000
"""Lines that quotes opened in error have swallowed, and that were read again, at 1.2 us each. Such a quote takes up to
RECORD_CHARS, some 5,000 lines: 200 of them in a list of five million rows are no reason to refuse it."""
ROWS: Final = 6_000_000
"""Rows of one file, 120 groups full of them. Two bytes make a row: without this, 157 MB cost half a minute."""
INTERNATIONAL_DOMAINS: Final = GROUP_LIMIT
"""Different ones in a file. Each costs 0.1 ms to judge, a thousand times what an ASCII one costs: a million of them
would take minutes, and no group has room for so many."""
DIFFERENT_ADDRESSES: Final = 2_000_000
"""Of a file, beyond the first 50,000: 40 groups full. So many are told from each other, at 20 bytes each."""
NOES: Final = 300_000
"""People of one file who want no mail. They are known by a hash each, some 20 MB altogether."""
IDLE_ROWS: Final = 1_050_000
"""Rows without a good address, where they are the greater part: more than a worksheet has at all. Each costs several
times as much as a good one."""
EXCERPT_CHARS: Final = 4_096
"""What is kept of a record that cannot be read, for rejected.csv."""

# Unwrapping. What is compressed says little about what comes out of it.
LAYERS: Final = 2
"""Compressed inside compressed: a zip with a `.csv.gz` in it. People export no deeper; a bomb nests."""
INFLATED_BYTES: Final = 1_000_000_000
"""Everything inflated from one file: ROWS of 160 bytes each, and about ten seconds of work to refuse it."""
INFLATE_RATIO: Final = 100
"""Inflated bytes for each compressed one, as in Apache POI (ZipSecureFile): deflate reaches 1,032, a sheet some 20."""
INFLATE_FREE: Final = 32_000_000
"""Below this the ratio does not matter: a million lines of `,,,,,` are no attack."""
GZIP_MEMBERS: Final = 100_000
"""bgzip starts a new member each 64 KB: 1 GB of text has 16,000 of them."""
SCRATCH_BYTES: Final = 34_000_000
"""What unwrapping may put into /tmp, all layers together: what the report's files leave of `TMP_BYTES`."""
SCRATCH_MEMORY: Final = 2_000_000
"""A spool smaller than this stays in memory: most files never touch the disk."""
DIRECTORY_BYTES: Final = 1_000_000
"""A zip's table of contents is read into memory whole, at about 1 KB for each 50 bytes of it."""
ARCHIVE_FILES: Final = 1_000
"""Data files in one zip."""

# Workbooks.
XML_TOKEN_BYTES: Final = 1_000_000
"""expat keeps an unfinished tag or comment in memory. Text is not one token: a long cell arrives in pieces."""
XML_DEPTH: Final = 100
"""expat keeps one record for each open element. The parts read here nest 10 deep."""
XML_NAMES: Final = 5_000
"""expat keeps each different name for good. The whole of SpreadsheetML has about 1,500."""
XML_TAGS: Final = 66_000_000
"""Tags of a whole workbook: a worksheet's 1,048,576 rows with ten cells of text, which have six tags each at most. Each
costs half a microsecond, however well it inflates."""
IDLE_TAGS: Final = 10_000_000
"""Those among them that lead to nothing, beyond what each value is granted: cells that have a style and no value, for
example, a million rows of ten."""
TAGS_OF_A_VALUE: Final = 8
"""`row`, `c`, `is` and `t`, each opened and closed."""
PART_BYTES: Final = 5_000_000
"""The small parts of a workbook: content types, relationships, list of sheets."""
PARTS: Final = 10_000
"""Content types, relationships or sheets listed in one of them."""
SHEETS: Final = 1_000
"""Sheets of one workbook, each of which is opened and looked into."""
SHEET_LINKS: Final = 65_530
"""Excel specifications and limits: hyperlinks in a worksheet."""
SHEET_ROWS: Final = 1_048_576
"""Excel specifications and limits: rows of a worksheet."""

# JSON and vCards.
STEPS: Final = 12_000_000
"""Brackets, commas and texts of JSON, at 0.7 us each; a flat record has two of them. A line of a vCard is
worth CARD_STEPS. 157 MB of `[[[[` or of blank lines took a minute and more."""
CARD_STEPS: Final = 3
"""Four million lines altogether: 400,000 cards, or 300 MB of photographs."""
JSON_DEPTH: Final = 64
"""Values inside values. Python's own decoder gives up at about 1,000, with a RecursionError."""

# Blocks of rows, which is what the stages hand on.
BLOCK_ROWS: Final = 1_000
"""Enough to keep the loops in C, little enough to weigh nothing."""
BLOCK_CHARS: Final = 1_000_000
"""A block of long cells ends earlier: whoever joins a column of it must not need more than this."""
BLOCK_CELLS: Final = 500_000
"""And so does one of a wide table, whose rows may be filled up to its last column: in 4,096 columns, 9,000 short rows
took 380 MB."""
SAMPLE_ROWS: Final = 100
"""The first rows of a table, by which its columns are judged."""

# The report.
# https://www.tencentcloud.com/document/product/583/11637 (SCF, Quota Limits)
TMP_BYTES: Final = 512_000_000
"""What an instance may keep on disk, 512 MB."""
LISTED_TABLES: Final = 100
"""Sheets or members that report.json names; the rows of all of them are read and counted."""
NAMED_IN_WARNINGS: Final = 10
"""Sheets, members or places that one warning names; its number counts all of them."""
LISTED_ROWS: Final = 100_000
"""Rows in rejected.csv and in skipped.csv; the counts are complete all the same."""
LISTED_BYTES: Final = 15_000_000
"""Each of these two in /tmp: 150 bytes for each of their rows."""
PLANNED_BYTES: Final = 10_000_000
"""The planned rows for one group in /tmp, gzipped: 200 bytes for each of 50,000."""
REMAINING_BYTES: Final = 380_000_000
"""remaining.csv in /tmp."""
BLOCK_BYTES: Final = 6_000_000
"""Slack above each of these four limits: the last block of rows is written whole, which is BLOCK_CHARS characters of
four bytes, BLOCK_CELLS delimiters, and what is said of a thousand rows."""
GROUP_BYTES: Final = PLANNED_BYTES + GROUP_LIMIT * (ADDRESS_BYTES + len("6000000,\r\n") + ADDRESS_BYTES + len("\n"))
"""What the rows for one group come to in /tmp, and their addresses, which are there once more."""
SERIES_BYTES: Final = 250_000_000
"""What those for further groups may come to, and data for the template: five million addresses as they usually are.
remaining.csv has so much less room then."""
TMP_AT_ONCE: Final = REMAINING_BYTES + 2 * LISTED_BYTES + GROUP_BYTES + 4 * BLOCK_BYTES + SCRATCH_BYTES
"""All that one import may have on disk at a time; past their bound, the planned rows are lines and addresses."""
SHOWN_ROWS: Final = 20
"""Rejected rows of each reason in report.html. There are eleven reasons: never more than 220 rows."""
SHOWN_CHARS: Final = 80
"""What is kept of a cell or a suggestion for report.html."""
SHOWN_SENTENCE: Final = 200
"""What is kept of a sentence; our own are no longer."""
SHOWN_RECIPIENTS: Final = 3
"""Of those who are sent, with their data for the template."""
SHOWN_DOMAINS: Final = 20
"""Domains with likely typing mistakes in report.html."""
HISTORY_IMPORTS: Final = 50
"""Imports in the history of a group."""
INDEX_IMPORTS: Final = 3
"""Of each group, on the page of all groups."""
INDEX_GROUPS: Final = 100
"""Groups on that page: those with the newest imports."""

# Messages to NOTIFY_URL.
NOTIFY_SECONDS: Final = 5.0
"""One message altogether: whoever is slower is told by the next sweep."""

# COS. https://www.tencentcloud.com/document/product/436/13324 (Object Overview, naming conventions)
KEY_BYTES: Final = 850
"""An object's key: "the encoded length can be up to 850 bytes"."""


LARGEST_SERIES: Final = 40
"""Groups: as many as `DIFFERENT_ADDRESSES` fill. Reading the members of more takes longer than an invocation lasts."""
LARGEST_RECEIVER_ID: Final = 2**63 - 1
"""SES takes a signed 64-bit integer."""
