"""A model to others and back: by the Hugging Face hub, or as a package of bioimage.io. Needs the extra `share`."""
