"""XML parts of a workbook, parsed as a stream; a document type, and with it every entity, is refused."""

from collections.abc import Callable, Iterator
from typing import IO, NoReturn
from xml.parsers import expat

from gateway.sheets.problems import Problem, SheetError

Attributes = dict[str, str]

_CHUNK = 64 * 1024


def _ignore(_: str) -> None:
    pass


def parse(
    part: IO[bytes],
    start: Callable[[str, Attributes], None],
    end: Callable[[str], None] = _ignore,
    characters: Callable[[str], None] = _ignore,
) -> Iterator[None]:
    """Parses a part, and pauses after each chunk. Handlers get names without the root's prefix. Raises `SheetError`."""
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse
    parser.CharacterDataHandler = characters

    def root(name: str, attributes: Attributes) -> None:
        prefix, colon, name = name.rpartition(":")
        if colon:
            prefix += colon
            parser.StartElementHandler = lambda name, attributes: start(name.removeprefix(prefix), attributes)
            parser.EndElementHandler = lambda name: end(name.removeprefix(prefix))
        else:
            parser.StartElementHandler, parser.EndElementHandler = start, end
        start(name, attributes)

    parser.StartElementHandler = root
    try:
        while chunk := part.read(_CHUNK):
            parser.Parse(chunk, False)
            yield
        parser.Parse(b"", True)
    except expat.ExpatError as error:
        if error.code == expat.errors.codes[expat.errors.XML_ERROR_NO_MEMORY]:
            raise MemoryError from None
        raise SheetError(Problem.DAMAGED) from None
    yield


def parse_all(part: IO[bytes], start: Callable[[str, Attributes], None]) -> None:
    """Parses a part of which only the elements' attributes matter."""
    for _ in parse(part, start):
        pass


def _refuse(*_declaration: object) -> NoReturn:
    raise SheetError(Problem.DAMAGED)
