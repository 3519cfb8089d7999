"""`leukolens push` and `pull`, a model to the Hugging Face hub and back; `leukolens package`, one for bioimage.io."""

from pathlib import Path

import click

from leukolens.cli import options

_PATH = click.Path(path_type=Path)
_card = click.option("--card", type=_PATH, help="A MODEL_CARD.md. Default: what the model file itself says.")


@click.command()
@click.argument("model", type=_PATH)
@click.argument("repository")
@_card
@click.option("--public", is_flag=True, help="Make the repository public if it is new. Default: private.")
@click.option("--licence", default="other", help="The licence, as the hub names it: apache-2.0, cc-by-4.0 …")
def push(model: Path, repository: str, card: Path | None, public: bool, licence: str) -> None:
    """Send a model to a repository of the Hugging Face hub, with its card and its digest.

    MODEL: a model.onnx; REPOSITORY: OWNER/NAME, created if it does not exist. Only these three files are sent.
    """
    from leukolens.base.extras import require

    require("huggingface_hub", extra="share")
    from leukolens.sharing import hub

    print(hub.push(model, repository, card=card, public=public, licence=licence))


@click.command()
@click.argument("repository")
@click.option("--out", type=_PATH, required=True, help="File to write.")
@click.option("--revision", help="A commit, branch or tag. Default: the newest commit.")
@click.option("--digest", help="What `leukolens push` printed, obtained by another route; any other file is refused.")
@options.force
def pull(repository: str, out: Path, revision: str | None, digest: str | None, force: bool) -> None:
    """Fetch a model from a repository of the Hugging Face hub, and check that it is whole and was written by LeukoLens.

    REPOSITORY: OWNER/NAME.
    """
    from leukolens.base.extras import require
    from leukolens.cli.outputs import free

    require("huggingface_hub", extra="share")
    from leukolens.sharing import hub

    free(out, force=force)
    print(f"{out}: model {hub.pull(repository, out, revision=revision, digest=digest)}")


@click.command()
@click.argument("model", type=_PATH, required=False)
@options.form("float", "int8", "half")
@click.option("--out", type=_PATH, required=True, help="The .zip to write.")
@_card
@click.option(
    "--author",
    "authors",
    multiple=True,
    help="Who made the model; may be repeated. Not needed for the one that comes with LeukoLens.",
)
@click.option(
    "--licence",
    help="The licence, as SPDX names it: Apache-2.0, CC-BY-4.0 … Not needed for the one that comes with LeukoLens.",
)
@options.force
def package(
    model: Path | None,
    form: str | None,
    out: Path,
    card: Path | None,
    authors: tuple[str, ...],
    licence: str | None,
    force: bool,
) -> None:
    """Pack a model for bioimage.io and the programs that read its format, which run the bare graph.

    MODEL: a model.onnx; default the one that comes with LeukoLens. Crop, temperature, uncertainty and refusal are not
    in the graph; the package says so and describes them. Its test cell is drawn, not a patient's. Nothing is sent.
    """
    import numpy as np

    from leukolens.base.extras import require
    from leukolens.cli.outputs import free
    from leukolens.model.network_file import SHIPPED
    from leukolens.research.data.phantoms import draw_cell

    require("bioimageio.spec", extra="share")
    from leukolens.sharing import bioimageio

    free(out, force=force)
    chosen = options.shipped_or(model, form) or SHIPPED
    cell = draw_cell("all", np.random.default_rng(0))
    packed = bioimageio.package(chosen, out, cell=cell, authors=authors, licence=licence, card=card)
    print(f"{out}: model {packed}")
