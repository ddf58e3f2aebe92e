"""English."""

from __future__ import annotations

from typing import Final

TIME: Final = "%d %b %Y, %H:%M"
GROUPING: Final = ","
POINT: Final = "."

TEXTS: Final = {
    # The page.
    "title": "Import report",
    "status.imported": "Imported",
    "status.uploading": "Under way",
    "status.partial": "Imported in part",
    "status.refused": "Refused",
    "status.interrupted": "Interrupted",
    "status.dry_run": "Trial run",
    # The verdict.
    "verdict.imported": "One address was added to {group}.|{n} addresses were added to {group}.",
    "verdict.imported_none_new": "Nothing new: {group} has all these addresses already.",
    "verdict.imported_none": "No address could be added to {group}.",
    "verdict.uploading": "One address was handed over, and the service is still adding it to {group}."
    "|{n} addresses were handed over, and the service is still adding them to {group}.",
    "verdict.partial": "One address was added to {group}; the service refused the rest."
    "|{n} addresses were added to {group}; the service refused the rest.",
    "verdict.interrupted": "Not done yet: the import goes on by itself.",
    "verdict.dry_run": "A trial: one address would be added to {group}; nothing was sent."
    "|A trial: {n} addresses would be added to {group}; nothing was sent.",
    "refused.over_capacity": "Nothing was sent: the file has {new} new addresses, and {group} has room for {fit}.",
    "refused.group_not_found": "Nothing was sent: there is no {group}.",
    "refused.no_group": "Nothing was sent: nothing says which group the file is for.",
    "refused.no_email_column": "Nothing was sent: no column with email addresses was found in the file.",
    "refused.ambiguous_column": "Nothing was sent: several columns hold addresses, and nothing says which of "
    "them are meant.",
    "refused.too_many_invalid": "Nothing was sent: {rejected} of {filled} rows hold no good address.",
    "refused.invalid_rows": "Nothing was sent: one row holds no good address."
    "|Nothing was sent: {n} rows hold no good address.",
    "refused.no_consent": "Nothing was sent: the file lists nobody but people who want no mail, or whose mail bounces.",
    "refused.template_data": "Nothing was sent: the columns for the mail’s template are not as they have to be.",
    "refused.empty_file": "Nothing was sent: the file has no rows with an address.",
    "refused.unreadable": "Nothing was sent: the file cannot be read.",
    "refused.unsupported_format": "Nothing was sent: files of this kind cannot be read.",
    "refused.too_large": "Nothing was sent: the file is too large.",
    "refused.damaged": "Nothing was sent: the file is damaged.",
    "refused.service": "Nothing was sent: the service refused it ({code}).",
    "aside.clean": "Every row of the file was good.",
    "aside.rejected": "One row was left out because it holds no good address."
    "|{n} rows were left out because they hold no good address.",
    "aside.rejected_data": "One row was left out because it holds no good address, or data that the service does "
    "not take.|{n} rows were left out because they hold no good address, or data that the service does not take.",
    "aside.no_consent": "One row was left out because its person wants no mail."
    "|{n} rows were left out because their people want no mail.",
    "aside.over_capacity": "For one address there was no room.|For {n} addresses there was no room.",
    "group": "group {id}",
    "group_named": "group {id} “{name}”",
    "group_called": "group “{name}”",
    "group_series": "the series “{name}” ({n} groups)",
    "group_none": "the group",
    "group_yours": "your group",
    # What to do next.
    "next": "What to do next",
    "next.nothing": "Nothing. Everything that could be done is done.",
    "next.wait": "Nothing. This report is written anew once there is news: open it again in a few minutes.",
    "next.fix_rejected": "Correct the one row in {file} and drop that file into {folder}. Only good new addresses are "
    "added."
    "|Correct the {n} rows in {file} and drop that file into {folder}. Only good new addresses are added.",
    "next.look_rejected": "See which row was rejected in {file}.|See which {n} rows were rejected in {file}.",
    "next.no_consent": "See who wants no mail in {file}. Where that is wrong, drop the file again with the "
    "metadata {example}.",
    "next.other_group": "Drop {file} into another group’s folder, {folder}: it holds the one address for which there "
    "was no room."
    "|Drop {file} into another group’s folder, {folder}: it holds the {n} addresses for which there was no room.",
    "next.split": "Split {file}, which lists all new addresses: the first {fit} fit into this group, the rest belongs "
    "in another group’s folder, {folder}.",
    "next.full": "Drop {file}, which lists all new addresses, into another group’s folder, {folder}: this group is "
    "full.",
    "next.overflow": "Or have the function’s setting ON_OVERFLOW changed to split: then the list goes on in further "
    "groups.",
    "next.again": "Once the reason is dealt with, drop {file} into {folder}: it holds the one address that was not "
    "sent."
    "|Once the reason is dealt with, drop {file} into {folder}: it holds the {n} addresses that were not sent.",
    "next.unconfirmed": "For one address the service has not said whether it was added; {file} names it."
    "|For {n} addresses the service has not said whether they were added; {file} names them.",
    "next.typos": "Look at the likely typing mistakes below: those addresses are good in form and are sent as they "
    "are.",
    "next.data_again": "If this file had the metadata {header}, give the same to the one that you drop.",
    "next.support": "Tell the service’s support the request ids below.",
    "next.group_not_found": "Create the group in the service’s console, or drop the file into the folder of a group "
    "that is there.",
    "next.no_group": "Drop the file into its group’s folder, such as {folder}, the number being the group’s id.",
    "next.no_email_column": "Call the column with the addresses “email”, or name it in the file’s metadata "
    "({header}), and drop the file into {folder} again.",
    "next.ambiguous_column": "Name the column with the addresses in the file’s metadata ({header}), and drop "
    "the file into "
    "{folder} again.",
    "next.template_data": "Correct the columns that the file’s metadata ({header}) names, and drop the file into "
    "{folder} again.",
    "next.metadata": "Correct what the file’s metadata say of it, or leave it out, and drop the file into {folder} "
    "again.",
    "next.too_many_invalid": "Check that it is the right file. The addresses were looked for in {column}: where that "
    "is wrong, name the column in the file’s metadata ({header}) and drop the file into {folder} again.",
    "next.export": "Export the list as .xlsx or as CSV in UTF-8, one address a row, and drop it into {folder}.",
    "next.dry_run": "To import the file, have the setting DRY_RUN switched off and drop the file into {folder} again.",
    "next.truncated": "{file} is cut short at its largest size; the counts are complete all the same.",
    "other_group": "another group’s id",
    # How full the group is.
    "room": "How full the group is",
    "rooms": "How full the groups are",
    "room.created": "created by this import",
    "room.to_be_created": "not there yet",
    "rows.imported": "{file} lists the rows that were added, each with its group.",
    "room.before": "before",
    "room.added": "added",
    "room.planned": "to be added",
    "room.free": "free",
    "room.too_many": "too many",
    "room.limit": "limit",
    "room.picture": "{before} addresses before, {added} added, {free} of {limit} free",
    "room.picture_over": "{before} addresses before, room for {free} more of {limit}, {over} too many",
    "room.now": "{now} of {limit}",
    # Rows by fate.
    "rows": "What became of the rows",
    "rows.fate": "Rows",
    "rows.number": "Number",
    "rows.share": "Share",
    "rows.total": "All rows of the file",
    "fate.imported": "Added to the group",
    "fate.to_send": "Would be added",
    "fate.sendable": "Good, but not sent",
    "fate.already_in_group": "In the group already",
    "fate.duplicate": "Repeated in the file",
    "fate.rejected": "Rejected",
    "fate.empty": "Without an address",
    "fate.no_consent": "Want or get no mail",
    "fate.over_capacity": "No room in the group",
    "fate.not_attempted": "Not sent",
    "fate.unconfirmed": "Not confirmed yet",
    # Rejections.
    "rejected": "Rejected rows",
    "rejected.more": "one more|{n} more",
    "rejected.rest": "The first {shown} are shown here; all are in {file}.",
    "rejected.in_table": "{table}: {why}",
    "line": "Line",
    "written": "In the file",
    "meant": "Perhaps meant",
    "reason.syntax": "Not written like an address",
    "reason.missing_at": "No @",
    "reason.address_elsewhere": "Address in another cell",
    "reason.too_long": "Too long",
    "reason.domain": "No such kind of domain",
    "reason.non_ascii_local": "Characters that mail does not carry",
    "reason.undecodable": "Unreadable characters",
    "reason.malformed_row": "Damaged rows",
    "reason.missing_column": "Rows that end too early",
    "reason.template_data": "Data for the template",
    "reason.refused_by_service": "Refused by the service",
    "explain.syntax": "Something in it does not belong in an address, or something is missing.",
    "explain.missing_at": "An address looks like name@example.com.",
    "explain.address_elsewhere": "Nobody but you can tell whether it is that of the same person.",
    "explain.too_long": "An address has at most 254 bytes, 64 of them before the @.",
    "explain.domain": "What follows the @ cannot receive mail.",
    "explain.non_ascii_local": "Before the @ only plain letters, digits and a few signs can be sent to.",
    "explain.undecodable": "The address has bytes that are not text in the file’s character encoding.",
    "explain.malformed_row": "The row cannot be read as the others are.",
    "explain.missing_column": "The row has no cell in the column with the addresses.",
    "explain.template_data": "The address is good in form; what would go into the mail cannot be sent.",
    "explain.refused_by_service": "The address is good in form; the service did not add it.",
    # Typing mistakes.
    "typos": "Likely typing mistakes in domains",
    "typos.note": "These addresses are good in form, so they are not left out. Nobody but you can tell whether they "
    "are right.",
    "typos.domain": "Domain",
    "typos.count": "Addresses",
    # Batches.
    "batches": "How it was sent",
    "batches.read": "Read and checked",
    "batches.batch": "Batch {number}",
    "batches.settle": "Waited for the service",
    "batches.size": "one address|{n} addresses",
    "batches.attempts": "one attempt|{n} attempts",
    "batches.request": "Request id: {ids}|Request ids: {ids}",
    "batches.seconds": "{seconds} s",
    "batches.picture": "from second {begin} to second {end} of {total}",
    "batches.note": "Support asks for the request ids.",
    "outcome.accepted": "accepted",
    "outcome.refused": "refused",
    "outcome.not_attempted": "not sent",
    "outcome.unconfirmed": "not confirmed",
    # The file.
    "file": "The file",
    "file.key": "Key",
    "file.size": "Size",
    "file.dropped": "Dropped",
    "file.format": "Format",
    "file.compression": "Packed as",
    "file.encoding": "Characters",
    "file.delimiter": "Separated by",
    "file.header": "Headings",
    "file.email_column": "Addresses in",
    "file.consent_column": "Who wants no mail",
    "file.template_data": "Data for the template",
    "file.template_example": "Such as",
    "file.records": "Records in",
    "file.tables": "Sheets or members",
    "file.has_header": "yes",
    "file.no_header": "none",
    "file.version": "Version",
    "delimiter.comma": "commas",
    "delimiter.semicolon": "semicolons",
    "delimiter.tab": "tabs",
    "delimiter.bar": "vertical bars",
    "delimiter.space": "spaces",
    "foot.import_id": "Import {id}",
    "foot.times": "{begin} UTC, took {seconds} s",
    "foot.history": "All imports into this group",
    "foot.json": "The same for programs: {file}",
    "reason.said": "In detail:",
    # The history of a group.
    "history": "Imports into group {id}",
    "history.note": "The last import.|The last {n} imports, newest first.",
    "history.when": "When (UTC)",
    "history.what": "File",
    "history.status": "Result",
    "history.added": "Added",
    "history.rejected": "Rejected",
    "history.rows": "Rows",
    # The page of all groups.
    "foot.index": "All groups",
    "index": "The last imports of all groups",
    "index.note": "The group with the newest import comes first. Its name leads to all of its imports.",
    "index.further": "One more group has older imports.|{n} more groups have older imports.",
}

