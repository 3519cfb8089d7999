"""The paper again: a plan of runs, each kept and never repeated, then each table and figure beside the published."""

from leukolens.base.extras import require

require("lightning", "matplotlib", "scipy", "sklearn", "timm", "torch", extra="train")
