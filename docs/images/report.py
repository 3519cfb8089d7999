"""The report on generated cells, as README and tutorial show it at three widths. Needs the extra `dev` and Chromium.

Usage: python docs/images/report.py
"""

import shutil
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

from leukolens import Case, Classifier
from leukolens.cases.fill import before, fill
from leukolens.model.network_file import SHIPPED
from leukolens.predict.items import gather
from leukolens.report.export import export
from leukolens.research.data.phantoms import PhantomSettings, write_phantoms

HERE = Path(__file__).resolve().parent
SIZES = {"report": (1440, 1180), "report-tablet": (820, 1100), "report-phone": (390, 844)}
"""Name of the picture → px of the window."""
_COLOURS = 128
"""Of a picture: enough for text and cells, a third of the bytes."""


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, Case.create(Path(folder, "generated cells.case")) as case:
        write_phantoms(Path(folder, "cells"), PhantomSettings(folds=1, subjects=1, cells=12, seed=1))
        items, classifier = gather([str(Path(folder, "cells"))]), Classifier(SHIPPED)
        left = before(case, items, threads=classifier.threads)
        for _ in fill(case, items, classifier, left=left, pictures=True):
            pass
        export(case, report=Path(folder, "report.html"))
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
            for name, (width, height) in SIZES.items():
                page = browser.new_page(viewport={"width": width, "height": height})
                page.goto(Path(folder, "report.html").as_uri())
                if name != "report":  # the head on one picture, the cells on the others
                    page.evaluate("document.getElementById('cells-title').scrollIntoView()")
                    page.locator("#cells tbody tr:nth-child(5) svg").wait_for()
                page.screenshot(path=HERE / f"{name}.png")
                page.close()
                with Image.open(HERE / f"{name}.png") as picture:
                    small = picture.convert("RGB").quantize(_COLOURS, dither=Image.Dither.NONE)
                small.save(HERE / f"{name}.png", optimize=True)
            browser.close()


if __name__ == "__main__":
    main()
