"""What a report says, one table for each language: the same names in each, and the same fields in its sentences.

A sentence with `|` in it has one form for one and another for many, told apart by `n`.
"""
