"""MobileNet_M, ALNett and the other backbones, their initial weights, and the file that a network becomes."""

from leukolens.base.extras import require

require("timm", "torch", extra="train")
