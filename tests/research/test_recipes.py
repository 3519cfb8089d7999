"""research.recipes: the paper's recipe and ours, by name."""

from dataclasses import replace
from pathlib import Path

import pytest

from leukolens.base.errors import RunError
from leukolens.model.preprocess import Preprocess
from leukolens.research.recipes import RECIPES, recipe, title
from leukolens.research.settings import Augmentation, TrainSettings, describe


def test_the_papers_recipe_is_the_defaults() -> None:
    assert recipe("paper", seed=0) == TrainSettings()


def test_ours_differs_from_the_papers_in_four_settings() -> None:
    found = {"schedule": "cosine", "epochs": 4, "refit": 0.1, "augmentation": {"grey": 0.1}}
    assert describe(RECIPES["leukolens"]) == found


def test_half_is_ours_on_cells_at_half_of_the_side() -> None:
    ours = RECIPES["leukolens"]
    assert RECIPES["half"] == replace(ours, preprocess=Preprocess(size=112), epochs=12, refit=1.0)
    assert ours.preprocess.size == 2 * 112


def test_a_recipe_takes_the_seed() -> None:
    assert recipe("leukolens", seed=5) == replace(RECIPES["leukolens"], seed=5)


def test_an_unknown_name_suggests_the_nearest() -> None:
    with pytest.raises(RunError, match=r"no recipe 'papers'\. Did you mean paper\?"):
        recipe("papers", seed=0)


def test_a_file_holds_what_differs_from_the_recipe_it_names(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(
        'recipe = "leukolens"\nepochs = 9\nnoise = [0, 5]\n[augmentation]\nrotation = 180\n[preprocess]\nsize = 96\n'
    )
    ours = RECIPES["leukolens"]
    assert recipe(str(file), seed=3) == replace(
        ours,
        seed=3,
        epochs=9,
        noise=(0, 5),
        augmentation=Augmentation(grey=0.1, rotation=180.0),
        preprocess=Preprocess(size=96),
    )
    file.write_text("augmentation = false\nbalance = false\n")
    assert recipe(str(file)) == TrainSettings(augmentation=None, balance=False)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("epochs = ", "is not TOML"),
        ("speed = 9", r"speed = 9: no setting 'speed'\. There are: "),
        ("epochs = 1.5", "epochs takes int"),
        ("[batch]\nsize = 3", "there is no setting 'batch' with parts"),
        ("[augmentation]\nspin = 3", r"augmentation: spin = 3: no setting 'spin'"),
        ("batch = false", "batch takes int"),
        ('recipe = "papers"', "Did you mean paper"),
    ],
)
def test_a_wrong_file_names_itself_and_the_setting(tmp_path: Path, text: str, reason: str) -> None:
    (tmp_path / "mine.toml").write_text(text)
    with pytest.raises(RunError, match=reason):
        recipe(str(tmp_path / "mine.toml"))


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"mine\.toml: cannot be read"):
        recipe(str(tmp_path / "mine.toml"))


def test_another_network_brings_its_rate_unless_one_is_asked_for(tmp_path: Path) -> None:
    assert recipe("paper", network="vgg16").learning_rate == 1e-4
    assert recipe("paper", network="vgg16", overrides=["learning_rate=0.001"]).learning_rate == 1e-3
    (tmp_path / "mine.toml").write_text('network = "vgg16"\nlearning_rate = 0.001\n')
    assert recipe(str(tmp_path / "mine.toml")).learning_rate == 1e-3
    with pytest.raises(RunError, match="Did you mean resnet50"):
        recipe("paper", network="resnet5")


def test_titles_are_names_of_folders() -> None:
    assert title("a/mine.toml") == "mine"
    assert title("paper", network="timm:resnet18") == "paper-timm-resnet18"
