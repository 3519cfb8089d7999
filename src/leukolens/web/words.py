"""The page's words: English in the templates, other languages in words/LANGUAGE.json, English word → theirs."""

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

LANGUAGES: Mapping[str, str] = {"en": "English", "de": "Deutsch", "fr": "Français"}


class Words:
    """One language. Called with an English text it gives that language's, and the English one where there is none."""

    def __init__(self, language: str, found: Mapping[str, str]) -> None:
        self.language = language
        self.found = found

    def __call__(self, text: str) -> str:
        return self.found.get(text, text)


@cache
def words_of(language: str) -> Words:
    """language: a key of LANGUAGES."""
    if language == "en":
        return Words("en", {})
    text = files("leukolens.web").joinpath("words", f"{language}.json").read_text(encoding="utf-8")
    return Words(language, json.loads(text))


def chosen(cookie: str, accepted: str) -> str:
    """What the reader chose, else the first language that their browser asks for and that is there."""
    asked = [cookie, *(part.partition(";")[0].strip()[:2].lower() for part in accepted.split(","))]
    return next((language for language in asked if language in LANGUAGES), "en")
