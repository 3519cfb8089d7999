"""What a server answers to and where its limits are."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class ReviewSettings:
    """Of one server."""

    hosts: frozenset[str]
    """Values of the Host header that are answered, with the port where it is not the scheme's own. Any other name is
    a foreign page's, whatever address it resolves to."""
    secure: bool = False
    """Whether browsers reach it by https, itself or through a proxy."""
    local: bool = True
    """One reader on this machine, who enters by the key that the terminal shows; else by name and password."""
    uploads: Path
    """Folder in which pictures that are dropped into the page are kept."""
    idle: float = 30 * 60
    """Seconds after which a session that nobody uses ends."""
    longest: float = 12 * 3600
    """Seconds after which any session ends."""
    failures: int = 5
    """Wrong passwords for a name, or from an address, until it is locked."""
    lock: float = 15 * 60
    """Seconds for which it is."""
    max_body: int = 64 * 1024
    """Bytes of any request but an upload."""
    max_upload: int = 256 * 1024**2
    """Bytes of one upload, all its files together."""
    max_files: int = 500
    """Files of one upload."""
    max_flying: int = 160
    """Requests that are being answered at once, beyond which others are asked to come again."""
    max_waiting: int = 5000
    """Files that wait to be judged, beyond which uploads are turned away for now."""
