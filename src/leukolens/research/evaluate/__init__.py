"""model → evaluate → tables: what is published comes from the exported model that users run. Needs extra `train`."""

from leukolens.base.extras import require

require("matplotlib", "sklearn", extra="train")
