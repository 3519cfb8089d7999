"""images.cnmc_names: whose cell a file of C-NMC shows."""

import pytest

from leukolens.images.cnmc_names import Label, parse_name


@pytest.mark.parametrize(
    ("stem", "expected"),
    [
        ("UID_11_1_1_all", ("11", "all")),
        ("UID_H22_31_5_hem", ("H22", "hem")),
        ("UID_h3_2_1_hem", ("H3", "hem")),  # 36 cells of C-NMC are spelled so
        ("uid_7_1_1_ALL", ("7", "all")),
        ("UID_11_1_1", None),
        ("UID_11_1_1_all_copy", None),
        ("cell", None),
        ("", None),
    ],
)
def test_a_name_gives_subject_and_class_or_nothing(stem: str, expected: tuple[str, Label] | None) -> None:
    assert parse_name(stem) == expected
