"""What Alembic runs for each migration: in the connection that `migrate.upgrade` gives, in its transaction."""

from alembic import context

from leukolens.cases import schema

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=schema.metadata,
    render_as_batch=True,  # SQLite changes a column by making the table again
)
context.run_migrations()
