"""What holds for patients never seen: trials by subject, what a leak is worth, shortcuts, calibration, a report."""

from leukolens.base.extras import require

require("lightning", "matplotlib", "scipy", "sklearn", "timm", "torch", extra="train")
