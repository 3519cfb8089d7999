"""One scikit-learn pipeline for each method of Makem et al. 2025 §2.1 that is no CNN; names are those of `PIPELINES`.

The families are rebuilt from their descriptions, not from their code. All start from C-NMC's segmented cells, so their
ways to find a cell in a field (thresholds, filters, splitting of touching cells) have nothing to do here. Rawat's
ANFIS is left out: no well-kept library has that neuro-fuzzy network.

An SVM's distance becomes a probability by Platt's sigmoid, fitted on five folds of the training cells by image:
SVC(probability=True), which did the same, is deprecated since scikit-learn 1.9.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from sklearn.calibration import CalibratedClassifierCV
from sklearn.decomposition import PCA
from sklearn.feature_selection import SelectKBest, mutual_info_classif
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from leukolens.research.older.parzen import ParzenClassifier

CALIBRATION_FOLDS = 5
"""Training needs that many cells of each class."""
NEIGHBOURS = 15
"""Of KNN; odd, and enough of them for a probability in small steps."""
_LEAF = 10
"""Cells in a leaf of a tree, at least; a share of fewer is no probability."""
_CHOSEN = 20
"""Features that El Houby's selection keeps."""
_VARIANCE = 0.95
"""Share that PCA keeps."""

_MUTUAL = (
    "ant-colony selection → the 20 features with the most mutual information with the label: "
    "scikit-learn has no ant colony, and a filter is seeded and quick"
)
_EL_HOUBY = ("shape.*", "glcm.*", "colour.*")
_MOHAMMED = ("shape.*", "statistics.*", "dct.*")
_RAWAT = ("glcm.*", "shape.*", "colour.*")


@dataclass(frozen=True, kw_only=True)
class Family:
    """A method: what it measures and how it decides."""

    reference: str
    """Authors and year."""
    features: tuple[str, ...]
    """Patterns of feature names; see `FeatureTable.select`."""
    replaced: str
    """What stands in for a part of the original, and why; '' where nothing does."""
    frozen: tuple[str, ...] = ()
    """Networks whose pooled ImageNet features it stands on instead; see `research.older.frozen`."""
    steps: Callable[[int], tuple[Any, ...]]
    """Seed → the estimators after the scaler, the classifier last."""

    def build(self, seed: int) -> Pipeline:
        """An unfitted pipeline with predict_proba; the class weights come with `fit_pipeline`."""
        return make_pipeline(StandardScaler(), *self.steps(seed))


def _frozen(*networks: str, steps: Callable[[int], tuple[Any, ...]]) -> Family:
    return Family(
        reference="Vogado et al. 2018, Di Ruberto et al. 2020",
        features=tuple(f"{network}.*" for network in networks),
        frozen=networks,
        replaced="AlexNet, CaffeNet and VGG-f → MobileNet v1 and EfficientNet-lite0, whose ImageNet weights can be had "
        "without a server",
        steps=steps,
    )


def _svm(seed: int, *, kernel: str = "rbf") -> CalibratedClassifierCV:
    machine = SVC(kernel=kernel, degree=3, coef0=1.0 if kernel == "poly" else 0.0)
    folds = StratifiedKFold(CALIBRATION_FOLDS, shuffle=True, random_state=seed)
    return CalibratedClassifierCV(machine, method="sigmoid", cv=folds, ensemble=False)


def _knn() -> KNeighborsClassifier:
    return KNeighborsClassifier(NEIGHBOURS, weights="distance")


def _most_informative(seed: int) -> SelectKBest:
    return SelectKBest(partial(mutual_info_classif, random_state=seed), k=_CHOSEN)


