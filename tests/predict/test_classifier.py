"""The classifier: the same verdict however an image comes, a reason where there is none, and no foreign model files."""

import hashlib
import io
import time
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cardmaker import CALIBRATED
from modelmaker import with_card
from numpy.typing import NDArray
from PIL import Image

from leukolens import Classifier
from leukolens.cells.quality import QualityLimits, measure
from leukolens.images.decode import decode, read_rgb
from leukolens.model import form
from leukolens.model.card import from_json
from leukolens.model.network_file import SHIPPED_HALF, as_input
from leukolens.model.preprocess import crop_and_resize, to_network


@pytest.fixture(scope="module")
def classifier(model: Path) -> Classifier:
    return Classifier(model)


@pytest.fixture(scope="module")
def files(cells: Path) -> list[Path]:
    return sorted(cells.glob("fold_1/*/*.bmp"))[::5]


def test_without_a_file_the_form_that_suits_the_processor_judges(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(form, "suited", lambda: form.Suited(form="half", because=""))
    assert Classifier().path == SHIPPED_HALF


@pytest.mark.parametrize("error", [MemoryError(), KeyError(320)])
def test_whatever_looking_raises_is_that_files_reason(
    classifier: Classifier, files: list[Path], error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail_once(*args: Any, name: str, **more: Any) -> NDArray[np.uint8]:
        if name == str(files[1]):
            raise error
        return crop_and_resize(*args, name=name, **more)

    monkeypatch.setattr("leukolens.predict.classifier.crop_and_resize", fail_once)
    first, broken, *rest = classifier(files)
    assert broken.verdict is None
    assert broken.reason.startswith(f"could not be processed ({type(error).__name__}")
    assert all(answer.verdict is not None for answer in (first, *rest))


def test_files_and_arrays_are_judged_alike(classifier: Classifier, files: list[Path]) -> None:
    from_files = list(classifier(files))
    from_text = list(classifier(map(str, files)))
    from_arrays = list(classifier(read_rgb(file) for file in files))
    assert from_files == from_text
    assert [one.p_all for one in from_files] == [one.p_all for one in from_arrays]
    assert [one.verdict for one in from_files] == [one.verdict for one in from_arrays]
    assert [one.path for one in from_files] == [str(file) for file in files]
    assert [one.path for one in from_arrays] == [f"array {number}" for number in range(len(files))]


def test_the_probability_is_the_models(classifier: Classifier, files: list[Path]) -> None:
    pixels = [to_network(read_rgb(file), classifier.card.preprocess, name=file) for file in files]
    assert pixels[0].shape == (64, 64, 3)
    logit = classifier.scores(as_input(pixels)).logit.astype(np.float64)
    p_all = [one.p_all for one in classifier(files)]
    assert p_all == pytest.approx((1 / (1 + np.exp(-logit))).tolist(), abs=1e-9)
    assert len(set(p_all)) > 1


def test_every_prediction_names_the_model(classifier: Classifier, files: list[Path], tmp_path: Path) -> None:
    predictions = list(classifier([*files, tmp_path / "absent.png"]))
    assert {one.model_id for one in predictions} == {classifier.card.model_id}
    assert len(classifier.card.model_id) == 12


BAD: list[tuple[NDArray[np.generic], str]] = [
    (np.zeros((450, 450, 3), np.float32), r"is float32 (450, 450, 3); expected uint8 (H, W, 3) RGB"),
    (np.zeros((450, 450), np.uint8), r"is uint8 (450, 450); expected uint8 (H, W, 3) RGB"),
    (np.zeros((450, 450, 4), np.uint8), r"is uint8 (450, 450, 4); expected uint8 (H, W, 3) RGB"),
    (np.zeros((3, 450, 450), np.uint8), r"is uint8 (3, 450, 450); expected uint8 (H, W, 3) RGB"),
    (np.zeros((450, 450, 3), np.uint16), r"is uint16 (450, 450, 3); expected uint8 (H, W, 3) RGB"),
    (np.zeros((299, 450, 3), np.uint8), "is 450×299 px, smaller than the crop of 300 px"),
    (np.zeros((0, 5, 3), np.uint8), r"is uint8 (0, 5, 3); expected uint8 (H, W, 3) RGB"),
]


@pytest.mark.parametrize(("array", "reason"), BAD)
def test_an_array_that_is_no_image_gets_a_reason(classifier: Classifier, array: NDArray[np.uint8], reason: str) -> None:
    (prediction,) = classifier([array])
    assert (prediction.verdict, prediction.p_all) == (None, None)
    assert prediction.reason.startswith(reason)
    assert prediction.path == "array 0"


def test_bad_files_do_not_stop_the_others_and_order_is_kept(
    classifier: Classifier, files: list[Path], tmp_path: Path
) -> None:
    (tmp_path / "text.png").write_text("no image")
    (tmp_path / "cut.bmp").write_bytes(files[0].read_bytes()[:2000])
    mixed = [tmp_path / "absent.png", files[0], tmp_path / "text.png", files[1], files[2], tmp_path / "cut.bmp"]
    predictions = list(classifier(mixed))
    assert [one.path for one in predictions] == [str(path) for path in mixed]
    assert [one.verdict is None for one in predictions] == [True, False, True, False, False, True]
    assert [one.p_all for one in predictions if one.verdict] == [one.p_all for one in classifier(files[:3])]
    assert "cannot be read" in predictions[0].reason
    assert "is not a BMP" in predictions[2].reason
    assert "cut short" in predictions[5].reason
    assert all(one.reason == classifier.missing for one in predictions if one.verdict)


@pytest.mark.parametrize("batch", [1, 3, 100])
def test_the_batch_size_changes_nothing(model: Path, files: list[Path], batch: int, tmp_path: Path) -> None:
    paths = [files[0], tmp_path / "absent.png", *files[1:]]
    p_all = [one.p_all for one in Classifier(model, batch=batch, threads=1)(paths)]
    expected = [one.p_all for one in Classifier(model)(paths)]
    assert p_all[1] is expected[1] is None
    assert p_all[:1] + p_all[2:] == pytest.approx(expected[:1] + expected[2:], abs=1e-6)


def test_answers_come_while_images_still_arrive(model: Path, files: list[Path]) -> None:
    given = 0

    def arriving() -> list[Path]:  # type: ignore[misc]
        nonlocal given
        for file in files:
            given += 1
            yield file

    next(iter(Classifier(model, batch=2)(arriving())))
    assert given == 2


def test_no_images_give_no_predictions(classifier: Classifier) -> None:
    assert list(classifier([])) == []
    assert classifier.probabilities([]).shape == (0,)


def test_each_file_has_its_digest_and_an_array_none(classifier: Classifier, files: list[Path], tmp_path: Path) -> None:
    text = tmp_path / "text.png"
    text.write_text("no image")
    found = list(classifier([files[0], text, tmp_path / "absent.png", read_rgb(files[0])]))
    digests = [hashlib.sha256(path.read_bytes()).hexdigest() for path in (files[0], text)]
    assert [one.sha256 for one in found] == [*digests, "", ""]


def test_an_explained_answer_holds_what_the_network_saw_and_its_evidence(
    classifier: Classifier, files: list[Path], tmp_path: Path
) -> None:
    plain = list(classifier([*files[:3], tmp_path / "absent.png"]))
    assert [(one.pixels, one.evidence, one.band) for one in plain] == [(None, None, None)] * 4
    explained = list(classifier([*files[:3], tmp_path / "absent.png"], explain=True))
    assert explained == plain
    for file, one in zip(files, explained[:3], strict=False):
        assert one.pixels is not None
        assert one.evidence is not None
        np.testing.assert_array_equal(one.pixels, to_network(read_rgb(file), classifier.card.preprocess, name=file))
        assert 1 / (1 + np.exp(-one.evidence.mean(dtype=np.float64))) == pytest.approx(one.p_all, abs=1e-5)
    assert explained[3].pixels is explained[3].evidence is None


def test_the_answer_is_the_same_to_the_last_bit_whatever_stands_beside_it(model: Path, files: list[Path]) -> None:
    together = [one.p_all for one in Classifier(model, threads=2)(files)]
    alone = [next(iter(Classifier(model, threads=1, batch=1)([file]))).p_all for file in files[:5]]
    assert together[:5] == alone


@pytest.mark.parametrize(("threads", "most"), [(1, 1), (2, 1), (3, 2), (4, 2)])
def test_half_of_the_threads_at_most_rounded_up_look_at_images(
    model: Path, files: list[Path], monkeypatch: pytest.MonkeyPatch, threads: int, most: int
) -> None:
    inside: list[int] = []
    seen: list[int] = []

    def slow(data: bytes, *, name: str) -> Image.Image:
        inside.append(1)
        seen.append(len(inside))
        time.sleep(0.01)
        inside.pop()
        return decode(data, name=name)

    monkeypatch.setattr("leukolens.predict.classifier.decode", slow)
    list(Classifier(model, threads=threads, batch=1)(files[:12]))
    assert max(seen) == most


def test_one_file_alone_is_no_list(classifier: Classifier, files: list[Path]) -> None:
    for alone in (files[0], str(files[0]), read_rgb(files[0])):
        with pytest.raises(TypeError, match="give a list of files or arrays, not one"):
            list(classifier(alone))  # type: ignore[arg-type]
    several = np.stack([read_rgb(file) for file in files[:2]])
    assert [one.p_all for one in classifier(several)] == [one.p_all for one in classifier(files[:2])]


def test_inside_the_band_the_answer_is_uncertain(model: Path, tmp_path: Path, files: list[Path]) -> None:
    first = list(Classifier(model)(files))
    low, *_, high = sorted(one.p_all for one in first if one.p_all is not None)[1:-1]
    classifier = Classifier(with_card(model, tmp_path / "band.onnx", lambda card: card.update(band=(low, high))))
    verdicts = {one.p_all: (one.verdict, one.reason) for one in classifier(files)}
    inside = ("uncertain", "p(ALL) lies inside the model's band")
    for one in first:
        assert one.p_all is not None
        assert verdicts[one.p_all] == (inside if low <= one.p_all <= high else (one.verdict, classifier.missing))
    assert {one.band for one in classifier(files)} == {(low, high)}
    assert list(verdicts.values()).count(inside) == len(verdicts) - 2


def test_the_temperature_divides_the_log_odds(model: Path, tmp_path: Path, files: list[Path]) -> None:
    plain = [one.p_all for one in Classifier(model)(files)]
    cooled = Classifier(with_card(model, tmp_path / "cooled.onnx", lambda card: card.update(temperature=2.0)))
    expected = [1 / (1 + (1 / p - 1) ** 0.5) for p in plain if p is not None]
    assert [one.p_all for one in cooled(files)] == pytest.approx(expected, rel=1e-5)
    pixels = np.zeros((1, 64, 64, 3), np.uint8)
    assert cooled.probabilities(pixels)[0] != Classifier(model).probabilities(pixels)[0]


def test_what_the_cards_limits_refuse_gets_a_reason_and_no_probability(
    model: Path, tmp_path: Path, files: list[Path]
) -> None:
    limits = asdict(
        replace(QualityLimits(), smallest_area=1, largest_area=1, highest_hue=271.0, lowest_hue=270.9, sharpness=99.0)
    )
    strict = Classifier(with_card(model, tmp_path / "strict.onnx", lambda card: card.update(quality=limits)))
    for one in strict(files, explain=True):
        assert (one.verdict, one.p_all, one.evidence) == ("refused", None, None)
        assert one.pixels is not None
        first, second = one.reason.split("; ")  # of three
        assert first.startswith("is not in the colours of the stain that the model knows")
        assert second.startswith("shows a cell that is too large")
    limits = asdict(QualityLimits())
    usual = Classifier(with_card(model, tmp_path / "usual.onnx", lambda card: card.update(quality=limits)))
    judged = list(usual(files))
    assert [one.verdict for one in judged] == [one.verdict for one in Classifier(model)(files)]
    assert [one.hue for one in judged] == [measure(read_rgb(file)).hue for file in files]
    assert [one.hue for one in strict(files)] == [one.hue for one in judged]
    assert {one.hue for one in Classifier(model)(files)} == {None}
    assert next(iter(usual([np.zeros((450, 450, 3), np.uint8)]))).hue is None


def test_a_card_with_band_and_rule_is_read_as_written() -> None:
    assert from_json(CALIBRATED.to_json(), path=Path("x")) == CALIBRATED


def test_a_card_of_the_first_format_has_neither(model: Path, tmp_path: Path) -> None:
    def first(card: dict[str, Any]) -> None:
        card["format"] = 1
        for name in ("temperature", "band", "share_rule", "quality", "calibration"):
            del card[name]

    card = Classifier(with_card(model, tmp_path / "first.onnx", first)).card
    assert (card.temperature, card.band, card.share_rule, card.calibration) == (1.0, None, None, "")


def test_the_threshold_is_the_cards(model: Path, tmp_path: Path, files: list[Path], classifier: Classifier) -> None:
    p_all = [one.p_all for one in classifier(files)]
    middle = float(np.median(p_all))
    moved = Classifier(with_card(model, tmp_path / "moved.onnx", lambda card: card.update(threshold=middle)))
    verdicts = [one.verdict for one in moved(files)]
    assert verdicts == ["ALL" if p >= middle else "HEM" for p in p_all]
    assert set(verdicts) == {"ALL", "HEM"}


def test_a_model_without_safeguards_says_so_in_each_answer(model: Path, files: list[Path]) -> None:
    classifier = Classifier(model)
    assert classifier.card.missing.startswith("This model lacks safeguards: it judges any image, a whole field too, it")
    assert classifier.missing.endswith("it accepts cells unlike any that it has seen.")
    assert {one.reason for one in classifier(files[:3])} == {classifier.missing}
    assert CALIBRATED.missing == ""


def test_bytes_and_pillow_images_are_judged_as_their_file(classifier: Classifier, files: list[Path]) -> None:
    file = files[0]
    (expected,) = classifier([file])
    with Image.open(file) as image:
        from_bytes, from_image = classifier([file.read_bytes(), image])
    assert (from_bytes.path, from_image.path) == ("bytes 0", "image 1")
    assert from_bytes.sha256 == expected.sha256
    assert from_bytes.p_all == from_image.p_all == expected.p_all


def test_anything_else_is_a_row_with_its_reason_and_loses_no_neighbour(
    classifier: Classifier, files: list[Path]
) -> None:
    broken = Image.open(io.BytesIO(files[0].read_bytes()[:2000]))
    found = list(classifier([files[0], None, 7, broken, b"no image", files[1]]))  # type: ignore[list-item]
    assert [one.verdict is None for one in found] == [False, True, True, True, True, False]
    assert found[1].reason.startswith("is a NoneType, not an image. Give a file")
    assert "cannot be read" in found[3].reason
