"""Initial weights: the ImageNet checkpoint recognises photos, and files that do not fit are told apart by name."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from PIL import Image
from realdata import shared
from safetensors.torch import save_file
from torch import Tensor

from leukolens.base.errors import WeightsError
from leukolens.research.networks.initial_weights import initialise
from leukolens.research.networks.mobilenet import MobileNetM

NPZ = "weights/mobilenet_v1_1.0_224_imagenet.npz"
STRIDES = (1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1)
"""Of MobileNet v1's 13 blocks."""


def network(seed: int = 0) -> MobileNetM:
    return MobileNetM(dropout=0.2, input_range="-1..1", bn_momentum=0.01, seed=seed)


def photo(name: str) -> Tensor:
    """A photo of scikit-image: the usual centre crop of 7/8 of the shorter side, at 224 px."""
    data = pytest.importorskip("skimage.data")
    try:
        image = Image.fromarray(getattr(data, name)())
    except Exception as error:  # it is not in every wheel, and then pooch fetches it
        pytest.skip(f"scikit-image cannot give {name} here: {error}")
    side = round(min(image.size) * 0.875)
    left, top = (image.width - side) // 2, (image.height - side) // 2
    pixels = image.resize((224, 224), Image.Resampling.BILINEAR, box=(left, top, left + side, top + side))
    return torch.from_numpy(np.array(pixels)).permute(2, 0, 1)[None].float()


@pytest.fixture(scope="module")
def arrays() -> dict[str, Tensor]:
    with np.load(shared(NPZ)) as file:
        return {name: torch.from_numpy(file[name]) for name in file.files}


@pytest.fixture(scope="module")
def imagenet(arrays: dict[str, Tensor]) -> MobileNetM:
    model = network()
    initialise(model, str(shared(NPZ)))
    return model.eval()


@pytest.mark.parametrize(
    ("name", "expected"), [("chelsea", {281: 0.50, 282: 0.28}), ("coffee", {967: 0.99})], ids=["tabby", "espresso"]
)
@torch.no_grad()
def test_imagenet_weights_recognise_photos(
    imagenet: MobileNetM, arrays: dict[str, Tensor], name: str, expected: dict[int, float]
) -> None:
    features = imagenet.positions(photo(name)).mean(dim=(2, 3))
    p = torch.softmax(F.linear(features, arrays["fc.weight"], arrays["fc.bias"]), dim=1)[0]
    assert int(p.argmax()) == next(iter(expected))
    assert {index: p[index].item() for index in expected} == pytest.approx(expected, abs=0.03)


@torch.no_grad()
def test_the_backbone_computes_what_tensorflow_computes(imagenet: MobileNetM, arrays: dict[str, Tensor]) -> None:
    def norm(x: Tensor, name: str) -> Tensor:
        mean, var, weight, bias = (arrays[f"{name}.{k}"] for k in ("running_mean", "running_var", "weight", "bias"))
        return F.batch_norm(x, mean, var, weight, bias, eps=1e-3).clamp(0, 6)

    def pad(x: Tensor, stride: int) -> Tensor:
        return F.pad(x, (0, 1, 0, 1) if stride == 2 else (1, 1, 1, 1))

    rgb = photo("coffee")
    x = norm(F.conv2d(pad(rgb / 127.5 - 1, 2), arrays["stem.conv.weight"], stride=2), "stem.bn")
    for number, stride in enumerate(STRIDES):
        block = f"blocks.{number}"
        kernel = arrays[f"{block}.dw.weight"]
        x = norm(F.conv2d(pad(x, stride), kernel, stride=stride, groups=len(kernel)), f"{block}.dw_bn")
        x = norm(F.conv2d(x, arrays[f"{block}.pw.weight"]), f"{block}.pw_bn")
    assert x.shape == (1, 1024, 7, 7)
    assert torch.allclose(imagenet.positions(rgb), x, atol=1e-3)


def test_imagenet_weights_leave_the_head_to_the_seed(imagenet: MobileNetM) -> None:
    assert torch.equal(imagenet.dense.weight, network().dense.weight)


