"""The form is the one that judged before, else the one that suits what archspec knows of the processor."""

import pytest
from archspec import cpu
from archspec.cpu import detect

from leukolens.model import form
from leukolens.model.form import Suited, are_forms, form_for, suited
from leukolens.model.network_file import SHIPPED, SHIPPED_HALF, SHIPPED_INT8, NetworkFile

# bound when this file is read: later, `form.suited` is the test's own (conftest.processor)


def on(monkeypatch: pytest.MonkeyPatch, processor: str, told: str = "x86_64") -> Suited:
    """What suits that processor, by archspec's name. told: another's, whose flags the operating system shows."""
    monkeypatch.setattr(cpu, "host", lambda: cpu.TARGETS[processor])
    monkeypatch.setattr(detect, "detected_info", lambda: cpu.TARGETS[told])
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
        ("haswell", "half", "this processor has none of avx512_vnni, avx_vnni, asimddp"),
        ("zen3", "half", "this processor has none of avx512_vnni, avx_vnni, asimddp"),
        ("cortex_a72", "half", "this processor has none of avx512_vnni, avx_vnni, asimddp"),
    ],
)
def test_int8_suits_processors_that_sum_products_of_bytes_and_half_all_others(
    monkeypatch: pytest.MonkeyPatch, processor: str, wanted: str, because: str
) -> None:
    assert on(monkeypatch, processor) == Suited(form=wanted, because=because)  # type: ignore[arg-type]


def test_flags_count_where_a_virtual_machine_hides_the_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    assert on(monkeypatch, "x86_64_v4", told="zen4").form == "int8"
    assert on(monkeypatch, "x86_64_v4", told="skylake_avx512").form == "half"


def test_this_processor_is_known() -> None:
    assert suited().form in form.FORMS


def test_what_has_judged_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(form, "suited", lambda: Suited(form="int8", because=""))
    for path in (SHIPPED, SHIPPED_INT8, SHIPPED_HALF):
        assert form_for(NetworkFile(path, threads=1).card.model_id) == path
    assert form_for(None) == form_for("0123456789ab") == SHIPPED_INT8


def test_forms_are_known_by_their_ids() -> None:
    forms = [NetworkFile(path, threads=1).card.model_id for path in (SHIPPED, SHIPPED_INT8, SHIPPED_HALF)]
    assert are_forms(*forms)
    assert not are_forms(forms[0], "0123456789ab")
