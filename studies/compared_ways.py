"""What the studies that train several ways and compare them ask for on the command line."""

import argparse
from collections.abc import Iterable
from pathlib import Path

OTHER = {"0": "1", "1": "0"}
"""Fold that trains → the one whose patients test it."""


def parser_of_ways(description: str | None, ways: Iterable[str]) -> argparse.ArgumentParser:
    """cnmc, --init, --out and --ways; a study adds what is its own."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cnmc", type=Path)
    parser.add_argument("--init", required=True, help="MobileNet v1's ImageNet weights")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--ways", nargs="+", choices=list(ways), default=list(ways))
    return parser
