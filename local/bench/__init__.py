"""`make bench`: how long users wait, how fast the function reads, and how large it is.

account.py       COS, SES and the function on its platform, on a clock that passes only when everybody waits
waits.py         what users wait for: tables from that clock, the same on every machine
environment.py   the Python that everybody else is measured with, and the built package
lists.py         address files to read, the same bytes on every machine
processes.py     one contender in a process of its own: its time, and its peak memory from the operating system
probes/          what runs in those processes
world.py         COS and SES for them
measurements.py  what a machine takes: tables whose figures differ from one to the next
costs.py         what a month costs, by these figures
tables.py        figures as a table for the terminal and for docs/speed.md
"""
