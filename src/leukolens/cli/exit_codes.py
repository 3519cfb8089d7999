"""Exit codes, the same for every command (2 is click's own, for wrong usage)."""

FAILED = 1
"""Nothing could be done; the message tells why."""
SOME_UNREADABLE = 3
"""Done, but some files could not be read or judged; each is named with its reason."""
INTERRUPTED = 130
"""Stopped by Ctrl-C, as a shell tells it."""
