"""A model to others and back, by a repository on the Hugging Face hub. Needs the extra `share`."""

from leukolens.base.extras import require

require("huggingface_hub", extra="share")
