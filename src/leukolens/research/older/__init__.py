"""The methods before the CNNs (Makem et al. 2025 §2.1), and the fusion of systems. Needs the extra `train`.

cell image ──▶ regions ──▶ shape, colour, texture ──▶ features ──▶ table ──▶ fit ──▶ p(ALL) ──▶ ensembles
                                                                              ▲
                                                      parzen ──▶ pipelines ───┘
"""

from leukolens.base.errors import MissingExtra

try:
    import scipy  # noqa: F401
    import skimage  # noqa: F401
    import sklearn  # noqa: F401
except ModuleNotFoundError as error:
    raise MissingExtra(error.name or "scikit-image", "train") from error
