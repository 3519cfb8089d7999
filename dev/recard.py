"""Raise the cards inside model files to this LeukoLens's format, with the digest of each file's graph.

    python dev/recard.py src/leukolens/model/shipped/*.onnx

Everything else of card, metadata and network stays as it is.
"""

import sys
from pathlib import Path

from leukolens.model.network_file import NetworkFile
from leukolens.research.networks.onnx_file import write_card

for path in map(Path, sys.argv[1:]):
    file = NetworkFile(path)
    write_card(path, file.card, file.reference)
    card = NetworkFile(path).card
    print(f"{path}: model {card.model_id}, format {card.format}, graph {card.graph_digest[:12]}")
