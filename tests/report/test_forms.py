"""The forms of a reading are known without loading what makes them, and each is made."""

from command import python

from leukolens.report.forms import FORMS


def test_they_load_nothing() -> None:
    code = "import sys, leukolens.report.forms; print({'numpy', 'pydicom', 'sqlalchemy', 'PIL'} & set(sys.modules))"
    done = python(code)
    assert done.stdout == "set()\n", done.stderr


def test_each_is_named_once_and_can_stand_in_an_address() -> None:
    assert len(set(FORMS)) == len(FORMS) == 5
    assert all(form == form.lower() and form.replace("-", "").isalnum() for form in FORMS)
