"""report.png: the report on generated cells, as the README shows it. Needs the extra `dev` and Chromium.

Usage: python docs/images/report.py
"""

import shutil
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from leukolens import Case, Classifier
from leukolens.cases.fill import before, fill
from leukolens.predict.items import gather
from leukolens.report.export import export
from leukolens.research.data.phantoms import PhantomSettings, write_phantoms

PICTURE = Path(__file__).with_suffix(".png")
SIZE = {"width": 1200, "height": 1180}
"""px of the window."""


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, Case.create(Path(folder, "generated cells.case")) as case:
        write_phantoms(Path(folder, "cells"), PhantomSettings(folds=1, subjects=1, cells=12, seed=1))
        items, classifier = gather([str(Path(folder, "cells"))]), Classifier()
        left = before(case, items, threads=classifier.threads)
        for _ in fill(case, items, classifier, left=left, pictures=True):
            pass
        export(case, report=Path(folder, "report.html"))
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
            page = browser.new_page(viewport=SIZE)  # type: ignore[arg-type]
            page.goto(Path(folder, "report.html").as_uri())
            page.screenshot(path=PICTURE)
            browser.close()


if __name__ == "__main__":
    main()
