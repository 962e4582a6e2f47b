"""Parsed and validated documents, kept by their source text; their syntax trees, which are large, more briefly."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property
from typing import Any

from graphql import (
    ArgumentNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    ListValueNode,
    Node,
    ObjectFieldNode,
    OperationDefinitionNode,
    OperationType,
    Source,
    ValueNode,
    VariableNode,
    parse,
)
from graphql.execution.collect_fields import FragmentDetails

from gateway.execution.cache import Lru
from gateway.execution.cost import Formula, Pricing, TooManyFields
from gateway.execution.definitions import Definitions
from gateway.execution.limits import Limits
from gateway.execution.validation import validate
from gateway.execution.variables import Leaves, leaves_of


@dataclass(frozen=True, slots=True, eq=False)
class Operation:
    """What a request needs to know of an operation; holds no syntax."""

    name: str
    """Empty for an anonymous operation."""
    type: OperationType
    flags: tuple[str, ...]
    """The variables that `@skip` and `@include` look at."""
    introspects: bool
    """The document asks for the schema."""
    variables: Leaves | None
    """None when some variable is an input object."""
    requirements: frozenset[Enum]
    """What a caller may need to hold for it, whatever the flags and the runtime types."""
    cost: Formula
    """What it may cost, from its variables."""


@dataclass(frozen=True, eq=False)
class Prepared:
    """A document, parsed and validated once; either `errors` or `operations` is empty."""

    source: str
    errors: list[GraphQLError] = field(default_factory=list)
    operations: Mapping[str, Operation] = field(default_factory=dict)
    telling: bool = False
    """The errors tell about the schema."""

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the source, by which logs name a document without its text."""
        return hashlib.sha256(self.source.encode(errors="surrogatepass")).hexdigest()

    def find(self, name: str | None = None) -> Operation | None:
        """The operation to execute; None when the name is unknown or missing among several."""
        if not name:
            return next(iter(self.operations.values())) if len(self.operations) == 1 else None
        return self.operations.get(name)

    def operation(self, name: str | None = None) -> Operation:
        """The operation to execute; raises `GraphQLError` when there is none."""
        found = self.find(name)
        if found is not None:
            return found
        if name:
            raise GraphQLError(f"Unknown operation named '{name}'.")
        raise GraphQLError(
            "Must provide operation name if query contains multiple operations."
            if self.operations
            else "Must provide an operation."
        )


def _kept(error: GraphQLError, text: Source, field: Sequence[str]) -> GraphQLError:
    """The error without its nodes, and its cause without the frames it passed: both would keep the syntax tree.

    `field` is where in a field's arguments the value at fault stands.
    """
    cause = error.original_error
    if type(cause) is ValueError:  # Python's own, about a literal of too many digits: the caller's fault
        cause = None
    if cause is not None:
        cause.__traceback__ = cause.__context__ = cause.__cause__ = None
    extensions = {"field": list(field)}
    return GraphQLError(
        error.message, source=text, positions=error.positions, original_error=cause, extensions=extensions
    )


def _place(error: GraphQLError, document: DocumentNode) -> Sequence[str]:
    """The argument and the way down to the literal that is at fault; empty where none is, and for deep ones."""
    try:
        found = _way(document, error.nodes[0]) if error.nodes and isinstance(error.nodes[0], ValueNode) else None
    except RecursionError:
        found = None
    return found or ()


def _way(within: Node, wanted: Node) -> tuple[str, ...] | None:
    """The names of arguments and input fields, and places in lists, between two nodes."""
    if within is wanted:
        return ()
    for key in within.keys:
        value = getattr(within, key)
        for place, child in enumerate(value if isinstance(value, tuple | list) else (value,)):
            if isinstance(child, Node) and (below := _way(child, wanted)) is not None:
                match within:
                    case ArgumentNode() | ObjectFieldNode():
                        return within.name.value, *below
                    case ListValueNode():
                        return str(place), *below
                return below
    return None


class Syntax:
    """The syntax tree of a valid document: about 250 bytes a character."""

    def __init__(self, document: DocumentNode) -> None:
        self.document = document
        self.operations: dict[str, OperationDefinitionNode] = {}
        self.fragments: dict[str, FragmentDetails] = {}
        for node in document.definitions:
            if isinstance(node, OperationDefinitionNode):
                self.operations[node.name.value if node.name else ""] = node
            elif isinstance(node, FragmentDefinitionNode):
                self.fragments[node.name.value] = FragmentDetails(node)


class Documents:
    """Prepares documents and keeps them, valid or not: `entries` of together `weight` characters, fewer with syntax."""

    def __init__(self, definitions: Definitions, *, limits: Limits, entries: int, weight: int) -> None:
        self._definitions = definitions
        self._limits = limits
        self._kept: Lru[str, Prepared] = Lru(entries, weight)
        self._syntax: Lru[str, Syntax] = Lru(entries, max(weight // 10, limits.characters))

    def __contains__(self, source: str) -> bool:
        """Whether the document need not be prepared again."""
        return self._kept.get(source) is not None

    def prepare(self, source: str) -> Prepared:
        prepared = self._kept.get(source)
        if prepared is None:
            prepared = self._prepare(source)
            self._kept.put(source, prepared, len(source))
        return prepared

    def syntax(self, prepared: Prepared) -> Syntax:
        """The syntax of a valid document, parsed again when it has been forgotten."""
        source = prepared.source
        syntax = self._syntax.get(source)
        if syntax is None:
            syntax = Syntax(parse(source))
            self._syntax.put(source, syntax, len(source))
        return syntax

    def _prepare(self, source: str) -> Prepared:
        limits = self._limits
        try:
            document = limits.parse(source)
            limits.check(document)
        except GraphQLError as error:
            return Prepared(source, [_kept(error, Source(source), ())])
        errors = validate(self._definitions.schema, document, max_errors=10)
        if errors:
            text = Source(source)
            kept = [_kept(error, text, _place(error, document)) for error in errors]
            return Prepared(source, kept, telling=True)
        syntax = Syntax(document)
        pricing = Pricing(self._definitions, syntax.fragments, limits.typed_fields)
        try:
            formulas = {name: pricing.formula(node) for name, node in syntax.operations.items()}
        except TooManyFields:
            return Prepared(source, [limits.passed("typed_fields")], telling=True)
        self._syntax.put(source, syntax, len(source))
        flags, introspects = _survey(document)
        operations = {
            name: Operation(
                name,
                node.operation,
                flags,
                introspects,
                leaves_of(self._definitions.schema, node.variable_definitions or ()),
                self._definitions.requirements(node, syntax.fragments),
                formulas[name],
            )
            for name, node in syntax.operations.items()
        }
        return Prepared(source, operations=operations)


def _survey(document: DocumentNode) -> tuple[tuple[str, ...], bool]:
    """The variables that `@skip` and `@include` look at, and whether the document asks for the schema."""
    flags: set[str] = set()
    introspects = False
    waiting: list[Any] = list(document.definitions)
    while waiting:
        for node in waiting.pop().selection_set.selections:
            for directive in node.directives or ():
                if directive.name.value in ("skip", "include"):
                    flags.update(a.value.name.value for a in directive.arguments if isinstance(a.value, VariableNode))
            if isinstance(node, FieldNode) and node.name.value in ("__schema", "__type"):
                introspects = True
            if not isinstance(node, FragmentSpreadNode) and node.selection_set:
                waiting.append(node)
    return tuple(sorted(flags)), introspects
