"""Validates documents by graphql-core's rules, as its own `validate` does, without editing them (decision 0014)."""

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, NamedTuple

from graphql import (
    BREAK,
    SKIP,
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLSchema,
    Node,
    OperationDefinitionNode,
    TypeInfo,
    ValidationContext,
    Visitor,
    specified_rules,
)
from graphql.language.ast import QUERY_DOCUMENT_KEYS
from graphql.pyutils import RefMap
from graphql.validation.validate import FragmentNestingVisitor, ValidationAbortedError
from graphql.validation.validation_context import VariableUsage, VariableUsageVisitor
from strawberry.schema.validation_rules.maybe_null import MaybeNullValidationRule

RULES = (*specified_rules, MaybeNullValidationRule)
"""What the GraphQL specification and Strawberry's inputs ask of a document."""

_CHILDREN = {
    kind: tuple(key for key in keys if key not in ("alias", "description", "name"))
    for kind, keys in QUERY_DOCUMENT_KEYS.items()
}
"""Where the children of a node stand, by its kind; no rule looks at names and descriptions."""


def validate(schema: GraphQLSchema, document: DocumentNode, *, max_errors: int) -> list[GraphQLError]:
    """What graphql-core's `validate` finds, in its order, without suggestions."""
    errors: list[GraphQLError] = []

    def report(error: GraphQLError) -> None:
        if len(errors) >= max_errors:
            raise ValidationAbortedError("Too many validation errors, error limit reached. Validation aborted.")
        errors.append(error)

    context = _Context(schema, document, report)
    visitors: list[Visitor] = [rule(context) for rule in RULES]
    fragments = {node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)}
    if fragments:
        visitors.insert(0, FragmentNestingVisitor(fragments))
    try:
        context.walk(document, visitors)
    except ValidationAbortedError as error:
        errors.append(ValidationAbortedError(error.message))  # without the frames that it passed
    except RecursionError:
        errors.append(ValidationAbortedError("Validation aborted."))
    return errors


class _Context(ValidationContext):
    """What the rules ask: variables are found by the same walk, and kept by node, not by all that a node contains."""

    def __init__(self, schema: GraphQLSchema, document: DocumentNode, report: Callable[[GraphQLError], None]) -> None:
        super().__init__(schema, document, TypeInfo(schema), report, hide_suggestions=True)
        # Each is typed as a dict, whose keys would be hashed with all that they contain.
        self._fragment_spreads = RefMap()  # type: ignore[assignment]  # see above
        self._variable_usages = RefMap()  # type: ignore[assignment]  # see above
        self._recursive_variable_usages = RefMap()  # type: ignore[assignment]  # see above

    def walk(self, node: Node, visitors: Sequence[Visitor]) -> None:
        _Walk(self._type_info, visitors).visit(node)

    def get_variable_usages(self, node: OperationDefinitionNode | FragmentDefinitionNode) -> list[VariableUsage]:
        usages = self._variable_usages.get(node)
        if usages is None:
            visitor = VariableUsageVisitor(self._type_info, node if isinstance(node, FragmentDefinitionNode) else None)
            if "$" in _text(node):  # most fragments have no variables
                self.walk(node, [visitor])
            usages = self._variable_usages[node] = visitor.usages
        return usages


def _text(node: Node) -> str:
    assert node.loc is not None
    return node.loc.source.body[node.loc.start : node.loc.end]


class _Kind(NamedTuple):
    """What happens at the nodes of a kind."""

    enter: list[tuple[Visitor, Callable[..., Any]]]
    children: tuple[str, ...]
    leave: list[tuple[Visitor, Callable[..., Any]]]


@cache
def _looking(visitors: tuple[type[Visitor], ...], way: str, kind: str) -> list[tuple[int, str]]:
    """Which of the visitors look at nodes of a kind when these are entered or left, and by which method."""
    named = [
        (place, name) for name in (way, f"{way}_{kind}") for place, each in enumerate(visitors) if hasattr(each, name)
    ]
    return sorted(dict(named).items())


class _Walk:
    """Takes visitors to a node and all that stands below it, keeping the types in step; nothing is edited."""

    def __init__(self, types: TypeInfo, visitors: Sequence[Visitor]) -> None:
        self._types = types
        self._visitors = visitors
        self._classes = tuple(map(type, visitors))
        self._kinds: dict[str, _Kind] = {}
        self._silent: set[Visitor] = set()
        """Those who skip what is visited now, or have seen enough."""
        self._path: list[str | int] = []
        self._ancestors: list[Any] = []

    def visit(self, node: Node, key: str | int | None = None, parent: Any = None) -> None:
        """Tells the visitors what graphql-core would: where the node stands, and all that it stands in."""
        kind = self._kinds.get(node.kind) or self._kind(node.kind)
        silent, path, ancestors = self._silent, self._path, self._ancestors
        skipping = []
        self._types.enter(node)
        for visitor, enter in kind.enter:
            if visitor not in silent:
                action = enter(node, key, parent, path, ancestors)
                if action is not None:
                    silent.add(visitor)
                    if action is SKIP:
                        skipping.append(visitor)
        if kind.children:
            if parent is not None:
                ancestors.append(parent)
            for name in kind.children:
                child = getattr(node, name)
                if not child:
                    continue
                path.append(name)
                if isinstance(child, tuple):
                    ancestors.append(node)
                    for index, item in enumerate(child):
                        path.append(index)
                        self.visit(item, index, child)
                        path.pop()
                    ancestors.pop()
                else:
                    self.visit(child, name, node)
                path.pop()
            if parent is not None:
                ancestors.pop()
        for visitor, leave in kind.leave:
            if visitor not in silent and leave(node, key, parent, path, ancestors) is BREAK:
                silent.add(visitor)
        self._types.leave(node)
        silent.difference_update(skipping)

    def _kind(self, kind: str) -> _Kind:
        def calls(way: str) -> list[tuple[Visitor, Callable[..., Any]]]:
            looking = [(self._visitors[place], name) for place, name in _looking(self._classes, way, kind)]
            return [(visitor, getattr(visitor, name)) for visitor, name in looking]

        found = self._kinds[kind] = _Kind(calls("enter"), _CHILDREN.get(kind, ()), calls("leave"))
        return found
