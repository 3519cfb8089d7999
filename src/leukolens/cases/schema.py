"""The tables of a case. They are the same in SQLite and PostgreSQL; docs/cases.md tells what is in them.

Times are texts (UTC, ISO 8601), lists are JSON texts, and every row has a digest over its values (`cases.digest`), so
that both databases hold and give back the very same values. `migrations/` brings an older case to this schema.
"""

from sqlalchemy import (
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)

VERSION = "0002"
"""Of the newest migration; a case says in `alembic_version` which it has."""

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _id() -> Column[int]:
    return Column("id", Integer, primary_key=True)


def _text(name: str) -> Column[str]:
    return Column(name, Text, nullable=False, server_default="")


def _number(name: str) -> Column[float]:
    return Column(name, Float(53))


def _refers(name: str, to: str, *, nullable: bool = False) -> Column[int]:
    return Column(name, ForeignKey(to), nullable=nullable, index=True)


def _digest() -> Column[str]:
    """SHA-256 over the other values but the id, 64 hexadecimal digits."""
    return Column("digest", Text, nullable=False)


cases = Table(
    "cases",
    metadata,
    _id(),
    Column("name", Text, nullable=False, unique=True),
    _text("created_at"),
    _refers("amends", "cases.id", nullable=True),  # the signed case that this one replaces
    _digest(),
)

models = Table(
    "models",
    metadata,
    _id(),
    _refers("case_id", "cases.id"),
    Column("model_id", Text, nullable=False),
    _text("card"),  # JSON of the whole model card, so that a report can be made again without the model
    _digest(),
    UniqueConstraint("case_id", "model_id"),
)

inputs = Table(
    "inputs",
    metadata,
    _id(),
    _refers("case_id", "cases.id"),
    Column("path", Text, nullable=False),  # as it was given, in one line
    _text("sha256"),  # of its bytes; '' when they could not be read
    Column("bytes", Integer),
    _text("patient"),
    _text("kind"),  # cut-out, field or unreadable
    Column("width", Integer),
    Column("height", Integer),
    _number("um_per_px"),
    _number("um_per_px_error"),  # its standard deviation
    _text("um_per_px_source"),  # given, red cells, or which metadata said it
    _digest(),
    UniqueConstraint("case_id", "path"),
    Index("ix_inputs_sha256", "case_id", "sha256"),
)

overviews = Table(
    "overviews",
    metadata,
    _id(),
    Column("input_id", ForeignKey("inputs.id"), nullable=False, unique=True),
    Column("jpeg", LargeBinary, nullable=False),  # a whole field, at most 1,400 px a side
    _digest(),
)

cells = Table(
    "cells",
    metadata,
    _id(),
    _refers("input_id", "inputs.id"),
    Column("number", Integer),  # from 1 within its field; NULL for a cut-out, and then all the rest is NULL too
    *(Column(edge, Integer) for edge in ("x0", "y0", "x1", "y1")),  # px of the input, x1 and y1 excluded
    Column("polygon", Text),  # JSON: [[x, y], …], px of the input
    Column("nucleus", Text),  # likewise
    _text("kind"),  # lymphoid, other_white, smudge, platelets, cut or unsure
    _number("confidence"),
    _number("area_um2"),
    Column("touching", Boolean),
    _digest(),
    UniqueConstraint("input_id", "number"),
)

pictures = Table(
    "pictures",
    metadata,
    _id(),
    Column("cell_id", ForeignKey("cells.id"), nullable=False, unique=True),
    Column("jpeg", LargeBinary, nullable=False),  # thumbnail of what the network saw
    Column("evidence", LargeBinary),  # 7×7 or 4×4 float32, little-endian: each position's part in the log-odds
    _digest(),
)

verdicts = Table(
    "verdicts",
    metadata,
    _id(),
    _refers("input_id", "inputs.id"),
    _refers("cell_id", "cells.id", nullable=True),  # NULL: of the file, where no cell was found or it could not be read
    Column("model_id", Text, nullable=False),
    _text("version"),
    Column("verdict", Text),  # ALL, HEM, uncertain or refused; NULL when the file could not be read
    _number("logit"),  # log-odds of ALL before the temperature
    _number("p_all"),
    _text("band"),
    _number("hue"),
    _text("reason"),
    _text("judged_at"),
    _digest(),
)

reviews = Table(
    "reviews",
    metadata,
    _id(),
    _refers("cell_id", "cells.id"),
    _text("reader"),
    _text("role"),
    _text("at"),
    _text("verdict"),  # ALL, HEM, other kind or not assessable; '' for a note alone
    _text("note"),
    _refers("replaces", "reviews.id", nullable=True),  # rows are never changed: a correction or an undo is a new one
    Column("withdrawn", Boolean, nullable=False),
    _digest(),
)

signatures = Table(
    "signatures",
    metadata,
    _id(),
    _refers("case_id", "cases.id"),
    _text("patient"),
    _text("name"),
    _text("role"),
    _text("at"),
    _text("meaning"),
    _text("reason"),  # why cells were left unreviewed; '' when none was
    Column("blind", Boolean, nullable=False),
    _text("signed"),  # digest of the log's last entry when it was signed: all before is what was signed
    _digest(),
)

log = Table(
    "log",
    metadata,
    Column("case_id", ForeignKey("cases.id"), primary_key=True),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    _text("at"),
    _text("who"),
    _text("action"),
    _text("subject"),  # a file's path, a patient, …
    _text("old"),
    _text("new"),
    _text("rows"),  # JSON: {table: {id: digest}} of the rows that were written, null for one that was removed
    _text("previous"),  # digest of the entry before; '' for the first
    _digest(),
)

alembic_version = Table("alembic_version", MetaData(), Column("version_num", Text, primary_key=True))
"""Alembic's own; written here too, so that a new case does not load Alembic (0.2 s)."""
