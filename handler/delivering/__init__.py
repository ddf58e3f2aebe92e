"""A plan -> its outcome: the only place that decides to send, or not to send again."""
