"""The HL7 example of the how-to, run on a reading that is handed on."""

import json
import re
from pathlib import Path

import pytest
from handmaker import case_to_hand_on, reading

from leukolens.report.hand_on import handed

PAGE = Path(__file__).parents[2] / "docs/howto/laboratory-system.md"


@pytest.mark.parametrize("signed", [False, True])
def test_a_message_holds_the_patient_each_count_and_the_state(tmp_path: Path, signed: bool) -> None:
    (code,) = re.findall(r"```python\n(.+?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    names: dict[str, object] = {"__name__": "example"}
    exec(code, names)
    with case_to_hand_on(tmp_path, signed=signed) as case:
        (made,) = handed(case, reading(case), "fhir")
    message = names["oru"](json.loads(made.data))  # type: ignore[operator]
    segments = [segment.split("|") for segment in message.rstrip("\r").split("\r")]
    assert [segment[0] for segment in segments][:3] == ["MSH", "PID", "OBR"]
    assert segments[1][3] == r"Nowak, Łucja \T\ <b>"
    counts = {segment[3].partition("^")[0]: segment[5] for segment in segments if segment[0] == "OBX"}
    assert (counts["SHARE"], counts["HEM"], counts["NOT-JUDGED"]) == ("25.0", "3", "1")
    state = "F" if signed else "P"
    assert {segment[11] for segment in segments if segment[0] == "OBX"} == {state}
    assert segments[2][25] == state
    assert names["escaped"](r"a\b|c^d&e~f" + "\n") == r"a\E\b\F\c\S\d\T\e\R\f\.br" + "\\"  # type: ignore[operator]
