"""A recipient group and its members, as the service describes them: what a plan is made against."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Group:
    """A recipient group as the service describes it."""

    receiver_id: int
    name: str
    count: int
    """Members, valid or not."""
    uploading: bool
    """Whether an accepted upload is still being worked on (status 2)."""
    invalid: int = 0
    """Members that the service has marked invalid."""
    description: str = ""


@dataclass(frozen=True, slots=True)
class Member:
    """One member of a group, as read back."""

    member_id: str
    """The service's `EmailId`."""
    address: str = field(repr=False)
    """"" where the service lists a member without one."""
    invalid_because: str | None = None
    """The service's own reason, where the service marked the address invalid."""
    created: str = ""
    """When it came into the group, as the service writes it: `2021-09-28 16:40:35`, in a time zone that is not told."""
    data: str | None = field(default=None, repr=False)
    """Its data for the template, as JSON; "" where it came without, `None` where that is not known."""
