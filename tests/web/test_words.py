"""Each word of the pages stands in every language's catalogue."""

import re
from importlib.resources import files

import pytest

from leukolens.cases.reading import GROUPS
from leukolens.web.accounts import ROLES
from leukolens.web.pages import MEANINGS, REMARKS
from leukolens.web.words import LANGUAGES, chosen, words_of

FOLDER = files("leukolens.web")


def used() -> set[str]:
    found = {*GROUPS, *ROLES, *MEANINGS, *REMARKS}
    for place, pattern in (("templates", r"_\((?:\"([^\"]+)\"|'([^']+)')\)"), ("static", r'translated\("([^"]+)"()\)')):
        for file in FOLDER.joinpath(place).iterdir():
            if file.name.endswith((".html", ".js")):
                pairs = re.findall(pattern, file.read_text(encoding="utf-8"))
                found |= {one or other for one, other in pairs}
    return found


@pytest.mark.parametrize("language", [one for one in LANGUAGES if one != "en"])
def test_no_word_is_missing(language: str) -> None:
    assert len(used()) > 80
    assert used() - set(words_of(language).found) == set()


def test_the_reader_s_choice_goes_before_the_browser_s() -> None:
    assert chosen("fr", "de-DE,de;q=0.9") == "fr"
    assert chosen("", "pt, de-DE;q=0.9") == "de"
    assert chosen("../x", "pt") == "en"
