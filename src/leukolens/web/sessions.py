"""Sessions that expire, and locks after wrong passwords. Both are kept in the server's memory and end with it."""

import hashlib
import secrets
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock

from leukolens.web.accounts import Role
from leukolens.web.settings import ReviewSettings

Clock = Callable[[], float]


@dataclass(kw_only=True)
class Session:
    """A reader who has entered."""

    name: str
    role: Role
    csrf: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    """What every change must bring along."""
    began: float
    used: float


class Sessions:
    """Token → session. A token is made here, at entry, and never taken from a request: none can be planted."""

    def __init__(self, settings: ReviewSettings, *, clock: Clock = time.monotonic) -> None:
        self._settings = settings
        self._clock = clock
        self._known: dict[str, Session] = {}
        self._lock = Lock()

    def begin(self, name: str, role: Role) -> tuple[str, Session]:
        """The cookie's token, and the session."""
        now = self._clock()
        token, session = secrets.token_urlsafe(32), Session(name=name, role=role, began=now, used=now)
        with self._lock:
            self._known = {key: one for key, one in self._known.items() if self._alive(one, now)}
            self._known[_digest(token)] = session
        return token, session

    def find(self, token: str) -> Session | None:
        """The session of a token that is still good; using it keeps it good."""
        now = self._clock()
        with self._lock:
            session = self._known.get(_digest(token))
            if session is None or not self._alive(session, now):
                return None
            session.used = now
            return session

    def end(self, token: str) -> None:
        """Forget it."""
        with self._lock:
            self._known.pop(_digest(token), None)

    def _alive(self, session: Session, now: float) -> bool:
        return now - session.used <= self._settings.idle and now - session.began <= self._settings.longest


class Lockout:
    """Counts wrong passwords for each name and each address."""

    def __init__(self, settings: ReviewSettings, *, clock: Clock = time.monotonic) -> None:
        self._settings = settings
        self._clock = clock
        self._failed: dict[str, list[float]] = defaultdict(list)
        self._lock = Lock()

    def locked(self, *keys: str) -> bool:
        """Whether one of them failed too often of late."""
        since = self._clock() - self._settings.lock
        with self._lock:
            for key in keys:
                self._failed[key] = [at for at in self._failed[key] if at > since]
            found = any(len(self._failed[key]) >= self._settings.failures for key in keys)
            self._failed = defaultdict(list, {key: times for key, times in self._failed.items() if times})
            return found

    def failed(self, *keys: str) -> None:
        """One more wrong password."""
        with self._lock:
            for key in keys:
                self._failed[key].append(self._clock())

    def forget(self, *keys: str) -> None:
        """A right one."""
        with self._lock:
            for key in keys:
                self._failed.pop(key, None)


def _digest(token: str) -> str:
    """Of a token, so that memory holds no cookie, and looking one up takes no longer the more of it is right."""
    return hashlib.sha256(token.encode()).hexdigest()
