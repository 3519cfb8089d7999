"""Alembic's migrations of the case file; they ship with the package, since a case outlives the version that made it."""
