"""The only modules that import an SDK; every SDK error is translated here."""
