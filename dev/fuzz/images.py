"""Decode mutated images for as long as wanted; what is neither an image nor an ImageError is kept as a file.

    PYTHONPATH=tests python dev/fuzz/images.py --count 50000 --seed 1 --out crashers

Each file that takes more than a second of processor time is kept too. Exit code 1 where one was kept. The mutations are
tests/imagemutants.py's; a hundred thousand files take minutes on one core.
"""

import argparse
import sys
import time
from collections import Counter
from pathlib import Path

from imagemutants import WAYS, mutants

from leukolens.base.errors import ImageError
from leukolens.images.decode import decode_rgb

SLOW = 1.0
"""Seconds of processor time."""


def outcome(data: bytes) -> str:
    """'image', 'refused', or what is wrong: 'slow' or the name of an exception."""
    started = time.process_time()
    try:
        decode_rgb(data, name="cell")
        found = "image"
    except ImageError:
        found = "refused"
    except Exception as error:
        return type(error).__name__
    return "slow" if time.process_time() - started > SLOW else found


def main() -> int:
    """Print the outcomes of each format."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=50_000, help="files of each format")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, default=Path("crashers"), help="folder for what breaks")
    chosen = parser.parse_args()
    kept = 0
    for kind in WAYS:
        seen: Counter[str] = Counter()
        for number, data in enumerate(mutants(kind, chosen.count, seed=chosen.seed)):
            found = outcome(data)
            seen[found] += 1
            if found not in ("image", "refused"):
                chosen.out.mkdir(parents=True, exist_ok=True)
                (chosen.out / f"{found}_{number}.{kind.lower()}").write_bytes(data)
                kept += 1
        print(kind, dict(seen.most_common()))
    return 1 if kept else 0


if __name__ == "__main__":
    sys.exit(main())
