"""The command line: each command is one call into the library. Exit codes stand with the errors."""

from __future__ import annotations

import sys

import typer

from segkit.cli import data, exporting, git, init, keeping, life, segments, work
from segkit.errors import SegkitError

cli = typer.Typer(
    name="segkit",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    help="User segmentation with exact counts, on one machine. Begin with `segkit demo`, or with `segkit init`.",
    epilog="Exit codes: 0 done, 1 you can mend it, 2 usage, 3 a data gate held it, 4 busy, 5 partly done.",
)
for part in (init, data, segments, life, git, work, exporting, keeping):
    part.add_to(cli)


@cli.callback()
def _main(
    version: bool = typer.Option(False, "--version", help="Show the version and end.", is_eager=True),
) -> None:
    if version:
        from segkit import __version__

        typer.echo(f"segkit {__version__}")
        raise typer.Exit


def main() -> None:
    """What `segkit` runs."""
    try:
        cli()
    except SegkitError as error:
        typer.echo(f"segkit: {error}", err=True)
        sys.exit(error.exit_code)
    except BrokenPipeError:  # whoever reads the output has seen enough
        sys.stderr.close()
        sys.exit(0)
    except OSError as error:
        if error.filename is None and error.errno is None:
            raise
        where = error.filename or "the disk"
        typer.echo(f"segkit: {where}: {error.strerror}. What was published before is as it was.", err=True)
        sys.exit(1)
    except KeyboardInterrupt:
        typer.echo("segkit: interrupted; what was published before is as it was", err=True)
        sys.exit(130)
