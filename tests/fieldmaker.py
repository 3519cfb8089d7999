"""Fields for tests: drawn ones, and each way in which a picture is not a field to judge."""

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from leukolens.research.data.phantom_fields import FieldSettings, draw_field

Rgb = NDArray[np.uint8]


def field(um_per_px: float = 0.1, **settings: object) -> Rgb:
    """Two white cells among forty red ones, but for what is given."""
    return draw_field(FieldSettings(um_per_px=um_per_px, **settings)).rgb  # type: ignore[arg-type]


def round_picture(rgb: Rgb, radius: float = 1.0) -> Rgb:
    """As a phone takes it through an eyepiece; radius: of half the shorter side."""
    height, width = rgb.shape[:2]
    y, x = np.mgrid[:height, :width]
    outside = np.hypot(x - width / 2, y - height / 2) > radius * min(height, width) / 2
    return np.where(outside[..., None], np.uint8(3), rgb)


def screenshot() -> Rgb:
    """Windows of flat colours with lines of text."""
    page = np.full((700, 1000, 3), 250, np.uint8)
    page[:60] = (30, 60, 120)
    page[100:650, 40:300] = (225, 230, 236)
    for line in range(14):
        cv2.putText(page, "cells judged: 12, refused: 3", (330, 130 + 36 * line), 0, 0.8, (20, 20, 20), 2)
    return page


def tissue() -> Rgb:
    """A section: nuclei everywhere in pink, no empty slide."""
    random = np.random.default_rng(0)
    page = np.full((700, 1000, 3), (205, 130, 175), np.float64)
    for _ in range(900):
        middle = (int(random.integers(0, 1000)), int(random.integers(0, 700)))
        axes = (int(random.integers(9, 16)), int(random.integers(7, 12)))
        cv2.ellipse(page, middle, axes, float(random.integers(0, 180)), 0, 360, (95, 55, 140), -1)
    page = cv2.GaussianBlur(page, (0, 0), 1.2) + 18 * cv2.GaussianBlur(random.standard_normal(page.shape), (0, 0), 2)
    return np.clip(page + random.normal(0, 2, page.shape), 0, 255).astype(np.uint8)


def with_bar() -> Rgb:
    """A scale bar and its text burnt in."""
    rgb = field()
    rgb[-40:-32, -180:-40] = 0
    cv2.putText(rgb, "10 um", (rgb.shape[1] - 150, rgb.shape[0] - 50), 0, 0.8, (0, 0, 0), 2)
    return rgb


BAD: dict[str, tuple[Callable[[], Rgb], str]] = {
    "no white cell": (lambda: field(white=()), "shows no white cell"),
    "out of focus": (lambda: cv2.GaussianBlur(field(), (0, 0), 25), "is out of focus"),
    "too dark": (lambda: field() // 6, "is too dark"),
    "a screenshot": (screenshot, "has no camera noise"),
    "through an eyepiece": (lambda: round_picture(field()), "is a round picture on black"),
    "tissue": (tissue, "shows no empty slide between its cells"),
    "too coarse": (lambda: field(0.3, size_um=(120.0, 90.0)), "is too coarse to be judged (0.2"),
    "red and blue swapped": (lambda: field()[..., ::-1].copy(), "has a stain that cannot be brought"),
    "grey": (lambda: np.repeat(field()[..., 1:2], 3, 2), "shows its white cells in grey"),
    "no red cells": (lambda: field(red=0, platelets=0), "has no known scale"),
}
"""What is wrong → how to draw it, and how its reason begins or what it holds."""
