"""A published way that learns from the same pictures: a forest on pixels, then watershed.

Trainable Weka Segmentation (Arganda-Carreras et al. 2017, Bioinformatics 33:2424) and ilastik (Berg et al. 2019) work
so; features are scikit-image's `multiscale_basic_features`, the forest is scikit-learn's.
"""

from pathlib import Path

import cv2
import numpy as np
from finder_pictures import outline
from finding_boxes import Finds, parted
from finding_sources import BOXED, Box, Labelled, rgb_of
from numpy.typing import NDArray
from skimage.feature import multiscale_basic_features
from sklearn.ensemble import RandomForestClassifier

from leukolens.cells.stain import find_light, optical_density

SIDE = 320
"""px of the longer side that pixels are judged at."""
PICTURES, PIXELS = 60, 300
"""Of each source, and of each picture and class."""


def trained(fields: Path, *, without: str, seed: int) -> Finds:
    """On bccd and txl_pbc, or on the one of them that is not held out."""
    random = np.random.default_rng(seed)
    inputs, targets = [], []
    for source in ("bccd", "txl_pbc"):
        pictures = list(BOXED[source](fields)) if source != without else []
        for picture in pictures[:: max(1, len(pictures) // PICTURES)]:
            rows, classes = sample(picture, random)
            inputs.append(rows)
            targets.append(classes)
    forest = RandomForestClassifier(50, max_depth=12, random_state=seed, n_jobs=1)
    forest.fit(np.concatenate(inputs), np.concatenate(targets))

    def finds(rgb: NDArray[np.uint8]) -> list[Box]:
        values, factor = pixels_of(rgb)
        height, width = values.shape[:2]
        white = forest.predict_proba(values.reshape(height * width, -1))[:, 1].reshape(height, width) > 0.5
        disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (5, 5))
        mask = cv2.morphologyEx(255 * white.astype(np.uint8), cv2.MORPH_OPEN, disc)
        return [scaled(box, 1 / factor) for box in parted(np.asarray(mask, np.uint8))]

    return finds


def sample(picture: Labelled, random: np.random.Generator) -> tuple[NDArray[np.float32], NDArray[np.int_]]:
    """(N, F) features of some pixels and (N,) whether each is part of a white cell."""
    path, boxes = picture
    rgb = rgb_of(path)
    values, factor = pixels_of(rgb)
    small = cv2.resize(rgb, values.shape[1::-1], interpolation=cv2.INTER_AREA)
    density = optical_density(np.asarray(small, np.uint8), find_light(rgb))
    red = [scaled(box, factor) for kind, box in boxes if kind == "RBC"]
    white = np.zeros(density.shape[:2], np.bool_)
    for kind, box in boxes:
        if kind == "WBC" and (outlined := outline(density, scaled(box, factor), red)):
            white |= outlined[0] > 0
    inside, outside = np.flatnonzero(white), np.flatnonzero(~white)
    taken = np.concatenate([random.permutation(inside)[:PIXELS], random.permutation(outside)[:PIXELS]])
    return values.reshape(white.size, -1)[taken], white.ravel()[taken].astype(np.int_)


def pixels_of(rgb: NDArray[np.uint8]) -> tuple[NDArray[np.float32], float]:
    """(h, w, F) features at SIDE px, and how much smaller that is."""
    factor = SIDE / max(rgb.shape[:2])
    small = cv2.resize(rgb, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    values = multiscale_basic_features(small, sigma_min=1, sigma_max=8, num_sigma=4, channel_axis=-1, workers=1)
    return np.asarray(values, np.float32), factor


def scaled(box: Box, factor: float) -> Box:
    x0, y0, x1, y1 = (factor * side for side in box)
    return x0, y0, x1, y1
