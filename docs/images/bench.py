"""The pages of `leukolens review` at 1440 and 820 px, as the tutorials show them. Needs the extras `dev`, `review`
and `fields`, and Chromium.

Usage: python docs/images/bench.py FIELD.jpg

The gallery shows generated cells. FIELD.jpg: a field of PeyBey/Acute-Lymphocyte-Leukemia-Detection-by-NN (MIT).
"""

import contextlib
import hashlib
import io
import shutil
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np
import uvicorn
from PIL import Image
from playwright.sync_api import Page, sync_playwright

from leukolens import Case, Classifier
from leukolens.cases.fill import before, fill, judged_of
from leukolens.cases.picture import picture_of
from leukolens.cases.reading import patients
from leukolens.cases.record import Answer, Cell, Judged
from leukolens.cases.review import review
from leukolens.cases.row import row_of
from leukolens.cells.cut_out import cut_out
from leukolens.cells.field import read_field
from leukolens.images.decode import decode_rgb
from leukolens.model.network_file import SHIPPED
from leukolens.predict.items import gather
from leukolens.research.data.phantoms import PhantomSettings, write_phantoms
from leukolens.web import server
from leukolens.web.accounts import Accounts
from leukolens.web.app import create_app
from leukolens.web.settings import ReviewSettings

FOLDER = Path(__file__).parent
PORT = 8799
READER, PASSWORD = "Anna Weiß", "correct horse battery"
SIZES = ((1440, 900), (820, 1100))
"""px of the window."""


def main(field: Path) -> None:
    field = field.resolve()
    with tempfile.TemporaryDirectory() as name, contextlib.chdir(name):
        where = Path("Tuesday.case")
        classifier = Classifier()
        with Case.create(where, who="the run") as case:
            _generated(case, classifier, Path("cells"))
            case.add([_judged_field(field, classifier)])
            _read_some(case)
        place = f"127.0.0.1:{PORT}"
        settings = ReviewSettings(hosts=frozenset({place}), local=False, uploads=Path("uploads"))
        accounts = Accounts(Path("readers.json"))
        accounts.put(READER, "supervisor", PASSWORD)
        with server.bench(str(where), settings, accounts, model=SHIPPED) as bench:
            running = uvicorn.Server(uvicorn.Config(create_app(bench), port=PORT, log_level="warning", lifespan="off"))
            thread = threading.Thread(target=running.run, daemon=True)
            thread.start()
            while not running.started:
                time.sleep(0.05)
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
                for width, height in SIZES:
                    page = browser.new_page(viewport={"width": width, "height": height})
                    page.goto(f"http://{place}/login")
                    page.get_by_label("Name").fill(READER)
                    page.get_by_label("Password").fill(PASSWORD)
                    page.get_by_role("button", name="Enter").click()
                    page.wait_for_url("**/")
                    _show(page, f"http://{place}", str(width), *_ids(where))
                browser.close()
            running.should_exit = True
            thread.join()


def _generated(case: Case, classifier: Classifier, folder: Path) -> None:
    write_phantoms(folder, PhantomSettings(folds=1, subjects=2, cells=24, seed=1))
    items = gather([str(folder)])
    left = before(case, items, threads=classifier.threads)
    for _ in fill(case, items, classifier, left=left, pictures=True):
        pass


def _judged_field(path: Path, classifier: Classifier) -> Judged:
    """Each white cell that is found, cut out and judged."""
    data = path.read_bytes()
    rgb = decode_rgb(data, name=path)
    found = read_field(rgb, None)
    assert found.scale is not None
    answers = []
    for number, cell in enumerate(found.cells, 1):
        cut = cut_out(rgb, cell, um_per_px=found.scale.um_per_px)
        (prediction,) = classifier([np.asarray(cut)], explain=True)
        (answer,) = judged_of(row_of(prediction, patient=""), prediction, picture_of(prediction)).answers
        x0, y0, x1, y1 = (round(float(side)) for side in cell.box)
        outline = tuple((round(float(x), 1), round(float(y), 1)) for x, y in cell.outline[::3])
        placed = Cell(number=number, box=(x0, y0, x1, y1), polygon=outline, kind=cell.kind, area_um2=cell.area)
        answers.append(Answer(**{**vars(answer), "cell": placed}))
    size = {"width": rgb.shape[1], "height": rgb.shape[0], "um_per_px": found.scale.um_per_px}
    digest = hashlib.sha256(data).hexdigest()
    Path(path.name).write_bytes(data)
    return Judged(
        path=path.name, sha256=digest, patient="Field of PeyBey", kind="field", answers=tuple(answers), **size
    )


def _read_some(case: Case) -> None:
    with Case.open(case.where, who=READER) as anna:
        with anna.reading() as connection:
            ids = [row.id for row in connection.exec_driver_sql("SELECT id FROM cells ORDER BY id")]
        for number, cell in enumerate([*ids[:14], *ids[-4:]]):
            verdict = ("ALL", "HEM", "ALL", "other kind", "HEM")[number % 5]
            note = "two nucleoli" if number == 2 else None
            review(anna, cell, role="reader", expected=0, verdict=verdict, note=note)  # type: ignore[arg-type]


def _ids(where: Path) -> tuple[int, int]:
    """Of the patient with most words, and of the field."""
    with Case.open(where) as case:
        listed = patients(case)
        return max(listed, key=lambda one: one.counts.read).id, max(listed, key=lambda one: one.id).id


def _show(page: Page, at: str, name: str, patient: int, field: int) -> None:
    _keep(page, f"bench-list-{name}")
    page.goto(f"{at}/cases/1/patients/{patient}")
    page.locator(".cell img").first.wait_for()
    page.wait_for_timeout(800)
    _keep(page, f"bench-patient-{name}")
    page.keyboard.press(" ")
    page.wait_for_timeout(500)
    _keep(page, f"bench-large-{name}")
    page.goto(f"{at}/cases/1/fields/{field}")
    page.wait_for_timeout(1200)
    page.locator("#marks g").nth(1).focus()
    page.wait_for_timeout(300)
    _keep(page, f"bench-field-{name}")
    page.goto(f"{at}/cases/1/log")
    page.get_by_role("button", name="Check the chain").click()
    page.locator("#checked p").wait_for()
    _keep(page, f"bench-log-{name}")


def _keep(page: Page, name: str) -> None:
    image = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    image.save(FOLDER / f"{name}.webp", quality=72, method=6)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