SENTENCES: Final = {
    # What is wrong with an address.
    "row.elsewhere": "The row’s own cell holds no address, and another one does.",
    "row.syntax": "This is not how an email address is written.",
    "row.missing_at": "There is no @ in it: an address looks like name@example.com.",
    "row.other_at": 'The sign "{sign}" is not the at-sign of an address: that is "@".',
    "row.too_long": "The address is longer than {bytes} bytes.",
    "row.too_long_local": "Before the @ there are more than {characters} characters.",
    "row.too_long_domain": "The address is longer than {bytes} bytes in one of the two ways to write its domain.",
    "row.domain": "What follows the @ is not a domain that receives mail.",
    "row.non_ascii": "Before the @ there are characters other than ASCII: {characters}. Mail cannot be sent there.",
    "row.quote": 'There is a quotation mark (") before the @.',
    "row.two_at": "There is more than one @ in it.",
    # The same, as email-validator says it: in English, whatever the language.
    "row.syntax_why": "{why}",
    "row.domain_why": "{why}",
    # A row that cannot be read.
    "row.open_quote": "A quote opens in this row and is not closed properly.",
    "row.endless": "This row is longer than {characters} characters, or a cell of it than {cell}.",
    "row.bytes": "This address has bytes that are not text in the file's charset.",
    "row.too_wide": "This row has more than {number} cells.",
    "row.long": "This row is longer than {number} characters.",
    "row.wide_value": "This row has a value beyond column {number}.",
    "row.long_cell": "This row has a cell of more than {number} characters.",
    "row.no_json": "This record is not valid JSON.",
    "row.record_long": "This record is longer than {number} characters.",
    "row.record_deep": "This record is nested more than {number} deep.",
    "row.record_wide": "This record has more than {number} cells, or one of more than {characters} characters.",
    "row.record_broken": "This record has something in it that is no character.",
    "row.card_broken": "This card has bytes that are not text in the file's charset.",
    "row.no_result": "The address is a formula whose result was not saved: open the workbook in Excel and save it.",
    "row.ends_early": "This row ends before column {number}, which holds the address.",
    # An address that the service did not add.
    "row.marked": "The service marked this address invalid: {why}.",
    # A good address that is not in the group, or was in it before.
    "row.no_consent": "“{column}” says “{value}”: this person wants no mail, or gets none.",
    "row.not_only": "“{column}” says “{value}”, which is none of the values to be sent (x-cos-meta-only).",
    "row.no_elsewhere": "The file says elsewhere that the person with this address wants no mail.",
    "row.no_listed": "This is a list of people who want no mail, or whose mail bounces.",
    "row.blocked": "Mail to this address bounced, and the mail service delivers no more to it.",
    "row.over_capacity": "The group has no room for this address: drop this file into another group's folder.",
    "row.not_attempted": "This address was not sent: drop this file again once the reason in the report is dealt with.",
    "row.would_be_sent": "This address would be sent: this is a dry run.",
    "row.unconfirmed": "Whether this address is in the group could not be found out: look there before you send it "
    "again.",
    "row.in_group": "The group has this address already.",
    "row.in_group_differs": "The group has this address already, with other data for the template. It keeps those: the "
    "service cannot change them.",
    "row.in_group_keeps": "The group has this address already, and keeps the data for the template that it has: the "
    "service cannot change them.",
    # Data for the template that the service does not take.
    "row.data_long": "The row’s data for the template come to {bytes} bytes; the service takes {limit}.",
    "row.data_markup": "“{column}” has HTML in it, which the service does not take as data for the template.",
    "row.data_formula": "“{column}” is a formula whose result was not saved: open the workbook in Excel and save it.",
    "row.data_broken": "“{column}” has characters that could not be read: somebody would be greeted by a wrong name.",
    "row.data_nested": "“{column}” holds JSON in place of one value, and a mail shows one: correct it, or name a "
    "column for each value.",
    "row.data_shifted": "The row has more cells than there are headings, so nobody can tell which of them goes into "
    "the mail: put quotes around the cell that has the delimiter in it.",
    "row.duplicate": "The same address is in line {line} already.",
    "row.duplicate_in": "The same address is in line {line} of {table} already.",
    "row.other_data": "{sentence} Its data for the template are others; those of the first one count.",
    "row.in_table": "{table}: {sentence}",
    # What is told of a file beside what became of its rows.
    "warning.blocked": "Rows whose address is on the mail service's own black list, and which are left out: {number}. "
    "They are in skipped.csv as “blocked”.",
    "warning.data_errors": "Values for the template that are a spreadsheet’s errors, such as #N/A, and are sent empty: "
    "{number}.",
    "warning.consent_sent": "Rows whose person wants no mail, and which are sent all the same, as this importer is "
    "set: {number}.",
    "warning.consent_unclear": "Columns that may say who wants no mail, and have values that are not known: "
    "{number} ({columns}). Rows with such a value are sent. Say in x-cos-meta-only which values are to be sent.",
    "warning.hidden_rows": "Rows that are hidden in the spreadsheet: {number}. They count like the others.",
    "warning.addresses_elsewhere": "Addresses elsewhere in the file, which are not sent: {number} ({places}).",
    "warning.several_columns": "The rows have their addresses in {number} columns; the first of them with a good one "
    "counts: {columns}.",
    "warning.members_left_out": "Parts of the file that are no list of addresses and were left out: {number} "
    "({names}).",
    "warning.continuation_found": "Groups that continue the series by their names, and that were not made for it: "
    "{number} ({names}). Their members are left out, and what has no room before them goes there. If they are for "
    "something else, give them other names.",
    "warning.repeats": "The service counted {number} of the addresses as members already: somebody added them in the "
    "same moment.",
    "warning.group_changed": "Somebody removed members while the import was under way. The group has fewer than the "
    "service’s answers promise, by {number}.",
    # A file that is refused.
    "file.removed": "The file was removed or replaced before it could be imported.",
    "file.unreachable": "The file’s name has . or .. between its slashes, so no program can ask for it: give it "
    "another name.",
    "file.archived": "The file lies in the archive of the bucket: restore it, or drop a copy of it in the standard "
    "storage class.",
    "file.own_key": "The file is encrypted with a key of its owner’s: drop it without such a key. Files are encrypted "
    "here all the same where the bucket says so.",
    "file.checksum": "What was read of the file was not what the bucket says that it holds, three times: drop it once "
    "more.",
    "file.slow": "The file could not be read to its end within {seconds} seconds, {times} times: split it into "
    "several files.",
    "file.no_addresses": "The file has no rows with an address: check that the right file was exported.",
    "file.too_many_invalid": "{rejected} of {filled} rows hold no good address, more than {percent} %: check that it "
    "is the right file and that the address column was found; rejected.csv has the rows.",
    "file.unconfirmed": "The service accepted every address, and the group does not show {number} of them. They may "
    "be in it all the same: look there before you send them again.",
    "file.invalid_rows": "Rows without a good address: {rejected}, and this importer is set to send nothing then. "
    "Correct or remove the rows listed in rejected.csv and drop the file again.",
    "file.over_capacity": "The file has {new} new addresses and the group has room for {fit}: remove {excess} of "
    "them, or drop the rest into another group's folder; a group holds at most {limit}. With ON_OVERFLOW=split the "
    "list goes into several groups.",
    "file.over_continuation": "The file has {new} new addresses and the group has room for {fit}: remove {excess} of "
    "them, or drop the rest into another group's folder; a group holds at most {limit}, and this one continues "
    "another, so that it is continued by none itself.",
    "file.not_found": "There is no recipient group {id}: check the number of the folder, or of the file's metadata, "
    "against the list of groups in the SES console.",
    "file.over_series": "The file has {new} new addresses, and the series of groups has room for {fit}, as it may come "
    "to {groups} groups (MAX_GROUPS): remove {excess} of them, or drop the rest into another group's folder.",
    "file.near_name": "There is no recipient group “{name}”, but one that differs from it in nothing but case or "
    "spaces: “{there}”. Name the folder, or the file's metadata, exactly like the group that is meant.",
    "file.no_such_name": "There is no recipient group “{name}”: check the name against the list of groups in the SES "
    "console, or have the function's setting CREATE_GROUPS create it.",
    "file.no_name": "Nothing says which recipient group this file is for: put it into a folder with the group's name "
    "({folder} for the group “spring”), or give it the metadata {header}.",
    "file.two_groups": "The file's metadata name a recipient group by its id and one by its name: leave out one of "
    "the two.",
    "file.no_group": "Nothing says which recipient group this file is for: put it into the group's folder ({folder} "
    "for group {id}), or give it the metadata {header}, or have the function's setting RECEIVER_ID name a group for "
    "all such files.",
    "file.no_number": "The metadata {header} is not the number of a recipient group.",
    "file.known": "This is {what}: export the list as .xlsx or CSV and drop that.",
    "file.packed": "This is {what}: unpack it and drop the list that lies in it.",
    "file.office": "The file is {what}.",
    "file.open_document": "The file is an OpenDocument file (.ods, .odt): save it as .xlsx or CSV.",
    "file.numbers": "The file is a Numbers or Pages document: export it as .xlsx or CSV.",
    "file.binary": "This is not a text file but some binary format: export the list as .xlsx or CSV and drop that.",
    "file.garbled": "Most of the file cannot be read as {charset}: export it again as CSV in UTF-8.",
    "file.charset": "The charset named in the file's metadata (x-cos-meta-encoding) is not known: name one such as "
    "utf-8, utf-16 or {charsets}, or leave it out.",
    "file.delimiter_absent": "The delimiter named in the file's metadata (x-cos-meta-delimiter) does not occur in the "
    "file: correct it or leave it out.",
    "file.delimiter_none": "The delimiter named in the file's metadata (x-cos-meta-delimiter) is no delimiter: give "
    "one character such as , or ; or | or the word tab, or leave it out.",
    "file.no_column": 'No column of the file holds e-mail addresses: call the column "email", or name it in the '
    "file's metadata (x-cos-meta-email-column).",
    "file.no_column_of": 'No column of the file holds e-mail addresses: call the column "email", or name it in the '
    "file's metadata (x-cos-meta-email-column). Its columns are: {columns}.",
    "file.ambiguous": "Several columns could hold the address of a row's own person, and nothing tells them apart: "
    "{columns}. Name one of them in the file's metadata (x-cos-meta-email-column).",
    "file.several_lists": "There are several lists with different columns, one below the other. Put each into a file "
    "of its own, or name the column of the one that is meant in the file's metadata (x-cos-meta-email-column).",
    "file.elsewhere": "More addresses are in other columns than in the one that was found to be that of the rows: "
    "{columns}. Name the right one in the file's metadata (x-cos-meta-email-column).",
    "file.no_such_column": "The file has no column {what}, which its metadata (x-cos-meta-email-column) names: "
    "{there}. Name one of them, or its number.",
    "file.has_columns": "it has: {columns}",
    "file.has_number": "it has {number} columns",
    "file.no_rows": "The file has no rows: drop one with at least one address.",
    "file.headings": "The file has headings and no rows below them: export it again, with at least one address.",
    "file.blank": "Most rows of the file have quotes that never close, or far too many cells: export the list again.",
    "file.broken": "Far too many rows of the file are broken: export the list again.",
    "file.quotes": "The file has far too many quotes that open and are not closed properly: export it again.",
    "file.rows": "The file has more than {number} rows: split it into several.",
    "file.domains": "The file has more than {number} different international domains: no list of people has so many.",
    "file.idle": "More than {number} rows of the file hold no good address, and fewer do: check that it is the right "
    "file, and export only the rows with addresses.",
    "file.wide": "The file has more than {number} columns: export those that matter.",
    "file.long_line": "The file has a line of more than {number} characters: it is damaged or not a list. Export it "
    "again with one row per line.",
    "file.record_long": "A record of the JSON file has more than {number} characters.",
    "file.record_deep": "A record of the JSON file is nested more than {number} deep.",
    "file.record_open": "The JSON file ends in the middle of a record: export it again.",
    "file.brackets": "The JSON file closes more brackets than it opens: export it again.",
    "file.no_sheets": "The workbook has no sheets with cells.",
    "file.no_results": "The workbook has formulas without saved results: open it in Excel, save it and drop it again.",
    "file.sheets": "The workbook has more than {number} sheets: split it.",
    "file.cells": "The workbook has too many cells: save the sheet with the addresses as CSV.",
    "file.steps": "The file holds far more than addresses: export the list as CSV, or split it into several.",
    "file.workbook_damaged": "The workbook is damaged: open it, save it anew as .xlsx or CSV and upload it again.",
    "file.workbook_odd": "The workbook is built in a way no spreadsheet program builds one: save it as CSV.",
    "file.unpacked": "Unpacked, the file is larger than 1 GB: split it into several.",
    "file.ratio": "Unpacked, the file is more than {number} times its size: no address list is.",
    "file.room": "The file is too large to be unpacked here: split it, or save it as CSV.",
    "file.layers": "Compressed files lie too deep inside each other: unpack them first.",
    "file.gzip_cut": "The gzip file is cut short: its end is missing. Upload it again.",
    "file.gzip_damaged": "The gzip file is damaged: pack it again and upload it again.",
    "file.gzip_parts": "The gzip file has more than {number} parts: pack it anew.",
    "file.zip_empty": "The zip holds no file.",
    "file.no_consent": "The file lists nobody but people who want no mail, or whose mail bounces: nobody is added.",
    "file.named_no": "The file is called “{name}”, as lists of people who want no mail are: nobody is added. If they "
    "do want it, rename the file, or give it the metadata x-cos-meta-only: *",
    "file.long_rows": "The rows of the file that are to be sent come to more than {number} MB: split it into several.",
    "file.noes": "The file has more than {number} people who want no mail: export only those who do.",
    "file.only": "The file has no column “{what}”, which its metadata (x-cos-meta-only) names: it has {columns}. Name "
    "one of them.",
    "file.only_none": "No row of the file has one of the values that its metadata (x-cos-meta-only) gives: correct "
    "them.",
    "file.data_form": "The columns for the template (x-cos-meta-template-data) are to be named as "
    "variable=heading, with commas between them, such as name=Name,city=City; or * for all of them.",
    "file.data_name": "“{name}” cannot be the name of a variable: letters, digits and _ can, with no digit first. Name "
    "each variable and its column (x-cos-meta-template-data), such as name=Name,city=City.",
    "file.data_two": "The variable “{name}” is given two columns (x-cos-meta-template-data): name one.",
    "file.data_twice": "Several columns of the file are called “{name}”, which is to go into the template "
    "(x-cos-meta-template-data): give them different headings.",
    "file.data_missing": "The file has no column {columns}, which is to go into the template "
    "(x-cos-meta-template-data): {there}.",
    "file.data_rejected": "{rejected} of {filled} rows have data for the template that cannot be sent: rejected.csv "
    "says why.",
    "file.data_none": "The file has no column with a heading beside that of the addresses, and all of them are to "
    "go into the template (x-cos-meta-template-data).",
    "file.data_group": "The members of the group have other variables for the template ({theirs}) than the file gives "
    "({ours}): the service wants the same for all members of a group. Name the columns accordingly "
    "(x-cos-meta-template-data), or use another group.",
    "file.told": "No column of the file holds e-mail addresses when it is read as its metadata ({headers}) says: "
    "correct that or leave it out.",
    "file.zip_files": "The zip holds {number} files: pack only those with addresses.",
    "file.zip_many": "The zip holds far too many files: pack only those with addresses.",
    "file.member": "“{name}” in the zip: {sentence}",
    "file.password": "“{name}” is protected by a password: remove it and upload again.",
    "file.rare_packing": "“{name}” is packed in a rare way: use the usual settings of zip.",
    "file.rare_zip": "{what} uses a rare kind of zip: pack it anew.",
    "file.member_damaged": "{what} is damaged: pack it again and upload it again.",
    "file.service": "SES: {what} ({code})",
    # What stands in such sentences.
    "what.member": "“{name}”",
    "what.zip": "The zip file",
    "what.no_reason": "it gives no reason",
    "what.no_variables": "none",
    "what.that": "that",
    "what.pdf": "a PDF document",
    "what.xls": "an old Excel workbook (.xls) or one that is protected by a password",
    "what.parquet": "a Parquet file",
    "what.image": "an image",
    "what.media": "an image, a sound or a film",
    "what.rtf": "a rich text document (RTF)",
    "what.seven_zip": "a 7-Zip archive",
    "what.rar": "a RAR archive",
    "what.bzip": "a bzip2 archive",
    "what.xz": "an xz archive",
    "what.lzma": "an lzma archive",
    "what.compress": "an archive of the program compress (.Z)",
    "what.tar": "a tar archive",
    "what.access": "an Access database",
    "what.outlook": "a data file of Outlook (.pst)",
    "what.ldif": "an LDIF file of an address book",
    "what.apple_double": "what a Mac keeps beside a file (._)",
    "what.zstandard": "a Zstandard archive",
    "what.sqlite": "a SQLite database",
    "what.program": "a program",
    "what.markup": "a web page or an XML document",
    "what.mail": "a mail message",
    "what.xlsb": "a binary workbook (.xlsb): save it as .xlsx or CSV",
    "what.word": "a Word document: save the addresses as a table in .xlsx or CSV",
    "what.presentation": "a presentation: save the addresses as a table in .xlsx or CSV",
    "what.not_accepted": "the request was not accepted",
    "what.no_room": "the recipient group has no room for so many addresses",
    "what.too_many": "the service takes fewer addresses in one request",
    "what.gone": "the recipient group does not exist",
    "what.data_error": "it could not read the data for the template",
    "what.data_names": "the members of the group have other variables for the template",
    "what.data_long": "the data for the template are too long",
    "what.data_markup": "there is HTML in the data for the template",
    "what.email_invalid": "it takes one of the addresses for none, and does not say which",
    "what.no_emails": "the service saw no addresses in the request",
    "what.no_receiver": "the service saw no recipient group in the request",
    "what.too_many_groups": "the account has as many recipient groups as it may have",
    "what.bad_name": "the service does not take this name for a recipient group",
    "what.name_taken": "there is a recipient group of nearly this name already",
    "what.no_effect": "the service did not carry the request out",
    "what.unknown": "whether the request took effect is not known",
}
