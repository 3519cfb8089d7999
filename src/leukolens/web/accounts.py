"""Who may enter: names, roles and argon2id hashes in a JSON file of one's own. `leukolens readers` writes it."""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from threading import BoundedSemaphore, Lock
from typing import Literal, get_args

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from leukolens.base import atomic
from leukolens.base.errors import LeukoLensError
from leukolens.base.names import in_one_line

Role = Literal["reader", "supervisor", "read-only"]
ROLES: tuple[Role, ...] = get_args(Role)
SHORTEST = 12
"""Characters of a password (NIST SP 800-63B asks for 8 beside a second factor, 15 without; and for no other rule)."""
LONGEST = 256
_hasher = PasswordHasher()
_FEW = BoundedSemaphore(2)
"""Passwords that are looked at at once: each takes 64 MiB, by design."""
_NOBODY = _hasher.hash("the password of nobody")


class AccountError(LeukoLensError):
    """Readers that cannot be read or changed."""


@dataclass(frozen=True, kw_only=True)
class Account:
    """One reader."""

    name: str
    """As it stands in the log and under a signature."""
    role: Role
    hash: str
    """argon2id; '' for one who has set no password yet."""


class Accounts:
    """The file of readers. It is read again when it changes, so that a reader can be added to a running server."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = Lock()
        self._seen: tuple[int, int] | None = None
        self._known: dict[str, Account] = {}

    def all(self) -> dict[str, Account]:
        """Name → account. Raises AccountError for a file that is not one of readers."""
        with self._lock:
            return dict(self._load())

    def put(self, name: str, role: Role, password: str) -> Account:
        """Add a reader, or give one a new role and password. Raises AccountError for a password that is too short."""
        if not SHORTEST <= len(password) <= LONGEST:
            raise AccountError(
                f"a password must have {SHORTEST} to {LONGEST} characters", hint="Use a few words together"
            )
        account = Account(name=in_one_line(name.strip()), role=role, hash=_hasher.hash(password))
        with self._lock:
            known = {**self._load(), account.name: account}
            self._write(known)
        return account

    def remove(self, name: str) -> None:
        """Raises AccountError for a name that is not there."""
        with self._lock:
            known = dict(self._load())
            if known.pop(name, None) is None:
                raise AccountError(f"holds no reader {name!r}", path=self.path, hint="See `leukolens readers list`")
            self._write(known)

    def verified(self, name: str, password: str) -> Account | None:
        """The account when the password is right. It takes as long for a name that is not there."""
        account = self.all().get(name)
        try:
            with _FEW:
                _hasher.verify(account.hash if account is not None and account.hash else _NOBODY, password[:LONGEST])
        except (VerificationError, InvalidHashError):
            return None
        return account if account is not None and account.hash else None

    def _load(self) -> dict[str, Account]:
        try:
            state = self.path.stat()
            seen = (state.st_mtime_ns, state.st_size)
            if seen != self._seen:
                listed = json.loads(self.path.read_text(encoding="utf-8"))
                self._known = {one["name"]: Account(**one) for one in listed}
                self._seen = seen
        except FileNotFoundError:
            self._known, self._seen = {}, None
        except (OSError, ValueError, TypeError, KeyError) as error:
            hint = "Move it away and add the readers again"
            raise AccountError(f"is not a file of readers ({error})", path=self.path, hint=hint) from error
        return self._known

    def _write(self, known: dict[str, Account]) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps([asdict(account) for account in known.values()], ensure_ascii=False, indent=1)
        with atomic.place(self.path, private=True) as temporary:
            temporary.write_text(text, encoding="utf-8")
        self._seen = None


def default_place() -> Path:
    """Where the readers of this machine stand."""
    base = os.environ.get("LEUKOLENS_READERS")
    if base:
        return Path(base)
    home = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return Path(home) / "leukolens" / "readers.json"
