"""base.logs: a command's lines stand on standard output, each once; a library keeps quiet."""

import logging
import subprocess
import sys

import pytest

from leukolens.base import logs


def test_a_record_is_one_plain_line_however_often_it_is_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    logs.show()
    logs.show()
    logging.getLogger("leukolens.research.train.run").info("training on 8 images, 50 % HEM")
    assert capsys.readouterr().out == "training on 8 images, 50 % HEM\n"


def test_details_are_not_shown(capsys: pytest.CaptureFixture[str]) -> None:
    logs.show()
    logging.getLogger("leukolens.anything").debug("detail")
    assert capsys.readouterr() == ("", "")


def test_a_library_keeps_quiet() -> None:
    code = "import logging, leukolens; logging.getLogger('leukolens').info('going on')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("", "")
