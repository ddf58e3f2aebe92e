"""`make bench`: how fast and how large the function is, beside what one would write without it.

lists.py         address files to read, the same bytes on every machine
environment.py   the Python and the libraries that everybody is measured with, and the built package
processes.py     one contender in a process of its own: its time, and its peak memory from the operating system
probes/          what runs in those processes
measurements.py  every table: who takes part, how often, and what the figures come to
tables.py        figures as a table for the terminal and for the README
"""
