"""An older case → this version's schema, in the transaction that opens it. Alembic is loaded here alone."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util.exc import CommandError
from sqlalchemy import Connection

from leukolens.base.errors import CaseError

FOLDER = Path(__file__).parent


def upgrade(connection: Connection, *, where: str) -> None:
    """Migrate to the newest version within `connection`'s transaction; an empty database gets all tables.

    Raises CaseError for a version that this LeukoLens does not know.
    """
    config = _config()
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        hint = "pip install --upgrade leukolens"
        raise CaseError("was written by a newer LeukoLens", path=where, hint=hint) from error


def head() -> str:
    """The newest migration."""
    return str(ScriptDirectory.from_config(_config()).get_current_head())


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config