def test_random_changes_nothing() -> None:
    model, fresh = network(), network().state_dict()
    initialise(model, "random")
    assert all(torch.equal(tensor, fresh[name]) for name, tensor in model.state_dict().items())


def test_a_former_model_is_taken_whole(tmp_path: Path) -> None:
    former = network(seed=5)
    former.norm.running_mean += 1
    save_file({name: tensor.contiguous() for name, tensor in former.state_dict().items()}, tmp_path / "a.safetensors")
    model = network()
    initialise(model, str(tmp_path / "a.safetensors"))
    expected = former.state_dict()
    assert all(torch.equal(tensor, expected[name]) for name, tensor in model.state_dict().items())


def write_npz(path: Path, **arrays: NDArray[np.float32]) -> None:
    np.savez(path, **arrays)


def write_npy(path: Path) -> None:
    with path.open("wb") as file:
        np.save(file, np.zeros(3))


def write_cut_npz(path: Path) -> None:
    np.savez(path, a=np.zeros(300))
    path.write_bytes(path.read_bytes()[:500])


def write_narrow(path: Path) -> None:
    save_file({"dense.weight": torch.zeros(2, 512)}, path)


BAD: list[object] = [
    pytest.param("a.txt", lambda path: path.write_text("weights"), "is neither", id="text"),
    pytest.param("a.npy", write_npy, "is neither", id="npy"),
    pytest.param("a.npz", lambda path: write_npz(path, a=np.zeros(3)), "MobileNet v1 1.0's arrays", id="other npz"),
    pytest.param("a.npz", lambda path: path.write_bytes(b"\1" * 99), "cannot be read", id="no npz"),
    pytest.param("a.npz", lambda path: path.write_bytes(b""), "cannot be read", id="empty npz"),
    pytest.param("a.npz", write_cut_npz, "cannot be read", id="cut npz"),
    pytest.param("a.npz", write_npy, "cannot be read", id="npy named npz"),
    pytest.param("a.safetensors", lambda path: path.write_bytes(b""), "does not hold", id="empty safetensors"),
    pytest.param("a.safetensors", write_narrow, "does not hold", id="other safetensors"),
]


@pytest.mark.parametrize(("name", "write", "reason"), BAD)
def test_a_file_that_does_not_fit_is_named(
    tmp_path: Path, name: str, write: Callable[[Path], object], reason: str
) -> None:
    write(tmp_path / name)
    with pytest.raises(WeightsError, match=reason) as caught:
        initialise(network(), str(tmp_path / name))
    assert str(tmp_path / name) in str(caught.value)


def test_a_missing_file_is_named() -> None:
    with pytest.raises(WeightsError, match=r"no/such\.npz: does not exist\. Give --init imagenet, random or a file"):
        initialise(network(), "no/such.npz")


@pytest.mark.parametrize("change", ["absent", "narrow"])
def test_an_npz_that_lacks_an_array_is_refused(tmp_path: Path, change: str, arrays: dict[str, Tensor]) -> None:
    values = {name: array.numpy() for name, array in arrays.items() if not name.startswith("fc.")}
    if change == "absent":
        del values["blocks.12.pw.weight"]
    else:
        values["blocks.12.pw.weight"] = values["blocks.12.pw.weight"][:512]
    write_npz(tmp_path / "a.npz", **values)
    with pytest.raises(WeightsError, match=r"a\.npz: does not hold MobileNet v1 1\.0's arrays"):
        initialise(network(), str(tmp_path / "a.npz"))


def test_offline_the_error_tells_what_to_do_and_nothing_is_written(cells: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "leukolens", "train", cells, "--out", tmp_path / "run", "--fold", "0"],
        env=os.environ | {"HF_HUB_OFFLINE": "1", "HF_HOME": str(tmp_path / "hub")},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 1
    assert "ImageNet weights could not be fetched" in done.stderr
    assert "--init mobilenet_v1_1.0_224_imagenet.npz" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "run").exists()
