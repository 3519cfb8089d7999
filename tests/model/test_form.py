"""The form is the one that judged before, else the one that suits what archspec knows of the processor."""

import pytest
from archspec import cpu

from leukolens.model import form
from leukolens.model.form import Suited, are_forms, form_for, suited
from leukolens.model.network_file import SHIPPED, SHIPPED_INT8, NetworkFile

# bound when this file is read: later, `form.suited` is the test's own (conftest.processor)


def on(monkeypatch: pytest.MonkeyPatch, processor: str) -> Suited:
    """What suits that processor, by archspec's name."""
    monkeypatch.setattr(cpu, "host", lambda: cpu.TARGETS[processor])
    suited.cache_clear()
    found = suited()
    suited.cache_clear()
    return found


@pytest.mark.parametrize(
    ("processor", "wanted", "because"),
    [
        ("icelake", "int8", "this processor has avx512_vnni"),
        ("alderlake", "int8", "this processor has avx_vnni"),
        ("m1", "int8", "this processor has asimddp"),
        ("haswell", "float", "this processor has none of avx512_vnni, avx_vnni, asimddp"),
        ("zen3", "float", "this processor has none of avx512_vnni, avx_vnni, asimddp"),
        ("cortex_a72", "float", "this processor has none of avx512_vnni, avx_vnni, asimddp"),
    ],
)
def test_int8_suits_processors_that_sum_products_of_bytes(
    monkeypatch: pytest.MonkeyPatch, processor: str, wanted: str, because: str
) -> None:
    assert on(monkeypatch, processor) == Suited(form=wanted, because=because)  # type: ignore[arg-type]


def test_this_processor_is_known() -> None:
    assert suited().form in form.FORMS


def test_what_has_judged_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(form, "suited", lambda: Suited(form="int8", because=""))
    assert form_for(NetworkFile(SHIPPED, threads=1).card.model_id) == SHIPPED
    assert form_for(NetworkFile(SHIPPED_INT8, threads=1).card.model_id) == SHIPPED_INT8
    assert form_for(None) == form_for("0123456789ab") == SHIPPED_INT8


def test_forms_are_of_one_network() -> None:
    one, other = (NetworkFile(path, threads=1).card.model_id for path in (SHIPPED, SHIPPED_INT8))
    assert are_forms(one, other)
    assert not are_forms(one, "0123456789ab")
