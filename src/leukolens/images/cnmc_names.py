"""What a file name of C-NMC 2019 tells: whose cell it shows, and which class it was given."""

import re
from typing import Literal

Label = Literal["all", "hem"]
LABELS: tuple[Label, Label] = ("hem", "all")
"""In the network's order: output 1, the positive class, is ALL."""

# UID_<subject>_<image>_<cell>_<all|hem>; 36 cells of C-NMC are UID_h3_…, lost by a case-sensitive pattern
_NAME = re.compile(r"UID_(H?\d+)_(\d+)_(\d+)_(all|hem)", re.IGNORECASE)


def parse_name(stem: str) -> tuple[str, Label] | None:
    """Subject (upper case) and label from a C-NMC file name without its suffix, or None."""
    match = _NAME.fullmatch(stem)
    if match is None:
        return None
    label: Label = "all" if match[4].lower() == "all" else "hem"
    return match[1].upper(), label
