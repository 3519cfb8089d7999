"""What a report shows of a whole field.

Revision ID: 0002
Revises: 0001
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make its table. What a column holds stands in `cases/schema.py`."""
    op.create_table(
        "overviews",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("input_id", sa.Integer(), nullable=False),
        sa.Column("jpeg", sa.LargeBinary(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["input_id"], ["inputs.id"], name=op.f("fk_overviews_input_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_overviews")),
        sa.UniqueConstraint("input_id", name=op.f("uq_overviews_input_id")),
    )
