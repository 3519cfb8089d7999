"""split → loader → train → model + card. Needs the extra `train`; nothing of the inference path imports this."""

from leukolens.base.extras import require

require("lightning", "timm", "torch", extra="train")
