"""Raise the cards inside model files to this LeukoLens's format, with the digest of each file's graph.

    python dev/recard.py src/leukolens/model/shipped/*.onnx

Everything else of card, metadata and network stays as it is. The card is read without asking whether it belongs to the
graph: that is what is written anew.
"""

import sys
from pathlib import Path

import onnx

from leukolens.base import atomic
from leukolens.model.card import METADATA_KEY, from_json
from leukolens.model.network_file import NetworkFile
from leukolens.research.networks.onnx_file import with_card

for path in map(Path, sys.argv[1:]):
    proto = onnx.load(path)
    (text,) = (entry.value for entry in proto.metadata_props if entry.key == METADATA_KEY)
    atomic.write_bytes(path, with_card(proto, from_json(text, path=path)).SerializeToString())
    card = NetworkFile(path).card
    print(f"{path}: model {card.model_id}, format {card.format}, graph {card.graph_digest[:12]}")
