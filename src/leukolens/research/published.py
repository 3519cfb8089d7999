"""Published numbers of Makem, Tamas & Buşoniu 2025 (doi 10.3389/frai.2025.1620252), each under its table.

They stand nowhere else. Nothing here was measured by LeukoLens.
"""

from dataclasses import dataclass

# Table 1: fold → class → train, val, test, total
TABLE_1 = {
    "0": {"all": (1677, 239, 481, 2397), "hem": (791, 113, 226, 1130)},
    "1": {"all": (1692, 241, 485, 2418), "hem": (814, 116, 233, 1163)},
    "2": {"all": (1719, 245, 493, 2457), "hem": (767, 109, 220, 1096)},
}

# Table 2: fold → HEM in training, before and after balancing
TABLE_2 = {"0": (791, 1582), "1": (814, 1628), "2": (767, 1534)}

# Table 4: layer → parameters as Keras counts them
TABLE_4 = {
    "MobileNet (no top)": 3_228_864,
    "global average pooling, dropout": 0,
    "batch normalisation": 4_096,
    "dense, softmax": 2_050,
}
TABLE_4_TOTAL, TABLE_4_TRAINABLE, TABLE_4_NON_TRAINABLE = 3_235_010, 3_211_074, 23_936


@dataclass(frozen=True, kw_only=True)
class NoiseRow:
    """One row of Tables 6–8; precision, recall and F1 are macro averages, as far as the numbers allow to tell."""

    precision: float
    recall: float
    f1: float
    accuracy: float
    balanced_accuracy: float
    """Printed as "AUC", but equal to macro recall to rounding in all 15 rows."""


def _row(*values: float) -> NoiseRow:
    precision, recall, f1, accuracy, auc = values
    return NoiseRow(precision=precision, recall=recall, f1=f1, accuracy=accuracy, balanced_accuracy=auc)


# Tables 6, 7 and 8: fold → σ → row. The methods name σ 6, the tables show 8; there is no row for 6.
TABLES_6_TO_8: dict[str, dict[float, NoiseRow]] = {
    "0": {
        0: _row(0.96, 0.95, 0.96, 0.96, 0.954),
        2: _row(0.95, 0.95, 0.95, 0.96, 0.952),
        5: _row(0.94, 0.95, 0.95, 0.95, 0.950),
        8: _row(0.96, 0.94, 0.95, 0.96, 0.941),
        10: _row(0.96, 0.92, 0.94, 0.95, 0.924),
    },
    "1": {
        0: _row(0.95, 0.95, 0.95, 0.96, 0.948),
        2: _row(0.97, 0.96, 0.96, 0.97, 0.955),
        5: _row(0.95, 0.94, 0.95, 0.95, 0.940),
        8: _row(0.96, 0.94, 0.94, 0.95, 0.936),
        10: _row(0.96, 0.93, 0.94, 0.95, 0.928),
    },
    "2": {
        0: _row(0.93, 0.94, 0.94, 0.94, 0.941),
        2: _row(0.95, 0.95, 0.95, 0.95, 0.948),
        5: _row(0.92, 0.93, 0.93, 0.94, 0.929),
        8: _row(0.94, 0.93, 0.93, 0.94, 0.928),
        10: _row(0.94, 0.92, 0.93, 0.94, 0.924),
    },
}

# Table 9: fold → (MCN, MAC). MCN: trained on the imbalanced data without augmentation; MAC: after balancing.
TABLE_9_ROWS = ("precision_all", "precision_hem", "weighted_precision", "accuracy", "balanced_accuracy")
TABLE_9 = {
    "0": {"mcn": (0.97, 0.42, 0.79, 0.57, 0.675), "mobilenet_m": (0.97, 0.95, 0.96, 0.96, 0.954)},
    "1": {"mcn": (0.98, 0.51, 0.83, 0.69, 0.767), "mobilenet_m": (0.96, 0.94, 0.96, 0.96, 0.948)},
    "2": {"mcn": (0.96, 0.37, 0.78, 0.47, 0.609), "mobilenet_m": (0.97, 0.89, 0.94, 0.94, 0.941)},
}

# Table 10: accuracy, by fold and mean
TABLE_10 = {
    "mobilenet_m": {"0": 0.96, "1": 0.96, "2": 0.94, "mean": 0.9533},
    "alnett": {"0": 0.9220, "1": 0.94, "2": 0.8720, "mean": 0.9113},
}

# Table 11: F1
TABLE_11 = {"mma_mtl": 0.91, "yolo_like": 0.92, "mobilenet_m": 0.95}
TABLE_11_NAMES = {
    "mma_mtl": "MMA-MTL (Mathury et al. 2020)",
    "yolo_like": "YOLOv4 (Khandekar et al. 2021, a subset)",
    "mobilenet_m": "MobileNet_M",
}

FIGURE_9 = ("mobilenet_m", "alexnet", "vgg16", "googlenet", "resnet50")
"""Compared by recall, precision, accuracy and F1. It is a bar chart without numbers."""
FIGURE_9_HIGHEST, FIGURE_9_LOWEST = "mobilenet_m", "googlenet"

ACCURACY = {"mobilenet_m": 0.9533, "alnett": 0.9113, "vgg16_eca": 0.911, "mondal_2021": 0.862}
"""On C-NMC, of systems that the paper names: Table 10's means, and §2.2 for Ullah et al. 2021 and Mondal et al. 2021,
who split it in their own ways."""

PREDICTION_MS = {"the paper's PC": 4.92, "Google Colab": 44.68}
"""Milliseconds an image, §4."""
MODEL_MB = 12.34
"""Of the trained model, with Table 4."""
