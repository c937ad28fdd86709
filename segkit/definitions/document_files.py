"""Segments' documents as files: a folder of them read with everything that is wrong, an id put into one that has none.

Where a file lies says nothing: a segment is known by the `id` in its document, and by its name while it has none.
"""

from __future__ import annotations

import hashlib
import os
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from segkit.definitions.documents import Document, document_data, load_text, parse_document, to_json, to_yaml
from segkit.definitions.formats import told_of
from segkit.errors import DefinitionError, NotFound, Problem, SegkitError
from segkit.files.atomic import write_text

ENDINGS = (".yaml", ".yml", ".json")
#: The key by which a saved plan is told from a document; it may lie in the folder that it plans.
PLAN_KEY = "segkit_plan"


@dataclass(frozen=True)
class DocumentFile:
    """One file that holds a segment: its place in the folder (with /), what stands in it, and what that says."""

    place: str
    content: bytes
    document: Document

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()

    @property
    def is_json(self) -> bool:
        return self.place.endswith(".json")


@dataclass(frozen=True)
class DocumentFolder:
    """Every document in a folder and below it, in the order of their places, and what is wrong with other files."""

    folder: Path
    files: tuple[DocumentFile, ...]
    problems: tuple[Problem, ...]

    def path(self, file: DocumentFile) -> Path:
        """Where a file lies."""
        return self.folder / file.place


def read_folder(folder: Path) -> DocumentFolder:
    """The documents in the .yaml, .yml and .json files of a folder. Names that begin with a dot are passed over.

    Raises NotFound if there is no such folder.
    """
    if not folder.is_dir():
        raise NotFound(f"{folder}: no such folder; expected one with segments' documents, such as `segkit pull` writes")
    files: list[DocumentFile] = []
    problems: list[Problem] = []
    for place in sorted(_places(folder)):
        if any(unicodedata.category(character).startswith("C") for character in place):
            shown = place.encode("ascii", "backslashreplace").decode()
            problems.append(Problem(shown, "the file's name holds a character that cannot be seen; give it another"))
            continue
        try:
            found = _read(folder, place)
        except DefinitionError as error:
            problems += [Problem(f"{place}: {p.place}" if p.place else place, p.message) for p in error.problems]
        except SegkitError as error:
            problems.append(Problem(place, str(error).removeprefix(place).lstrip(":, ")))
        else:
            files += [found] if found else []
    return DocumentFolder(folder, tuple(files), tuple(problems))


def _places(folder: Path) -> Iterator[str]:
    for at, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in names:
            if name.endswith(ENDINGS) and not name.startswith("."):
                yield (Path(at) / name).relative_to(folder).as_posix()


def _read(folder: Path, place: str) -> DocumentFile | None:
    path = folder / place
    if path.is_symlink():
        raise SegkitError(f"{place}: found a link; expected a file, which can be written in its place")
    return read_file(path, place)


def read_file(path: Path, place: str, tell: Callable[[str], object] | None = None) -> DocumentFile | None:
    """The document in one file; None for a saved plan. `tell` is told if it is of an older format.

    Raises SegkitError with `place`, and what was expected.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise SegkitError(f"{place}: {error.strerror}; expected a segment's document") from None
    data = load_text(content, place)
    if isinstance(data, dict) and PLAN_KEY in data:
        return None
    document, told = parse_document(data, place), told_of(data, place)
    if told is not None and tell is not None:
        tell(told)
    return DocumentFile(place, content, document)


def written(document: Document, place: str) -> str:
    """A document as the text of a file at that place: JSON where its name says so, else YAML."""
    data = document_data(document)
    return to_json(data) if place.endswith(".json") else to_yaml(data)


def rewrite(path: Path, text: str) -> None:
    """Makes `text` the content of a file that is there, whole or not at all; who may read it stays as it is."""
    mode = path.stat().st_mode & 0o777
    write_text(path, text)
    path.chmod(mode)


def with_id(file: DocumentFile, segment_id: str) -> str:
    """The text of a file with its document's id; in YAML, comments and layout stay as they are."""
    document = file.document.model_copy(update={"id": segment_id})
    if not file.is_json:
        text = _with_line(file.content.decode("utf-8-sig"), f"id: {segment_id}")
        if _says(text, file.place, document):
            return text
    return written(document, file.place)


def _with_line(text: str, line: str) -> str:
    """The text with one more line: behind `segkit: 1`, else before the first key."""
    lines = text.splitlines(keepends=True)
    end = "\r\n" if lines and lines[0].endswith("\r\n") else "\n"
    for number, found in enumerate(lines):
        if found.startswith("segkit:"):
            behind = [found if found.endswith(("\n", "\r")) else found + end, line + end]
            return "".join([*lines[:number], *behind, *lines[number + 1 :]])
    start = next((n for n, found in enumerate(lines) if found[:1].isalpha()), 0)
    return "".join([*lines[:start], f"segkit: 1{end}", line + end, *lines[start:]])


def _says(text: str, place: str, document: Document) -> bool:
    try:
        return parse_document(load_text(text, place), place) == document
    except SegkitError:
        return False


def brought_up_to_date(file: DocumentFile, document: Document) -> str:
    """The text of a file that is to say what `document` says; the comment at its beginning stays."""
    if file.is_json:
        return written(document, file.place)
    comment = []
    for line in file.content.decode("utf-8-sig").splitlines():
        if not line.startswith("#"):
            break
        comment.append(line + "\n")
    return "".join(comment) + written(document, file.place)
