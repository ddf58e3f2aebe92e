"""What outlives an invocation: locks, and how far each import has come."""
