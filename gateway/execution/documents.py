"""Parsed and validated documents, kept by their source text."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import Enum

from graphql import (
    ASTValidationRule,
    DirectiveNode,
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLError,
    OperationDefinitionNode,
    OperationType,
    VariableNode,
    Visitor,
    parse,
    validate,
    visit,
)
from graphql.execution.collect_fields import FragmentDetails

from gateway.execution.cache import Lru
from gateway.execution.definitions import Definitions
from gateway.execution.variables import VariableDefinitions


@dataclass(frozen=True, slots=True, eq=False)
class Operation:
    """One operation of a valid document with the fragments that it may spread."""

    node: OperationDefinitionNode
    fragments: Mapping[str, FragmentDetails]
    flags: tuple[str, ...]
    """The variables that `@skip` and `@include` look at."""
    variables: VariableDefinitions
    requirements: frozenset[Enum]
    """What a caller may need to hold for it, whatever the flags and the runtime types."""

    @property
    def type(self) -> OperationType:
        return self.node.operation


@dataclass(frozen=True, eq=False)
class Prepared:
    """A document, parsed and validated once; either `errors` or `operations` is empty."""

    source: str
    document: DocumentNode | None = None
    errors: list[GraphQLError] = field(default_factory=list)
    operations: Mapping[str, Operation] = field(default_factory=dict)
    """By name; the name of an anonymous operation is empty."""

    def operation(self, name: str | None = None) -> Operation:
        """The operation to execute; raises `GraphQLError` when the name is unknown or missing among several."""
        if self.errors:
            raise self.errors[0]
        if not name:
            if len(self.operations) == 1:
                return next(iter(self.operations.values()))
            raise GraphQLError(
                "Must provide operation name if query contains multiple operations."
                if self.operations
                else "Must provide an operation."
            )
        found = self.operations.get(name)
        if found is None:
            raise GraphQLError(f"Unknown operation named '{name}'.")
        return found


class Documents:
    """Prepares documents and keeps them, valid or not, at most `entries` of together at most `weight` characters."""

    def __init__(
        self,
        definitions: Definitions,
        rules: Collection[type[ASTValidationRule]],
        *,
        max_tokens: int,
        entries: int,
        weight: int,
    ) -> None:
        self._definitions = definitions
        self._schema = definitions.schema
        self._rules = tuple(rules)
        self._max_tokens = max_tokens
        self._kept: Lru[str, Prepared] = Lru(entries, weight)

    def prepare(self, source: str) -> Prepared:
        prepared = self._kept.get(source)
        if prepared is None:
            prepared = self._prepare(source)
            self._kept.put(source, prepared, len(source))
        return prepared

    def _prepare(self, source: str) -> Prepared:
        try:
            document = parse(source, max_tokens=self._max_tokens)
        except GraphQLError as error:
            return Prepared(source, errors=[error])
        errors = validate(self._schema, document, self._rules, max_errors=10, hide_suggestions=True)
        if errors:
            return Prepared(source, errors=errors)
        fragments = {
            node.name.value: FragmentDetails(node)
            for node in document.definitions
            if isinstance(node, FragmentDefinitionNode)
        }
        flags = _flags(document)
        operations = {
            node.name.value if node.name else "": Operation(
                node,
                fragments,
                flags,
                VariableDefinitions(self._schema, node.variable_definitions or ()),
                self._definitions.requirements(node, fragments),
            )
            for node in document.definitions
            if isinstance(node, OperationDefinitionNode)
        }
        return Prepared(source, document, operations=operations)


class _FlagVisitor(Visitor):
    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def enter_directive(self, node: DirectiveNode, *_args: object) -> None:
        if node.name.value in ("skip", "include"):
            self.names.update(a.value.name.value for a in node.arguments or () if isinstance(a.value, VariableNode))


def _flags(document: DocumentNode) -> tuple[str, ...]:
    visitor = _FlagVisitor()
    visit(document, visitor)
    return tuple(sorted(visitor.names))
