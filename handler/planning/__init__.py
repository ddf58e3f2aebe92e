"""Judged rows, members and room -> a plan, and the lists that go with it."""
