"""Who must act decides the class.

    ImportProblem                  never raised itself
    ├── SourceProblem              the owner of the file: a report says what to do, the function returns normally
    ├── OperatorProblem            whoever deployed the function: configuration or permissions
    ├── TryLater                   nobody: the platform or the sweep comes again
    └── ServiceAnswer              never raised itself: what a call to SES came to, for `delivery` to act upon
        ├── GroupUploading         nothing happened; the group takes no more until its upload is done
        ├── NothingHappened        nothing happened; the same call may be sent again after a pause
        ├── OutcomeUnknown         the call may or may not have had its effect
        └── RefusedForGood         nothing happened, and the same call will be refused again

No message ever holds an address, a key or a token.
"""

from __future__ import annotations

from typing import ClassVar, Literal

from handler.said import Said

RefusalReason = Literal[
    "over_capacity",
    "group_not_found",
    "no_group",
    "no_email_column",
    "ambiguous_column",
    "too_many_invalid",
    "invalid_rows",
    "no_consent",
    "template_data",
    "empty_file",
    "unreadable",
    "unsupported_format",
    "too_large",
    "damaged",
]
"""Why a file is refused: the codes of `reason` in report.json, which may be one of the service's, too."""


class ImportProblem(Exception):
    """The base of every problem this package raises on purpose. Raise what says who must act."""

    def __init__(self, message: str) -> None:
        if type(self) in {ImportProblem, ServiceAnswer}:
            raise TypeError(f"{type(self).__name__} says nothing about who must act: raise one of its subclasses")
        super().__init__(message)
        self.message = message


class SourceProblem(ImportProblem):
    """The file, or the group it is meant for, is at fault: its owner must act. `said` is for them to read."""

    def __init__(self, code: RefusalReason, said: Said) -> None:
        super().__init__(f"{code}: {said.code}")
        self.code = code
        self.said = said


class OperatorProblem(ImportProblem):
    """Configuration or permissions are at fault: the deployer must act, the owner of the file cannot."""


class TryLater(ImportProblem):
    """Nobody is at fault: the same work will succeed at another time."""


class ServiceAnswer(ImportProblem):
    """What a call to SES came to when it did not simply succeed. `what` is the code of a phrase that says so."""

    phrase: ClassVar[str] = "what.no_effect"

    def __init__(self, code: str, request_id: str | None = None, what: str | None = None) -> None:
        super().__init__(f"SES: {code}")
        self.code = code
        self.request_id = request_id
        self.said = Said("file.service", what=Said(what or self.phrase), code=code)


class GroupUploading(ServiceAnswer):
    """`OperationDenied.ReceiverIsOperating`: nothing happened, the group is being uploaded."""


class NothingHappened(ServiceAnswer):
    """Throttled or not available: the service says that the request had no effect."""


class Throttled(NothingHappened):
    """The account makes more requests than it may, be it in other invocations: it passes when all of them slow down."""


class OutcomeUnknown(ServiceAnswer):
    """No answer, or one that proves nothing: time-outs, 5xx, `InternalError`, no JSON, counts that are missing."""

    phrase = "what.unknown"


class RefusedForGood(ServiceAnswer):
    """The service refused the request for a reason that will not pass by itself."""
