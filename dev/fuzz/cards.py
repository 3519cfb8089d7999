"""Throw damaged cards and references at the reader until the count is reached; the first traceback ends it.

PYTHONPATH=src:tests python dev/fuzz/cards.py --count 100000 --seed 0
"""

import argparse
import json
import random
from pathlib import Path

from cardfuzzer import damaged
from cardmaker import CALIBRATED

from leukolens.base.errors import ModelError
from leukolens.model import card, distance
from leukolens.model.network_file import NetworkFile

options = argparse.ArgumentParser(description=__doc__)
options.add_argument("--count", type=int, default=100_000)
options.add_argument("--seed", type=int, default=0)
given = options.parse_args()

chance = random.Random(given.seed)
reference = NetworkFile().reference
assert reference is not None
texts = ((card.from_json, CALIBRATED.to_json()), (distance.from_json, reference.to_json()))
refused = 0
for number in range(given.count):
    read, text = texts[number % 10 == 0]
    text = damaged(text, chance)
    try:
        read(text, path=Path("model.onnx"))
    except ModelError:
        refused += 1
    except Exception:
        print(json.dumps(text[:2000]))
        raise
print(f"{given.count} damaged texts, {refused} refused by name, 0 tracebacks")
