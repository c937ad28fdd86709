"""The command line: each command is one call into the library. Exit codes stand with the errors."""

from __future__ import annotations

import gc
import sys
import traceback

import typer

from segkit.cli import (
    auditing,
    changes,
    data,
    erasing,
    exporting,
    git,
    init,
    keeping,
    life,
    linting,
    lists,
    people,
    reporting,
    segments,
    sets,
    work,
)
from segkit.errors import SegkitError

#: New objects until the next look for garbage. Most of a command's are modules and what they hold, which stay.
_MANY = 50_000

cli = typer.Typer(
    name="segkit",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    help="User segmentation with exact counts, on one machine. Begin with `segkit demo`, or with `segkit init`.",
    epilog="Exit codes: 0 done, 1 you can mend it, 2 usage, 3 a data gate held it, 4 busy, 5 partly done.",
)
for part in (
    init,
    data,
    segments,
    lists,
    life,
    git,
    work,
    exporting,
    keeping,
    auditing,
    erasing,
    reporting,
    changes,
    linting,
    people,
    sets,
):
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
    gc.set_threshold(_MANY, 20, 20)
    try:
        cli()
    except SegkitError as error:
        typer.echo("\n  ".join([f"segkit: {error}", *getattr(error, "__notes__", ())]), err=True)
        sys.exit(error.exit_code)
    except BrokenPipeError:  # whoever reads the output has seen enough
        sys.stderr.close()
        sys.exit(0)
    except OSError as error:
        if error.filename is None and error.errno is None:
            typer.echo(_traceback(error), err=True)
            sys.exit(1)
        where = error.filename or "the disk"
        typer.echo(f"segkit: {where}: {error.strerror}. What was published before is as it was.", err=True)
        sys.exit(1)
    except KeyboardInterrupt:
        typer.echo("segkit: interrupted; what was published before is as it was", err=True)
        sys.exit(130)
    except Exception as error:
        typer.echo(_traceback(error), err=True)
        sys.exit(1)


def _traceback(error: BaseException) -> str:
    """Where something that nobody foresaw went wrong; no locals, and what messages quote is masked."""
    from segkit.masking import masked_failure

    found: BaseException | None = error
    parts: list[str] = []
    while found is not None:
        kind = type(found).__name__
        where = "".join(traceback.format_list(traceback.extract_tb(found.__traceback__)))
        parts.append(f"{where}{kind}: {masked_failure(kind, str(found))}")
        found = found.__cause__ or (None if found.__suppress_context__ else found.__context__)
    return "\n\nAfter this, there was also:\n\n".join(reversed(parts))
