"""The card inside a model file: what the model is, takes and comes from. One JSON text in ONNX metadata."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from leukolens.base.errors import ModelError
from leukolens.cells.quality import QualityLimits
from leukolens.decide.cell import CellRule
from leukolens.decide.share import ShareRule
from leukolens.model.preprocess import Preprocess

METADATA_KEY = "leukolens.card"
FORMAT = 4
"""Raised when an older LeukoLens could misread a newer card. 2: temperature, band, patient rule, quality, int8. 3: the
patient rule's hues. 4: a share rule in the place of the patient rule, which is read over."""


@dataclass(frozen=True, kw_only=True)
class ModelCard:
    """Facts about one trained model."""

    model_id: str
    """First 12 hexadecimal digits of the SHA-256 of its weights, and of its calibration where it has one; an int8
    form has an id of its own."""
    network: str
    """'mobilenet_m' or another of `research.networks.registry`."""
    labels: tuple[str, ...]
    """Class order; the last is positive: ('HEM', 'ALL')."""
    preprocess: Preprocess
    """Crop and input size; the model was trained with these and is used with these."""
    input_range: str
    """What the file takes: '0-255 RGB'. Scaling to the network's own range is inside."""
    threshold: float
    """Probability of ALL, after the temperature, from which the verdict is ALL."""
    temperature: float = 1.0
    """What the log-odds are divided by before they become a probability (Guo et al. 2017, arXiv 1706.04599)."""
    band: tuple[float, float] | None = None
    """p(ALL) from … to …, both ends included, in which the answer is 'uncertain'; None: there is always an answer."""
    share_rule: ShareRule | None = None
    """How a patient's cells become a share of blasts; None: a patient gets no share."""
    quality: QualityLimits | None = None
    """Images outside these limits are refused; None: any image is judged."""
    calibration: str = ""
    """On which subjects temperature, threshold, band and share rule were fitted; '' where they were not."""
    quantisation: str = ""
    """Of which model this is the int8 form, what stayed in float and how they compare; '' for a float model."""
    protocol: str
    """How the data were split: 'paper' (by image: subjects leak), 'subject', or 'all' (not at all)."""
    fold: str | None
    """C-NMC fold it was trained on, None for all."""
    data_hash: str
    """SHA-256 over names and contents of all cells of the run."""
    split_hash: str
    """SHA-256 of split.csv."""
    init: str
    """Where training started."""
    settings: Mapping[str, Any]
    """Every training setting, seed included."""
    metrics: Mapping[str, float]
    """What training saw: validation loss and accuracy of the kept epoch. Test figures: metrics.json of the run."""
    commit: str
    """Git commit of the code, '+' after it when there were changes; '' outside a checkout."""
    versions: Mapping[str, str]
    """Of LeukoLens, Python and the libraries."""
    created: str
    """UTC, ISO 8601."""
    format: int = FORMAT

    @property
    def cell_rule(self) -> CellRule:
        """What makes a verdict of the network's answer to a cell."""
        return CellRule(threshold=self.threshold, temperature=self.temperature, band=self.band)

    @property
    def missing(self) -> str:
        """What keeps other models from answering where they should not, and this one lacks, in a sentence; '' for none.

        A share rule is not among it: a patient's own answer says that there is none.
        """
        lacks = (
            (self.quality is None, "it judges any image, a whole field too"),
            (self.band is None, "it is never uncertain"),
            (not self.calibration, "its probabilities are not calibrated"),
        )
        found = [text for lacking, text in lacks if lacking]
        return f"This model lacks safeguards: {', '.join(found)}." if found else ""

    def to_json(self) -> str:
        """The text that is stored."""
        return json.dumps(asdict(self), ensure_ascii=False)


def from_json(text: str, *, path: Path) -> ModelCard:
    """Read a card. Raises ModelError, naming `path`, when it is not one or is newer than this LeukoLens."""
    try:
        facts = json.loads(text)
        if facts["format"] > FORMAT:
            raise ModelError("was made by a newer LeukoLens", path=path, hint="pip install --upgrade leukolens")
        facts["preprocess"] = Preprocess(**facts["preprocess"])
        facts["labels"] = tuple(facts["labels"])
        if facts.get("band") is not None:
            low, high = facts["band"]
            facts["band"] = (float(low), float(high))
        facts.pop("patient_rule", None)  # up to format 3: a verdict on a patient, which nobody gives any more
        if facts.get("share_rule") is not None:
            facts["share_rule"] = _rule(facts["share_rule"])
        if facts.get("quality") is not None:
            facts["quality"] = QualityLimits(**facts["quality"])
        return ModelCard(**facts)
    except (ValueError, KeyError, TypeError) as error:
        raise ModelError(f"holds a damaged model card ({error})", path=path, hint="Export the model again") from error


def _rule(facts: Mapping[str, Any]) -> ShareRule:
    """JSON's lists back to tuples."""
    hues, tables = facts["hues"], {name: tuple(map(tuple, facts[name])) for name in ("blasts", "normal")}
    return ShareRule(**{**facts, **tables, "edges": tuple(facts["edges"]), "hues": hues and (hues[0], hues[1])})
