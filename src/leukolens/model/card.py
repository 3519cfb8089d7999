"""The card inside a model file: what the model is, takes and comes from. One JSON text in ONNX metadata."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from msgspec import Meta

from leukolens.base import schema
from leukolens.base.errors import ModelError
from leukolens.base.schema import Share
from leukolens.cells.quality import QualityLimits
from leukolens.decide.cell import CellRule
from leukolens.decide.share import ShareRule
from leukolens.model.lineage import Lineage
from leukolens.model.preprocess import Preprocess

METADATA_KEY = "leukolens.card"
FORMAT = 4
"""Raised when an older LeukoLens could misread a newer card. 2: temperature, band, patient rule, quality, int8. 3: the
patient rule's hues. 4: the graph's digest, which must be that of the file; a share rule in the patient rule's
place."""
GRAPH_DIGEST_FROM = 4
"""Cards of an older format hold no digest."""
_GONE = ("patient_rule",)
"""Fields of older formats: a verdict on a patient, which nobody gives any more."""


@dataclass(frozen=True, kw_only=True)
class ModelCard:
    """Facts about one trained model."""

    model_id: Annotated[str, Meta(pattern="^[0-9a-f]{12}$")]
    """First 12 hexadecimal digits of the SHA-256 of its weights, and of its calibration where it has one; an int8
    form has an id of its own."""
    network: str
    """'mobilenet_m' or another of `research.networks.registry`."""
    labels: tuple[Literal["HEM"], Literal["ALL"]]
    """Class order; the last is positive: ('HEM', 'ALL')."""
    preprocess: Preprocess
    """Crop and input size; the model was trained with these and is used with these."""
    input_range: Literal["0-255 RGB"]
    """What the file takes: '0-255 RGB'. Scaling to the network's own range is inside."""
    threshold: Share
    """Probability of ALL, after the temperature, from which the verdict is ALL."""
    temperature: Annotated[float, Meta(ge=0.01, le=100)] = 1.0
    """What the log-odds are divided by before they become a probability (Guo et al. 2017, arXiv 1706.04599)."""
    band: tuple[Share, Share] | None = None
    """p(ALL) from … to …, both ends included, in which the answer is 'uncertain'; None: there is always an answer."""
    share_rule: ShareRule | None = None
    """How a patient's cells become a share of blasts; None: a patient gets no share."""
    quality: QualityLimits | None = None
    """Images outside these limits are refused; None: any image is judged."""
    calibration: str = ""
    """On which subjects temperature, threshold, band and share rule were fitted; '' where they were not."""
    quantisation: str = ""
    """Of which model this is the int8 form, what stayed in float and how they compare; '' for a float model."""
    protocol: Literal["paper", "subject", "all"]
    """How the data were split: 'paper' (by image: subjects leak), 'subject', or 'all' (not at all)."""
    fold: str | None
    """C-NMC fold it was trained on, None for all."""
    data_hash: str
    """SHA-256 over names and contents of all cells of the run."""
    split_hash: str
    """SHA-256 of split.csv."""
    init: str
    """Where training started."""
    teacher: Annotated[str, Meta(pattern="^([0-9a-f]{12})?$")] = ""
    """Id of the model whose answers taught it beside the labels; '' for none."""
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
    lineage: Lineage | None = None
    """Which cells taught it, and which model they taught; None for a model that was trained."""
    graph_digest: Annotated[str, Meta(pattern="^([0-9a-f]{64})?$")] = ""
    """SHA-256 of the ONNX file without its metadata (`model.graph`): the card belongs to this network and no other. A
    .tflite file keeps that of the ONNX file it was made from. '' before format 4."""
    format: Annotated[int, Meta(ge=1)] = FORMAT

    def __post_init__(self) -> None:
        if self.band is not None and self.band[0] > self.band[1]:
            raise ValueError(f"band {self.band} is upside down")

    @property
    def cell_rule(self) -> CellRule:
        """What makes a verdict of the network's answer to a cell."""
        return CellRule(threshold=self.threshold, temperature=self.temperature, band=self.band)

    @property
    def missing(self) -> str:
        """What keeps other models from answering where they should not, and this one lacks, in a sentence; '' for none.

        A share rule is not among it: a patient's own answer says that there is none.
        """
        return self.lacking(distance=True)

    def lacking(self, *, distance: bool) -> str:
        """As `missing`; distance: whether the file holds the features of the cells that the model knows."""
        lacks = (
            (self.quality is None, "it judges any image, a whole field too"),
            (self.band is None, "it is never uncertain"),
            (not self.calibration, "its probabilities are not calibrated"),
            (not distance, "it accepts cells unlike any that it has seen"),
        )
        found = [text for lacking, text in lacks if lacking]
        return f"This model lacks safeguards: {', '.join(found)}." if found else ""

    def to_json(self) -> str:
        """The text that is stored."""
        return schema.write(self)


def from_json(text: str, *, path: Path) -> ModelCard:
    """Read a card. Raises ModelError, naming `path`, when it is not one or is newer than this LeukoLens."""
    try:
        if schema.version(text) > FORMAT:
            raise ModelError("was made by a newer LeukoLens", path=path, hint="pip install --upgrade leukolens")
        return schema.read(text, ModelCard, gone=_GONE)
    except schema.Damaged as error:
        raise ModelError(f"holds a damaged model card ({error})", path=path, hint="Export the model again") from error
