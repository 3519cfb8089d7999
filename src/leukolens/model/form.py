"""Which form of the model that ships judges: the one that judged before, else the one that suits this processor.

half sees cells at half of the side, in half of float's time, and ranks new patients' cells better
(docs/results/half.md); float sees them whole, learns more from a laboratory's cells, and is taken when asked for. int8
is half, rounded: quicker still where one instruction adds up products of bytes; elsewhere rounding gained nothing.
archspec knows which processors have such an instruction.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from leukolens.model.network_file import SHIPPED, SHIPPED_HALF, SHIPPED_INT8, NetworkFile

Form = Literal["float", "int8", "half"]
FORMS: Mapping[Form, Path] = {"float": SHIPPED, "int8": SHIPPED_INT8, "half": SHIPPED_HALF}
DOT_PRODUCTS = ("avx512_vnni", "avx_vnni", "asimddp")
"""archspec's names of such instructions: of servers, of laptops, of ARM."""


@dataclass(frozen=True, kw_only=True)
class Suited:
    """The form that suits this processor."""

    form: Form
    because: str
    """Of the processor, to be said."""


@cache
def suited() -> Suited:
    """Asks the operating system once, 30 ms."""
    from archspec.cpu import detect, host

    # What the processor tells, and what is known of its kind: macOS tells the kind alone, and a virtual machine that
    # hides one flag (seen: pku) makes a Zen 4 pass for a processor of no kind.
    has = detect.detected_info().features | host().features
    for name in DOT_PRODUCTS:
        if name in has:
            return Suited(form="int8", because=f"this processor has {name}")
    return Suited(form="half", because=f"this processor has none of {', '.join(DOT_PRODUCTS)}")


@cache
def ids() -> Mapping[str, Path]:
    """Model id of each form → its file."""
    return {NetworkFile(path, threads=1).card.model_id: path for path in FORMS.values()}


def form_for(model_id: str | None) -> Path:
    """The form that has judged so far: a case keeps to the model that it began with. Else the one that is suited.

    model_id: of what has judged; None: nothing has.
    """
    before = None if model_id is None else ids().get(model_id)  # which opens every form
    return before or FORMS[suited().form]


def are_forms(*model_ids: str) -> bool:
    """Whether all are forms of the model that ships."""
    return set(model_ids) <= set(ids())