PIPELINES: dict[str, Family] = {
    "area_alone": Family(
        reference="baseline, no paper: blasts are larger",
        features=("shape.cell_area",),
        replaced="",
        steps=lambda seed: (LogisticRegression(),),
    ),
    "mohapatra_2010": Family(
        reference="Mohapatra & Patra 2010",
        features=("shape.nucleus_*", "glcm.*"),
        replaced="Hausdorff dimension and contour signature of the nucleus → its solidity, convexity and Hu moments",
        steps=lambda seed: (_svm(seed),),
    ),
    "putzu_2014": Family(
        reference="Putzu, Caocci & Di Ruberto 2014",
        features=(
            "shape.cell_*",
            "zack.*",
            *(f"colour.cell_{channel}_mean" for channel in ("red", "green", "blue", "saturation")),
            *(f"glcm.{name}_d*" for name in ("contrast", "correlation", "energy", "homogeneity")),
        ),
        replaced="its 30 shape features → our 33; its 4 of colour → means of R, G, B and saturation; its 16 of texture "
        "at four angles → the same four properties at four distances: these cells have no orientation",
        steps=lambda seed: (_svm(seed),),
    ),
    "rawat_2015": Family(
        reference="Rawat et al. 2015",
        features=_RAWAT,
        replaced="",
        steps=lambda seed: (PCA(_VARIANCE, svd_solver="full"), _svm(seed)),
    ),
    "rawat_2017_knn": Family(
        reference="Rawat et al. 2017",
        features=_RAWAT,
        replaced="",
        steps=lambda seed: (PCA(_VARIANCE, svd_solver="full"), _knn()),
    ),
    "rawat_pnn": Family(
        reference="Rawat et al. 2017",
        features=_RAWAT,
        replaced="the window's width, not told by the sources at hand → Scott's rule on whitened components",
        steps=lambda seed: (PCA(_VARIANCE, svd_solver="full", whiten=True), ParzenClassifier()),
    ),
    "singhal_2014_lbp": Family(
        reference="Singhal & Singh 2014",
        features=("lbp.*",),
        replaced="nucleus by the S channel → the whole cell, in C-NMC nearly all nucleus",
        steps=lambda seed: (_svm(seed, kernel="poly"),),
    ),
    "singhal_2014_glcm": Family(
        reference="Singhal & Singh 2014",
        features=("glcm.*",),
        replaced="nucleus by the S channel → the whole cell, in C-NMC nearly all nucleus",
        steps=lambda seed: (_svm(seed, kernel="poly"),),
    ),
    "el_houby_2018_dt": Family(
        reference="El Houby 2018",
        features=_EL_HOUBY,
        replaced=_MUTUAL,
        steps=lambda seed: (
            _most_informative(seed),
            DecisionTreeClassifier(min_samples_leaf=_LEAF, random_state=seed),
        ),
    ),
    "el_houby_2018_knn": Family(
        reference="El Houby 2018",
        features=_EL_HOUBY,
        replaced=_MUTUAL,
        steps=lambda seed: (_most_informative(seed), _knn()),
    ),
    "el_houby_2018_nb": Family(
        reference="El Houby 2018",
        features=_EL_HOUBY,
        replaced=_MUTUAL,
        steps=lambda seed: (_most_informative(seed), GaussianNB()),
    ),
    "el_houby_2018_svm": Family(
        reference="El Houby 2018",
        features=_EL_HOUBY,
        replaced=_MUTUAL,
        steps=lambda seed: (_most_informative(seed), _svm(seed)),
    ),
    "mohammed_2021_knn": Family(
        reference="Mohammed & Abdulla 2021", features=_MOHAMMED, replaced="", steps=lambda seed: (_knn(),)
    ),
    "mohammed_2021_svm": Family(
        reference="Mohammed & Abdulla 2021", features=_MOHAMMED, replaced="", steps=lambda seed: (_svm(seed),)
    ),
    "mohammed_2021_nb": Family(
        reference="Mohammed & Abdulla 2021", features=_MOHAMMED, replaced="", steps=lambda seed: (GaussianNB(),)
    ),
    "bodzas_2020": Family(
        reference="Bodzas, Kodytek & Zidek 2020",
        features=(
            *(f"shape.cell_{name}" for name in ("area", "perimeter", "circularity", "eccentricity", "solidity")),
            *(f"shape.nucleus_{name}" for name in ("area", "perimeter", "circularity", "solidity")),
            "shape.nucleus_cell_ratio",
            "colour.nucleus_lightness_mean",
            "colour.cytoplasm_lightness_mean",
            *(f"statistics.cell_{name}" for name in ("variance", "skewness", "entropy")),
            "glcm.contrast_d1",
        ),
        replaced="its 16 features → 16 of the same kinds: the sources at hand do not list them; three-step filter and "
        "splitting of touching cells → nothing, C-NMC's cells are apart",
        steps=lambda seed: (_svm(seed),),
    ),
    "frozen_mobilenet": _frozen("mobilenet_m", steps=lambda seed: (_svm(seed, kernel="linear"),)),
    "frozen_lite0": _frozen("efficientnet_lite0", steps=lambda seed: (_svm(seed, kernel="linear"),)),
    "frozen_both": _frozen(
        "mobilenet_m",
        "efficientnet_lite0",
        steps=lambda seed: (PCA(_VARIANCE, svd_solver="full"), _svm(seed)),
    ),
}
"""By name; `fit_pipeline` takes it."""
