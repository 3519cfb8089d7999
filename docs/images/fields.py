"""fields.jpg: what the report shows of a whole field. Needs the extras `dev` and `fields`, Chromium and the picture.

Usage: python docs/images/fields.py ../shared/data/fields/all_fields/peybey/12.jpg

The picture is of PeyBey's Acute-Lymphocyte-Leukemia-Detection-by-NN (MIT licence): ALL of the kind L3.
"""

import shutil
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from leukolens import Case, Classifier
from leukolens.cases.fill import before, fill
from leukolens.model.network_file import SHIPPED
from leukolens.predict.items import gather
from leukolens.report.export import export

PICTURE = Path(__file__).with_suffix(".jpg")
SIZE = {"width": 1100, "height": 900}
"""px of the window."""


def main(picture: Path) -> None:
    with tempfile.TemporaryDirectory() as folder, Case.create(Path(folder, "slide 7.case")) as case:
        items, classifier = gather([str(picture)]), Classifier(SHIPPED)
        left = before(case, items, threads=classifier.threads)
        for _ in fill(case, items, classifier, left=left, pictures=True):
            pass
        export(case, report=Path(folder, "report.html"))
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
            page = browser.new_page(viewport=SIZE)  # type: ignore[arg-type]
            page.goto(Path(folder, "report.html").as_uri())
            page.locator("figure.field").first.screenshot(path=PICTURE, type="jpeg", quality=85)
            browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
