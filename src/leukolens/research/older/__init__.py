"""The methods before the CNNs (Makem et al. 2025 §2.1), and the fusion of systems. Needs the extra `train`.

cell image ──▶ regions ──▶ shape, colour, texture ──▶ features ──▶ table ──▶ fit ──▶ p(ALL) ──▶ ensembles
                                                                              ▲
                                                      parzen ──▶ pipelines ───┘
"""

from leukolens.base.extras import require

require("scipy", "skimage", "sklearn", extra="train")
