"""What stands in the files of a client: its documents, each as the client sends it."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from graphql import (
    ExecutableDefinitionNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    OperationDefinitionNode,
    Source,
    Visitor,
    get_location,
    parse,
    visit,
)

from gateway.commands.terminal import Refused
from gateway.services.trusted_documents import id_of

_BETWEEN = "\n\n"


class Piece(NamedTuple):
    """A part of a file, which the source is named after."""

    source: Source
    start: int
    end: int

    @property
    def text(self) -> str:
        return self.source.body[self.start : self.end]


@dataclass(frozen=True, slots=True)
class Document:
    """A document as its client sends it: in one piece, or an operation with the fragments it needs."""

    name: str
    """Of its operation; empty where that has none, or the file does not tell."""
    pieces: Sequence[Piece]

    @property
    def text(self) -> str:
        return _BETWEEN.join(piece.text for piece in self.pieces)

    def place(self, error: GraphQLError) -> str:
        """File, line and column of what is at fault."""
        left = next(iter(error.positions or ()), 0)
        for piece in self.pieces:
            if left < piece.end - piece.start + len(_BETWEEN):
                break
            left -= piece.end - piece.start + len(_BETWEEN)
        return _place(piece.source, piece.start + left)


def read(files: Iterable[Path]) -> list[Document]:
    """The documents of all files together.

    Those that end in .json list them, as Apollo (a manifest), Relay and graphql-codegen (texts by id) do; the others
    are GraphQL, whose operations find their fragments in any of them. Raises `Refused` for a file that is neither, for
    an id that is not the SHA-256 of its text, for a name that two operations or two fragments have, and when there is
    no operation at all.
    """
    given = list(dict.fromkeys(files))
    documents = [document for file in given if file.suffix == ".json" for document in _listed(file)]
    documents += _put_together([file for file in given if file.suffix != ".json"])
    if not documents:
        raise Refused("there is no operation in these files")
    return documents


def _listed(file: Path) -> Iterator[Document]:
    for id, name, text in _entries(file):
        if id.removeprefix("sha256:").lower() != id_of(text):
            raise Refused(
                f"{file}: {name or 'a document'} has the id {id}, but its text has the SHA-256 {id_of(text)}, and is "
                "found by that only: let the tool that writes this file make ids with SHA-256"
            )
        yield Document(name, [Piece(Source(text, f"{file}#{name or id}"), 0, len(text))])


def _entries(file: Path) -> Iterator[tuple[str, str, str]]:
    """Id, name and text of what a list holds."""
    try:
        content = json.loads(_text(file))
    except ValueError as error:
        raise Refused(f"{file} is not JSON: {error}") from None
    match content:
        case {"format": "apollo-persisted-query-manifest", "version": 1, "operations": [*operations]}:
            for operation in operations:
                match operation:
                    case {"id": str(id), "name": str(name), "body": str(body)}:
                        yield id, name, body
                    case _:
                        raise Refused(f"{file}: an operation of the manifest lacks its id, name or body")
        case {"format": str(format), "version": version}:
            raise Refused(
                f"{file}: {format} of version {version} is not known, apollo-persisted-query-manifest of 1 is"
            )
        case dict():
            for id, text in content.items():
                if not isinstance(text, str):
                    raise Refused(f"{file}: {id} is no text of a document")
                yield id, "", text
        case _:
            raise Refused(f"{file}: neither a manifest of Apollo nor a map of documents by id")


def _put_together(files: Iterable[Path]) -> Iterator[Document]:
    """Each operation as it is written, then the fragments that it needs, as they are written, ordered by name."""
    definitions = [definition for file in files for definition in _definitions(file)]
    operations = [each for each in definitions if isinstance(each, OperationDefinitionNode)]
    fragments = _by_name("fragment", [each for each in definitions if isinstance(each, FragmentDefinitionNode)])
    _by_name("operation", operations)
    for operation in operations:
        yield Document(_name(operation), [_piece(each) for each in [operation, *_needed(operation, fragments)]])


def _definitions(file: Path) -> Iterator[ExecutableDefinitionNode]:
    source = Source(_text(file), str(file))
    try:
        document = parse(source)
    except GraphQLError as error:
        raise Refused(f"{_place(source, next(iter(error.positions or ()), 0))}: {error.message}") from None
    for definition in document.definitions:
        if not isinstance(definition, ExecutableDefinitionNode):
            raise Refused(f"{file} defines a schema: only operations and fragments are registered")
        yield definition


def _by_name(kind: str, definitions: Iterable[ExecutableDefinitionNode]) -> Mapping[str, ExecutableDefinitionNode]:
    named: dict[str, ExecutableDefinitionNode] = {}
    for each in definitions:
        if (name := _name(each)) and (first := named.setdefault(name, each)) is not each:
            places = [_place(piece.source, piece.start) for piece in (_piece(first), _piece(each))]
            raise Refused(f"the {kind} {name} stands in {places[0]} and in {places[1]}: rename one of them")
    return named


def _name(definition: ExecutableDefinitionNode) -> str:
    return definition.name.value if definition.name else ""


def _piece(definition: ExecutableDefinitionNode) -> Piece:
    assert definition.loc is not None
    return Piece(definition.loc.source, definition.loc.start, definition.loc.end)


def _place(source: Source, position: int) -> str:
    line, column = get_location(source, position)
    return f"{source.name}:{line}:{column}"


def _needed(
    operation: ExecutableDefinitionNode, fragments: Mapping[str, ExecutableDefinitionNode]
) -> list[ExecutableDefinitionNode]:
    """The fragments that it spreads, and those that they spread. Those that are nowhere, validation tells."""
    needed: dict[str, ExecutableDefinitionNode] = {}
    waiting = [operation]
    while waiting:
        spreads = _Spreads()
        visit(waiting.pop(), spreads)
        for name in spreads.names & fragments.keys() - needed.keys():
            needed[name] = fragments[name]
            waiting.append(fragments[name])
    return [needed[name] for name in sorted(needed)]


class _Spreads(Visitor):
    """The names of the fragments that a definition spreads."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def enter_fragment_spread(self, node: FragmentSpreadNode, *_args: object) -> None:
        self.names.add(node.name.value)


def _text(file: Path) -> str:
    try:
        return file.read_text("utf-8-sig")
    except UnicodeDecodeError:
        raise Refused(f"{file} is not UTF-8") from None
