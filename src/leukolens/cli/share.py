"""`leukolens push` and `leukolens pull`: a model to the Hugging Face hub and back."""

from pathlib import Path

import click

from leukolens.cli import options


@click.command()
@click.argument("model", type=click.Path(path_type=Path))
@click.argument("repository")
@click.option("--card", type=click.Path(path_type=Path), help="MODEL_CARD.md; default what the model itself says.")
@click.option("--public", is_flag=True, help="For everybody to see; default for its owner alone.")
@click.option("--licence", default="other", help="As the hub names it: apache-2.0, cc-by-4.0 …")
def push(model: Path, repository: str, card: Path | None, public: bool, licence: str) -> None:
    """Send a model to a repository of the Hugging Face hub, with its card and its digest.

    MODEL: a model.onnx; REPOSITORY: OWNER/NAME, made where it is not there. Nothing but these three files is sent.
    """
    from leukolens.base.extras import require

    require("huggingface_hub", extra="share")
    from leukolens.sharing import hub

    print(hub.push(model, repository, card=card, public=public, licence=licence))


@click.command()
@click.argument("repository")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="File to write.")
@click.option("--revision", help="A commit, branch or tag; default the newest.")
@click.option("--digest", help="What `leukolens push` printed, got by another way: another file is refused.")
@options.force
def pull(repository: str, out: Path, revision: str | None, digest: str | None, force: bool) -> None:
    """Fetch a model from a repository of the Hugging Face hub, and check that it is whole and LeukoLens's.

    REPOSITORY: OWNER/NAME.
    """
    from leukolens.base.errors import OutputError
    from leukolens.base.extras import require

    require("huggingface_hub", extra="share")
    from leukolens.sharing import hub

    if out.exists() and not force:
        raise OutputError("is there already", path=out, hint="Give --force, or another --out")
    print(f"{out}: model {hub.pull(repository, out, revision=revision, digest=digest)}")
