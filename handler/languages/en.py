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
    "refused.too_many_invalid": "Nothing was sent: {rejected} of {filled} rows hold no good address.",
    "refused.invalid_rows": "Nothing was sent: one row holds no good address."
    "|Nothing was sent: {n} rows hold no good address.",
    "refused.empty_file": "Nothing was sent: the file has no rows with an address.",
    "refused.unreadable": "Nothing was sent: the file cannot be read.",
    "refused.unsupported_format": "Nothing was sent: files of this kind cannot be read.",
    "refused.too_large": "Nothing was sent: the file is too large.",
    "refused.damaged": "Nothing was sent: the file is damaged.",
    "refused.service": "Nothing was sent: the service refused it ({code}).",
    "aside.clean": "Every row of the file was good.",
    "aside.rejected": "One row was left out because it holds no good address."
    "|{n} rows were left out because they hold no good address.",
    "aside.over_capacity": "For one address there was no room.|For {n} addresses there was no room.",
    "group": "group {id}",
    "group_named": "group {id} “{name}”",
    "group_none": "the group",
    # What to do next.
    "next": "What to do next",
    "next.nothing": "Nothing. Everything that could be done is done.",
    "next.wait": "Nothing. This report is written anew once there is news: open it again in a few minutes.",
    "next.fix_rejected": "Correct the one row in {file} and drop that file into {folder}. Only good new addresses are "
    "added."
    "|Correct the {n} rows in {file} and drop that file into {folder}. Only good new addresses are added.",
    "next.look_rejected": "See which row was rejected in {file}.|See which {n} rows were rejected in {file}.",
    "next.other_group": "Drop {file} into another group’s folder, {folder}: it holds the one address for which there "
    "was no room."
    "|Drop {file} into another group’s folder, {folder}: it holds the {n} addresses for which there was no room.",
    "next.split": "Split {file}, which lists all new addresses: the first {fit} fit into this group, the rest belongs "
    "into another group’s folder, {folder}.",
    "next.full": "Drop {file}, which lists all new addresses, into another group’s folder, {folder}: this group is "
    "full.",
    "next.again": "Once the reason is dealt with, drop {file} into {folder}: it holds the one address that was not "
    "sent."
    "|Once the reason is dealt with, drop {file} into {folder}: it holds the {n} addresses that were not sent.",
    "next.unconfirmed": "For one address the service has not said whether it was added; {file} names it."
    "|For {n} addresses the service has not said whether they were added; {file} names them.",
    "next.typos": "Look at the likely typing mistakes below: those addresses are good in form and are sent as they "
    "stand.",
    "next.support": "Tell the service’s support the request ids below.",
    "next.group_not_found": "Create the group in the service’s console, or drop the file into the folder of a group "
    "that is there.",
    "next.no_group": "Drop the file into its group’s folder, such as {folder}, the number being the group’s id.",
    "next.no_email_column": "Call the column with the addresses “email”, or name it in the file’s metadata "
    "({header}), and drop the file into {folder} again.",
    "next.too_many_invalid": "Check that it is the right file. The addresses were looked for in {column}: where that "
    "is wrong, name the column in the file’s metadata ({header}) and drop the file into {folder} again.",
    "next.export": "Export the list as .xlsx or as CSV in UTF-8, one address a row, and drop it into {folder}.",
    "next.dry_run": "To import the file, have the setting DRY_RUN switched off and drop the file into {folder} again.",
    "next.truncated": "{file} is cut short at its largest size; the counts are complete all the same.",
    "other_group": "another group’s id",
    # How full the group is.
    "room": "How full the group is",
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
    "fate.over_capacity": "No room in the group",
    "fate.not_attempted": "Not sent",
    "fate.unconfirmed": "Not confirmed yet",
    # Rejections.
    "rejected": "Rejected rows",
    "rejected.more": "one more|{n} more",
    "rejected.rest": "The first {shown} are shown here; all are in {file}.",
    "line": "Line",
    "written": "In the file",
    "meant": "Perhaps meant",
    "reason.syntax": "Not written like an address",
    "reason.missing_at": "No @",
    "reason.too_long": "Too long",
    "reason.domain": "No such kind of domain",
    "reason.non_ascii_local": "Characters that mail does not carry",
    "reason.undecodable": "Unreadable characters",
    "reason.malformed_row": "Damaged rows",
    "reason.missing_column": "Rows that end too early",
    "reason.refused_by_service": "Refused by the service",
    "explain.syntax": "Something in it does not belong into an address, or something is missing.",
    "explain.missing_at": "An address looks like name@example.com.",
    "explain.too_long": "An address has at most 254 bytes, 64 of them before the @.",
    "explain.domain": "What stands after the @ cannot receive mail.",
    "explain.non_ascii_local": "Before the @ only plain letters, digits and a few signs can be sent to.",
    "explain.undecodable": "The row has bytes that are not text in the file’s character encoding.",
    "explain.malformed_row": "The row cannot be read as the others are.",
    "explain.missing_column": "The row has no cell in the column with the addresses.",
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
    "batches.request": "Request id|Request ids",
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
    "file.tables": "Sheets or members",
    "file.has_header": "in the first row",
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
}
