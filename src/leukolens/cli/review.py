"""`leukolens review` and `leukolens readers`: the bench in the browser, and who may enter it."""

from pathlib import Path

import click

_PATH = click.Path(path_type=Path)


@click.command()
@click.argument("case", required=False, type=_PATH)
@click.option(
    "--store", metavar="URL", help="A PostgreSQL database instead of a file: postgresql://user@host/database."
)
@click.option(
    "--host", default="127.0.0.1", help="Address to listen on; any that other machines can reach requires logins."
)
@click.option("--port", default=8765, type=click.IntRange(1, 65535))
@click.option("--name", "names", multiple=True, help="The name by which other machines reach it; may be repeated.")
@click.option("--tls", nargs=2, type=_PATH, metavar="CERTIFICATE KEY", help="PEM files; readers then connect by https.")
@click.option(
    "--behind-proxy", is_flag=True, help="For use behind a proxy on this machine that speaks TLS with the readers."
)
@click.option("--readers", type=_PATH, help="The file of readers.  [default: ~/.config/leukolens/readers.json]")
@click.option(
    "--uploads", type=_PATH, help="Where pictures dropped into the page are kept.  [default: beside the case]"
)
@click.option(
    "--model",
    type=_PATH,
    help="The model that judges dropped pictures. Default: the one that comes with LeukoLens, in the case's form.",
)
@click.option("--browser/--no-browser", default=True, help="Open the page in the browser at once.")
def review(
    case: Path | None,
    store: str | None,
    host: str,
    port: int,
    names: tuple[str, ...],
    tls: tuple[Path, Path] | None,
    behind_proxy: bool,
    readers: Path | None,
    uploads: Path | None,
    model: Path | None,
    browser: bool,
) -> None:
    """Correct and sign a case in the browser.

    CASE is a file that `leukolens predict --case` wrote. Without one, an empty case is made in this folder, for
    pictures dropped into the page. Only this machine can reach the page unless --host says otherwise.
    """
    if case is not None and store is not None:
        raise click.BadParameter("give a CASE or --store, not both", param_hint="--store")
    import leukolens.web  # noqa: F401  # says which extra is missing
    from leukolens.cases.shelf import uploads_beside
    from leukolens.web import server
    from leukolens.web.accounts import Accounts, default_place

    place = server.Place(host=host, port=port, names=names, tls=tls, behind_proxy=behind_proxy)
    accounts = Accounts(readers or default_place())
    place.check(accounts)
    where = store or str(case or server.new_bench(Path.cwd()))
    server.serve(
        where,
        place,
        accounts,
        uploads=uploads or uploads_beside(where),
        model=model,
        browser=browser,
    )


@click.group()
@click.option(
    "--readers", "place", type=_PATH, help="The file of readers.  [default: ~/.config/leukolens/readers.json]"
)
@click.pass_context
def readers(context: click.Context, place: Path | None) -> None:
    """Manage who may log in to `leukolens review` by name and password."""
    import leukolens.web  # noqa: F401
    from leukolens.web.accounts import Accounts, default_place

    context.obj = Accounts(place or default_place())


@readers.command()
@click.argument("name")
@click.option("--role", type=click.Choice(["reader", "supervisor", "read-only"]), default="reader")
@click.password_option(help="Asked for if not given; a shell keeps what is typed on the command line.")
@click.pass_context
def add(context: click.Context, name: str, role: str, password: str) -> None:
    """Add a reader, or give one a new role and password. A supervisor may also amend what is signed."""
    context.obj.put(name, role, password)


@readers.command()
@click.argument("name")
@click.pass_context
def remove(context: click.Context, name: str) -> None:
    """Remove a reader. What they read and signed stays."""
    context.obj.remove(name)


@readers.command("list")
@click.pass_context
def list_readers(context: click.Context) -> None:
    """List names and roles."""
    for account in context.obj.all().values():
        print(f"{account.name}\t{account.role}")
