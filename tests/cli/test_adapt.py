"""`leukolens adapt`: from a folder or a reviewed case to a model that `predict` takes, offline, from a base install."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from adaptmaker import laboratory
from command import leukolens
from realdata import shared

from leukolens import Case, Classifier
from leukolens.adapt.field_cells import cut_out_or_middle
from leukolens.cases.reading import cells_of
from leukolens.cases.review import ReaderVerdict, review
from leukolens.images.decode import as_image, read_rgb
from leukolens.model import form
from leukolens.model.network_file import NetworkFile, as_input
from leukolens.model.preprocess import to_network

SECOND_CAMERA = 0.089
"""µm per px of ALL-IDB2's pictures in warm light; docs/results/elsewhere.md."""
BASE_AND_OFFLINE = """
import socket, sys
for name in ("torch", "torchvision", "timm", "lightning", "scipy", "sklearn", "skimage", "matplotlib", "onnx", "cv2"):
    sys.modules[name] = None  # as if it were not installed
def refuse(*arguments, **options):
    raise OSError("there is no network here")
socket.socket.connect = socket.getaddrinfo = refuse
from leukolens.cli import main
main(sys.argv[1:])
"""


def offline(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", BASE_AND_OFFLINE, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True)


def test_a_laboratory_teaches_and_judges_from_a_base_install_offline(tmp_path: Path) -> None:
    cells, ours = laboratory(tmp_path / "cells"), tmp_path / "ours.onnx"
    taught = offline("adapt", cells, "--out", ours)
    assert taught.returncode == 0, taught.stderr
    assert "Taught by 15 ALL and 15 HEM cells of 6 patients" in taught.stdout
    assert "Measured with patients left out, in 6 parts" in taught.stdout
    assert f"model {Classifier(ours).card.model_id}: {ours}" in taught.stdout
    before, after = (offline("predict", cells, *model) for model in ((), ("--model", ours)))
    assert before.returncode == 1, "every cell is refused: another stain"
    assert after.returncode == 0, after.stderr
    assert "30 judged" in after.stderr


def elsewhere(folder: Path) -> Path:
    """The pictures of ALL-IDB2's second camera in all/ and hem/."""
    source = shared("fields/allidb2")
    blasts = [path for path in sorted((source / "all").iterdir()) if path.name >= "Im075"]
    for name, paths in (("all", blasts), ("hem", sorted((source / "hem").iterdir()))):
        (folder / name).mkdir(parents=True)
        for path in paths:
            shutil.copy(path, folder / name)
    return folder


def test_another_laboratorys_real_cells_teach_from_a_base_install_offline(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("cv2")
    pictures, cells, ours = elsewhere(tmp_path / "pictures"), tmp_path / "cells", tmp_path / "ours.onnx"
    for path in pictures.glob("*/*"):
        rgb = cut_out_or_middle(path, um_per_px=SECOND_CAMERA)
        if isinstance(rgb, str):
            assert "is not one that `predict` judges: " in rgb
            continue
        (cells / path.parent.name).mkdir(parents=True, exist_ok=True)
        as_image(rgb).save(cells / path.parent.name / f"{path.stem}.png")
    taught = offline("adapt", cells, "--out", ours)
    assert taught.returncode == 0, taught.stderr
    assert "Taught by 26 ALL and 41 HEM cells" in taught.stdout
    lineage = Classifier(ours).card.lineage
    assert lineage is not None
    assert lineage.auroc > lineage.parent_auroc + 0.03
    assert "67 judged" in offline("predict", cells, "--model", ours).stderr
    assert leukolens("adapt", pictures, "--um-per-px", SECOND_CAMERA, "--out", tmp_path / "same.onnx") == 0
    (measured,) = (line for line in capsys.readouterr().out.splitlines() if line.startswith("  AUROC"))
    assert measured in taught.stdout, "the pictures teach as their cut-outs do"
    refused = offline("adapt", pictures, "--out", tmp_path / "none.onnx")
    assert refused.returncode == 1
    assert "is not a cut-out: this needs cv2, which is not installed. pip install 'leukolens[fields]'" in refused.stderr


def test_nothing_is_written_over(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cells, day = laboratory(tmp_path / "cells"), tmp_path / "day.case"
    day.write_bytes(b"reviewed")
    for arguments, told in (
        (("adapt", cells, "--out", day), "exists already. Write another file, or replace it with --force"),
        (("adapt", day, "--out", day, "--force"), "is what the model is to learn from. Give another --out"),
    ):
        assert leukolens(*arguments) == 1
        assert told in capsys.readouterr().err
        assert day.read_bytes() == b"reviewed"


def test_what_is_told_of_a_folder_is_refused_beside_cases(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for option, value in (("--um-per-px", 0.1), ("--patient-from", "parent")):
        assert leukolens("adapt", tmp_path / "day.case", option, value, "--out", tmp_path / "ours.onnx") == 2
        assert "is for folders; a case knows its own" in capsys.readouterr().err
    assert leukolens("adapt", tmp_path, "--um-per-px", "nan", "--out", tmp_path / "ours.onnx") == 2
    assert "is not a number" in capsys.readouterr().err


def test_a_reviewed_case_teaches(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cells, day, ours = laboratory(tmp_path / "cells"), tmp_path / "day.case", tmp_path / "ours.onnx"
    leukolens("predict", cells, "--case", day)
    with Case.open(day, who="Anna") as case:
        for patient in {one.patient for one in case.inputs()}:
            with case.reading() as connection:
                found = cells_of(connection, case.id, patient)
            for cell in found:
                said: ReaderVerdict = "ALL" if "_all" in cell.path else "HEM"
                review(case, cell.id, role="reader", expected=0, verdict=said)
    capsys.readouterr()
    assert leukolens("adapt", day, "--out", ours) == 0
    assert "15 ALL and 15 HEM cells of 6 patients" in capsys.readouterr().out
    assert Classifier(ours).card.lineage is not None


def test_a_worse_model_is_not_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The parent's own verdicts as the truth: nothing answers these better than the parent."""
    ours = tmp_path / "ours.onnx"
    assert leukolens("adapt", by_parents_verdict(tmp_path), "--out", ours) == 1
    assert "worse than its parent" in capsys.readouterr().err
    assert not ours.exists()


def by_parents_verdict(folder: Path) -> Path:
    """A laboratory's cells, as ALL the half to which the parent gives the higher log-odds."""
    network = NetworkFile(threads=1)

    def logit(path: Path) -> float:
        pixels = to_network(read_rgb(path), network.card.preprocess, name=path)
        return float(network.scores(as_input([pixels])).logit[0])

    ranked = sorted(sorted(laboratory(folder / "cells").glob("*/*.png")), key=logit)
    for number, path in enumerate(ranked):
        room = folder / "truth" / ("hem" if number < len(ranked) / 2 else "all")
        room.mkdir(parents=True, exist_ok=True)
        path.rename(room / f"{number}.png")
    return folder / "truth"


def test_the_gain_over_the_form_that_judges_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(form, "suited", lambda: form.Suited(form="half", because=""))
    assert leukolens("adapt", laboratory(tmp_path / "cells"), "--out", tmp_path / "ours.onnx") == 0
    assert "compared with the form that judges now: AUROC" in capsys.readouterr().out
