"""Case: a day's inputs, cells, verdicts, reviews and log in one SQLite file, or in a PostgreSQL database by its URL.

>>> from leukolens import Case
>>> with Case.open("day.case") as case:
...     for row in case.rows():
...         print(row.path, row.verdict, row.p_all)
"""

import contextlib
import getpass
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from sqlalchemy import ColumnElement, Connection, Engine, select, true

from leukolens.base import atomic
from leukolens.base.closing import Closing
from leukolens.base.errors import CaseError, LeukoLensError
from leukolens.cases import database, kept, schema
from leukolens.cases.add import add, picture_values
from leukolens.cases.change import Change
from leukolens.cases.kept import Entry, Input
from leukolens.cases.lock import alone
from leukolens.cases.record import Judged, Picture
from leukolens.cases.row import Row
from leukolens.model.card import ModelCard, from_json


class Case(Closing):
    """An open case. Use `Case.open` or `Case.create`, and `with`.

    All that is written is on the disk when the call returns, whole or not at all, and stands in the log. Any number of
    threads and programs may read and write at once. Every method raises CaseError for a damaged case or one that
    another program holds for too long, and OutputError for a full disk.
    """

    def __init__(self, engine: Engine, where: str, case_id: int, *, who: str) -> None:
        self.where = where
        self.id = case_id
        self._engine = engine
        self.who = who

    # opening

    @classmethod
    def create(cls, where: Path | str, *, name: str = "", who: str = "") -> Self:
        """A new case: a file that does not exist, or a name that a PostgreSQL database does not hold.

        where: a file, or postgresql://user@host/database. name: default the file's, without its end. who: stands in the
        log; default the user of this machine.
        """
        place, name = _place(where, name)
        if not database.is_url(place):
            path = Path(place)
            if cls.exists(path):
                raise CaseError("exists already", path=path, hint="Continue it with --resume, or write another")
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise atomic.output_error(path, error) from error
        engine = database.connect(place)
        try:
            database.prepare(engine, place)
            case = cls(engine, place, 0, who=who or _user())
            case._begin(name)
        except BaseException:
            engine.dispose()
            raise
        return case

    @classmethod
    def open(cls, where: Path | str, *, name: str = "", who: str = "") -> Self:
        """A case that exists; one of an older version is brought to this one's schema. See `create`."""
        place, name = _place(where, name)
        if not database.is_url(place) and not Path(place).is_file():
            raise CaseError(
                "does not exist", path=place, hint="Give the .case file that `leukolens predict --case` wrote"
            )
        engine = database.connect(place)
        try:
            database.prepare(engine, place)
            with database.reading(engine, place) as connection:
                table = schema.cases.c
                chosen = table.name == name if database.is_url(place) else table.amends.is_(None)
                one = select(table.id).where(chosen).order_by(table.id).limit(1)
                case_id = connection.execute(one).scalar_one_or_none()
            if case_id is None:
                raise CaseError(f"holds no case {name!r}", path=database.shown(place), hint="Give another name")
        except BaseException:
            engine.dispose()
            raise
        return cls(engine, place, case_id, who=who or _user())

    @classmethod
    def exists(cls, where: Path | str, *, name: str = "") -> bool:
        """Whether there is anything to open. A file that is empty, or has tables and no case in them, is nothing: a run
        that was killed at once leaves it. Any other file is something, whatever it holds.
        """
        place, name = _place(where, name)
        if database.is_url(place):
            return cls._holds(place, schema.cases.c.name == name)
        path = Path(place)
        if not path.is_file() or not path.stat().st_size:
            return path.exists() and not path.is_file()
        try:
            return cls._holds(place, true())
        except LeukoLensError:
            return True

    @staticmethod
    def _holds(place: str, chosen: ColumnElement[bool]) -> bool:
        engine = database.connect(place)
        try:
            with database.reading(engine, place) as connection:
                if database.version_of(connection, place) is None:
                    return False
                return connection.execute(select(schema.cases.c.id).where(chosen)).first() is not None
        finally:
            engine.dispose()

    def _begin(self, name: str) -> None:
        """Enter it in the database."""
        table = schema.cases
        with database.writing(self._engine, self.where) as connection:
            if connection.execute(select(table.c.id).where(table.c.name == name)).first() is not None:
                raise CaseError(
                    f"holds a case {name!r} already", path=database.shown(self.where), hint="Give another name"
                )
            change = Change(connection, 0, who=self.who)
            (written,) = change.insert(table, [{"name": name, "created_at": _now(), "amends": None}])
            self.id = change.case_id = written.id
            change.log("created", name, rows=[written])
            change.finish()

    def close(self) -> None:
        """Leave it; a SQLite case is then one file."""
        self._engine.dispose()

    def alone(self) -> contextlib.AbstractContextManager[None]:
        """Hold the case for a run that fills it. Raises CaseError when another run does."""
        return alone(self._engine, self.where, self.id)

    # writing

    @contextlib.contextmanager
    def change(self) -> Iterator[Change]:
        """A transaction that is kept whole or not at all; its log entries are chained when it ends."""
        with database.writing(self._engine, self.where) as connection:
            change = Change(connection, self.id, who=self.who)
            yield change
            change.finish()

    def use(self, card: ModelCard) -> None:
        """Say which model judges. Raises CaseError when another one did."""
        before = self.card()
        if before is not None and before.model_id == card.model_id:
            return
        if before is not None:
            raise CaseError(
                f"was judged with model {before.model_id}, not {card.model_id}",
                path=database.shown(self.where),
                hint="Write another case, or give that model",
            )
        with self.change() as change:
            row = {"case_id": self.id, "model_id": card.model_id, "card": card.to_json()}
            change.log("model", card.model_id, rows=change.insert(schema.models, [row]))

    def note_export(self, path: Path, *, name: str) -> None:
        """Say in the log that the file at `path`, which will be called `name`, holds what the case does."""
        with self.change() as change:
            change.log("exported", name, new=_sha256(path))

    def exported(self, path: Path) -> bool:
        """Whether the file's bytes are those of an export of this case."""
        log = schema.log.c
        query = select(log.seq).where(log.case_id == self.id, log.action == "exported", log.new == _sha256(path))
        with self.reading() as connection:
            return connection.execute(query).first() is not None

    def add(self, judged: Sequence[Judged]) -> None:
        """Write inputs with their answers, all in one step; an input that stands there under this path is replaced.

        Raises CaseError when a cell of a replaced input was reviewed.
        """
        with self.change() as change:
            add(change, judged)

    def add_pictures(self, pictures: Mapping[str, Picture]) -> None:
        """path of a cut-out → its picture, where it has none yet."""
        inputs, cells = schema.inputs.c, schema.cells.c
        with self.change() as change:
            query = select(inputs.path, cells.id).join(schema.cells, cells.input_id == inputs.id)
            query = query.where(inputs.case_id == self.id, inputs.path.in_(pictures))
            for path, cell_id in change.connection.execute(query).all():
                values = picture_values(pictures[path], cell_id)
                change.log("pictured", path, rows=change.insert(schema.pictures, [values] if values else []))

    # reading

    @property
    def name(self) -> str:
        """As it was given when the case was made."""
        table = schema.cases.c
        with self.reading() as connection:
            return str(connection.execute(select(table.name).where(table.id == self.id)).scalar_one())

    def card(self) -> ModelCard | None:
        """Of the model that judged; None before the first."""
        table = schema.models.c
        with self.reading() as connection:
            text = connection.execute(select(table.card).where(table.case_id == self.id)).scalar_one_or_none()
        return None if text is None else from_json(text, path=Path(database.shown(self.where)))

    def model_id(self) -> str | None:
        """Of the model that judged; None before the first."""
        table = schema.models.c
        with self.reading() as connection:
            return connection.execute(select(table.model_id).where(table.case_id == self.id)).scalar_one_or_none()

    def used_card(self) -> ModelCard:
        """Likewise. Raises CaseError for a case that holds no verdicts yet."""
        card = self.card()
        if card is None:
            hint = "Judge images into it: leukolens predict --case"
            raise CaseError("holds no verdicts yet", path=self.where, hint=hint)
        return card

    def family(self) -> list[Self]:
        """This case and all versions that amend it, the oldest first. They need no closing."""
        with self.reading() as connection:
            rows = connection.execute(select(schema.cases.c.id, schema.cases.c.amends))
            amends = {row.id: row.amends for row in rows}
        found = [self.id]
        for number in sorted(amends):
            if amends[number] in found and number not in found:
                found.append(number)
        return [type(self)(self._engine, self.where, number, who=self.who) for number in found]

    def beside(self) -> list[int]:
        """Ids of all cases that stand in the same place, this one too."""
        with self.reading() as connection:
            return list(connection.execute(select(schema.cases.c.id).order_by(schema.cases.c.id)).scalars())

    def inputs(self) -> list[Input]:
        """Every file that stands in it, in the order judged."""
        with self.reading() as connection:
            return kept.inputs(connection, self.id)

    def rows(self, *, by_probability: bool = False) -> Iterator[Row]:
        """What was answered, in the order judged; by_probability: the highest p(ALL) first, none last."""
        with self.reading() as connection:
            for row, _ in kept.answers(connection, self.id, by_probability=by_probability, pictures=False):
                yield row

    def pictured_rows(self) -> Iterator[tuple[Row, Picture | None]]:
        """Likewise with what a report shows of each cell, the highest p(ALL) first."""
        with self.reading() as connection:
            yield from kept.answers(connection, self.id, by_probability=True, pictures=True)

    def evidence(self) -> Iterator[bytes]:
        """Every class activation map that it holds, in no order; see `record.Picture.evidence`."""
        with self.reading() as connection:
            yield from kept.evidence(connection, self.id)

    def alike(self) -> list[list[str]]:
        """Paths of inputs that hold the very same bytes, a list for each such content."""
        with self.reading() as connection:
            return kept.alike(connection, self.id)

    def log(self) -> Iterator[Entry]:
        """Everything that was done, the oldest first."""
        with self.reading() as connection:
            yield from kept.log(connection, self.id)

    def reading(self) -> contextlib.AbstractContextManager[Connection]:
        """A transaction for statements of one's own (SQLAlchemy Core over `cases.schema`); it sees the case as it is
        now, whatever others write meanwhile.
        """
        return database.reading(self._engine, self.where)


def _place(where: Path | str, name: str) -> tuple[str, str]:
    """The place as text, and the case's name."""
    text = str(where)
    return text, name or (text.rpartition("/")[2].partition("?")[0] if database.is_url(text) else Path(text).stem)


def _sha256(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise atomic.output_error(path, error) from error


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container whose user has no name
        return "unknown"


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
