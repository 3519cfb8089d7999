"""The pages of `leukolens review` at 1440, 820 and 390 px, as the tutorials show them. Needs the extras `dev`, `review`
and `fields`, and Chromium.

Usage: python docs/images/bench.py FIELD.jpg …

The gallery shows generated cells. FIELD.jpg: fields of PeyBey/Acute-Lymphocyte-Leukemia-Detection-by-NN (MIT).
"""

import contextlib
import io
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import uvicorn
from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from leukolens import Case, Classifier
from leukolens.cases.fill import before, fill
from leukolens.cases.reading import cells_of, patients
from leukolens.cases.review import ReaderVerdict, review, version_of
from leukolens.cases.sign import sign
from leukolens.model.network_file import SHIPPED
from leukolens.predict.items import gather
from leukolens.research.data.phantoms import PhantomSettings, phantoms
from leukolens.web import server
from leukolens.web.accounts import Accounts
from leukolens.web.app import create_app
from leukolens.web.settings import ReviewSettings

FOLDER = Path(__file__).parent
PORT = 8799
PLACE = f"127.0.0.1:{PORT}"
READER, SECOND, PASSWORD = "Anna Weiß", "Bruno Klein", "correct horse battery"
SIZES = ((1440, 900), (820, 1100))
"""px of the window: a desk and a tablet."""
TELEPHONE = (390, 844)
ON_A_TELEPHONE = ("patient", "large", "field")
"""Pages that are shown on it too."""
PATIENTS = {"1": "P-0311", "H1": "P-0312", "2": "P-0313"}
"""Of the generated cells: their subject → the patient's name here."""
OF_FIELDS = "P-0314"


def main(fields: Sequence[Path]) -> None:
    fields = [field.resolve() for field in fields]
    with tempfile.TemporaryDirectory() as name, contextlib.chdir(name):
        _drawn(Path("day"))
        for field in fields:
            (Path("day") / OF_FIELDS).mkdir(exist_ok=True)
            shutil.copy(field, Path("day", OF_FIELDS))
        with Case.create("Tuesday.case", who=READER) as case:
            _judged(case, Path("day"))
            _worked(case)
        Case.create("new.case").close()
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
            for width, height in (*SIZES, TELEPHONE):
                with _entered(browser, "Tuesday.case", width, height) as page:
                    _show(page, str(width), Path("Tuesday.case"))
            with _entered(browser, "new.case", *SIZES[-1]) as page:
                _watch(page, sorted(Path("day", PATIENTS["H1"]).iterdir()))
            browser.close()


def _drawn(folder: Path) -> None:
    """day/PATIENT/NUMBER.png."""
    for name, rgb in phantoms(PhantomSettings(folds=1, subjects=2, cells=24, seed=1)):
        _, subject, _, number, _ = Path(name).stem.split("_")
        if subject in PATIENTS:
            place = folder / PATIENTS[subject]
            place.mkdir(parents=True, exist_ok=True)
            Image.fromarray(rgb).save(place / f"{int(number):02}.png")


def _judged(case: Case, folder: Path) -> None:
    """As `leukolens predict --patient-from parent` does it."""
    classifier, items = Classifier(SHIPPED), gather([str(folder)], patient_from="parent")
    left = before(case, items, threads=classifier.threads)
    for _ in fill(case, items, classifier, left=left, pictures=True):
        pass


def _worked(case: Case) -> None:
    """The first patient is read in part; the second signed by one reader and read blind by another."""
    drawn: tuple[ReaderVerdict, ...] = ("ALL", "ALL", "HEM", "ALL", "other kind")
    _say(case, PATIENTS["1"], READER, drawn, part=14)
    _say(case, PATIENTS["H1"], READER, ("HEM", "HEM", "HEM", "ALL", "HEM"))
    _say(case, PATIENTS["H1"], SECOND, ("HEM", "HEM", "HEM", "ALL", "HEM", "not assessable", "HEM", "HEM"), blind=True)
    _say(case, OF_FIELDS, READER, ("ALL", "other kind", "HEM"), part=4)


