"""The case file: inputs, cells, verdicts, reviews, signatures and their log in one SQLite file, or in PostgreSQL."""
