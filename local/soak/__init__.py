"""A long run of the function on its platform, with everything going wrong that can, and a verdict on what came out.

lists.py    the files, and what is known about each of them
trouble.py  what goes wrong: faults, deaths, uploads that take time
run.py      drops the files, delivers their events, sweeps until nothing is open
verdict.py  what came out, held against what should have
table.py    both as a table
"""
