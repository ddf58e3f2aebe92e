"""COS and SES on loopback, spoken over the wire, so that the real SDKs run against them unchanged."""

from local.cloud.behaviour import Behaviour, Some, any_behaviour
from local.cloud.cloud import Cloud, Created
from local.cloud.faults import Fault
from local.cloud.journal import Call, Problem
from local.cloud.signatures import Credentials

__all__ = ["Behaviour", "Call", "Cloud", "Created", "Credentials", "Fault", "Problem", "Some", "any_behaviour"]
