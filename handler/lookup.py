"""How far the import of a file has come: what the ledger says, or else its report."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal
from urllib.parse import unquote

from handler import log
from handler.intake.event import Drop
from handler.intake.route import Routing, route
from handler.intake.source import Import
from handler.reporting.report import FINAL, Report
from handler.state.ledger import Begun, Ledger, Opened, Status
from handler.state.store import Bucket


@dataclass(frozen=True, slots=True)
class Imported:
    """What the function returns for one file."""

    key: str
    import_id: str
    receiver_id: int | None
    status: Status | Literal["waiting"]
    """`waiting`: another import has the group, and takes this file next."""
    report: str
    """The key of report.json."""


@dataclass(frozen=True, slots=True)
class Lookup:
    """Looks imports up."""

    bucket: Bucket
    ledger: Ledger
    routing: Routing
    is_dry_run: bool
    """Else the report of a dry run is as good as none."""

    def noted(self, this: Import) -> Imported | Opened | None:
        """What is noted of this version of the file. A sweep's drop is the same as any event's."""
        state = self.ledger.look(this.source)
        if isinstance(state, Opened):
            return state
        if state and ("sweep" in {state.found_by, this.found_by} or state.import_id == this.import_id):
            return Imported(this.source.key, state.import_id, state.receiver_id, state.status, state.report)
        return None

    def of(self, this: Import) -> Imported | Opened:
        """How far the import of this version of the file has come. A drop that comes again may have been of an earlier
        one, and of an old import only the report may be left."""
        if known := self.noted(this):
            return known
        for opened in self.ledger.opened(this.source.bucket, this.source.key):
            if opened.of.import_id == this.import_id:
                return opened
        return self._look_for_report(this.folder) or Begun(this)

    def of_gone(self, drop: Drop) -> Imported | Opened | None:
        """The file is not there any more: an import of it may be under way, or finished."""
        for key in dict.fromkeys((drop.key, unquote(drop.key))):
            if opened := next(self.ledger.opened(drop.bucket, key), None):
                return opened
            if imported := self._look_for_report(route(key, {}, self.routing).import_folder(drop.import_id)):
                return imported
        return None

    def _look_for_report(self, folder: str) -> Imported | None:
        report = self.final_report(folder)
        return imported_by(report, folder) if report else None

    def final_report(self, folder: str) -> Report | None:
        """The report of an import, if it is there and will not change any more."""
        body = self.bucket.read(f"{folder}report.json")
        try:
            report = Report.from_json(body) if body else None
        except ValueError:  # it is written anew: whom the group has is not sent again
            log.warning("report_damaged", report=f"{folder}report.json")
            return None
        if report is None or report.status not in FINAL:
            return None
        return None if report.status == "dry_run" and not self.is_dry_run else report


def imported_by(report: Report, folder: str) -> Imported:
    """What the function returns for an import with this report."""
    receiver_id = report.group.receiver_id if report.group else None
    return Imported(report.source.key, report.import_id, receiver_id, report.status, f"{folder}report.json")
