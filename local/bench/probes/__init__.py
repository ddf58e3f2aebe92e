"""What runs in the processes that are measured, each file on its own."""
