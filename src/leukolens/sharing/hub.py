"""A model file ⇄ a repository of the Hugging Face hub: model.onnx, its card as README.md, and SHA256SUMS.

HF_TOKEN is the key and HF_ENDPOINT another hub than the public one, as for Hugging Face's own tools. The digest beside
the file shows damage; that nobody has exchanged both shows only a digest that came by another way (`pull --digest`).
"""

import hashlib
import os
import tempfile
from pathlib import Path

os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")

from huggingface_hub import CommitOperationAdd, HfApi, hf_hub_download
from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

from leukolens.base import atomic
from leukolens.base.errors import ModelError
from leukolens.model.network_file import NetworkFile
from leukolens.sharing import readme

MODEL, CARD, SUMS = "model.onnx", "README.md", "SHA256SUMS"
_HEAD = """---
license: {licence}
library_name: leukolens
tags: [microscopy, leukemia, onnx]
---

"""
_USE = "\n`leukolens pull OWNER/MODEL --out model.onnx`, then `leukolens predict cells --model model.onnx`.\n"
_HINT = "Check the name OWNER/MODEL, the network and HF_TOKEN"
_FAILED = (HfHubHTTPError, HFValidationError, LocalEntryNotFoundError, OSError)


def push(
    model: Path, repository: str, *, card: Path | None = None, public: bool = False, licence: str = "other"
) -> str:
    """Send the model; returns the digest of the file, to be handed on by another way.

    repository: 'owner/name', made where it does not exist, private unless `public`. card: MODEL_CARD.md; default the
    facts inside the model. Raises ModelError for a file that LeukoLens did not write, and where the hub refuses.
    """
    opened = NetworkFile(model, threads=1)
    data = model.read_bytes()
    digest = hashlib.sha256(data).hexdigest()
    text = readme.told(opened, card) + ("" if card is not None else _USE)
    parts = {
        MODEL: data,
        CARD: (_HEAD.format(licence=licence) + text).encode(),
        SUMS: f"{digest}  {MODEL}\n".encode(),
    }
    try:
        api = HfApi()
        api.create_repo(repository, private=not public, exist_ok=True)
        adding = [CommitOperationAdd(path_in_repo=name, path_or_fileobj=part) for name, part in parts.items()]
        api.create_commit(repository, adding, commit_message=f"Model {opened.card.model_id}")
    except _FAILED as error:
        raise ModelError(f"cannot be pushed to {repository} ({error})", path=model, hint=_HINT) from error
    return digest


def pull(repository: str, out: Path, *, revision: str | None = None, digest: str | None = None) -> str:
    """Fetch the model to `out`; returns its id. revision: a commit, branch or tag. digest: what `push` printed.

    Raises ModelError where the file is not the one that SHA256SUMS and `digest` name, or not LeukoLens's.
    """
    with tempfile.TemporaryDirectory() as folder:
        try:
            commit = HfApi().model_info(repository, revision=revision).sha
            found = {
                name: Path(hf_hub_download(repository, name, revision=commit, cache_dir=folder)).read_bytes()
                for name in (SUMS, MODEL)
            }
        except _FAILED as error:
            raise ModelError(f"cannot be pulled ({error})", path=repository, hint=_HINT) from error
        told = found[SUMS].decode(errors="replace").split()[:1]
        is_so = hashlib.sha256(found[MODEL]).hexdigest()
        if told != [is_so] or digest not in (None, is_so):
            hint = "Do not use it; ask whoever pushed it"
            raise ModelError(f"holds a model whose digest is {is_so}, not the expected one", path=repository, hint=hint)
        checked = Path(folder, MODEL)
        checked.write_bytes(found[MODEL])
        card = NetworkFile(checked, threads=1).card
    atomic.write_bytes(out, found[MODEL])
    return card.model_id