def _say(
    case: Case, patient: str, reader: str, verdicts: Sequence[ReaderVerdict], *, part: int = 0, blind: bool = False
) -> None:
    """The reader's words on the first `part` cells, or on all, which they sign then."""
    with Case.open(case.where, who=reader) as own:
        with own.reading() as connection:
            cells = cells_of(connection, own.id, patient)
        for number, cell in enumerate(cells[: part or None]):
            note = "two nucleoli" if number == 2 else None
            verdict = verdicts[number % len(verdicts)]
            review(own, cell.id, role="reader", expected=0, verdict=verdict, note=note, blind=blind)
        if not part:
            with own.reading() as connection:
                again = cells_of(connection, own.id, patient, blind=reader if blind else None)
            seen = version_of(cell.word for cell in again)
            number = _id(own, patient)
            sign(own, number, role="technician", meaning="I have read these cells", expected=seen, blind=blind)


def _id(case: Case, patient: str) -> int:
    return next(one.id for one in patients(case) if one.name == patient)


@contextlib.contextmanager
def _entered(browser: Browser, where: str, width: int, height: int) -> Iterator[Page]:
    """The work list of a bench over a store, as its supervisor sees it."""
    settings = ReviewSettings(hosts=frozenset({PLACE}), local=False, uploads=Path("uploads"))
    accounts = Accounts(Path("readers.json"))
    accounts.put(READER, "supervisor", PASSWORD)
    with server.bench(where, settings, accounts, model=SHIPPED) as bench:
        running = uvicorn.Server(uvicorn.Config(create_app(bench), port=PORT, log_level="warning", lifespan="off"))
        thread = threading.Thread(target=running.run, daemon=True)
        thread.start()
        while not running.started:
            time.sleep(0.05)
        page = browser.new_page(viewport={"width": width, "height": height})
        page.goto(f"http://{PLACE}/login")
        page.get_by_label("Name").fill(READER)
        page.get_by_label("Password").fill(PASSWORD)
        _keep(page, f"bench-enter-{width}")
        page.get_by_role("button", name="Log in").click()
        page.wait_for_url("**/")
        yield page
        page.close()
        running.force_exit = running.should_exit = True
        thread.join()


def _show(page: Page, name: str, where: Path) -> None:
    with Case.open(where) as case:
        read, signed, fields = (_id(case, one) for one in (PATIENTS["1"], PATIENTS["H1"], OF_FIELDS))
    case_at = f"http://{PLACE}/cases/1"
    _keep(page, f"bench-list-{name}")
    page.goto(f"{case_at}/patients/{read}")
    page.locator(".cell img").first.wait_for()
    page.wait_for_timeout(800)
    if name == str(TELEPHONE[0]):  # the patient's card alone fills it
        page.locator(".filters").evaluate("one => one.scrollIntoView()")
        page.wait_for_timeout(300)
    _keep(page, f"bench-patient-{name}")
    page.keyboard.press(" ")
    page.wait_for_timeout(500)
    _keep(page, f"bench-large-{name}")
    page.goto(f"{case_at}/fields/{fields + 1}")
    page.wait_for_timeout(1200)
    page.locator("#marks g.group-all").first.focus()
    page.wait_for_timeout(300)
    _keep(page, f"bench-field-{name}")
    page.goto(f"{case_at}/patients/{signed}")
    page.locator(".cell img").first.wait_for()
    page.wait_for_timeout(800)
    _keep(page, f"bench-signed-{name}")
    page.goto(f"{case_at}/log")
    page.get_by_role("button", name="Check the chain").click()
    page.locator("#checked p").wait_for()
    _keep(page, f"bench-log-{name}")


def _watch(page: Page, pictures: Sequence[Path]) -> None:
    """An empty bench, and the pictures that were dropped into it while they are judged."""
    _sized(page, "bench-empty")
    page.get_by_label("Patient", exact=True).fill(PATIENTS["H1"])
    page.locator('input[type="file"]').set_input_files(pictures)
    while page.locator(".watch progress").evaluate("one => one.value") < 3:
        time.sleep(0.05)
    _sized(page, "bench-judging")
    page.get_by_role("link", name=PATIENTS["H1"]).wait_for(timeout=60_000)


def _sized(page: Page, name: str) -> None:
    """At every size, in one go."""
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        _keep(page, f"{name}-{width}")


def _keep(page: Page, name: str) -> None:
    """name: bench-PAGE-WIDTH."""
    _, shown, width = name.split("-")
    if int(width) == TELEPHONE[0] and shown not in ON_A_TELEPHONE:
        return
    image = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    image.save(FOLDER / f"{name}.webp", quality=72, method=6)


if __name__ == "__main__":
    main([Path(name) for name in sys.argv[1:]])
