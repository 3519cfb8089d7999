"""What holds for held-out patients: experiments by subject, what a leak is worth, shortcuts, calibration, report."""

from leukolens.base.extras import require

require("lightning", "matplotlib", "scipy", "sklearn", "timm", "torch", extra="train")
