"""The platform around the function, on one's own machine: worker processes, retries, the time limit, the timer.

clock.py       time that runs faster than it does, for all processes alike
events.py      the events that the function is called with
gate.py        the port through which one instance reaches the cloud, and at which it can be made to die
instance.py    one worker process
platform.py    the queue: who is called when, and what happens when that fails
simulation.py  time that passes only when everybody waits, for invocations side by side in one process
"""

from local.platform.clock import ScaledClock
from local.platform.events import created, timer
from local.platform.gate import Arrival, Doom
from local.platform.instance import Function
from local.platform.platform import Attempt, Platform

__all__ = ["Arrival", "Attempt", "Doom", "Function", "Platform", "ScaledClock", "created", "timer"]
