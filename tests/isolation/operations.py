"""Operations made from the printed schema: every field of every type, with every argument and value."""

import itertools
import json
import re
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_abstract_type,
    is_interface_type,
    is_leaf_type,
    is_object_type,
    is_required_argument,
    value_from_ast_untyped,
)

from gateway.kit.ids import Kind, decode_any
from tests.isolation.samples import SHARED, Samples

OF = "_of_"
"""Between a type and its field in an alias."""


@dataclass(frozen=True)
class Operation:
    """A document with variables, and the field of a type, or several leaves of it, that it is about."""

    type_name: str
    name: str
    document: str
    variables: dict[str, Any] = field(default_factory=dict)
    varied: bool = False
    """Some argument has another value than the first that fits, or is given where it need not be."""

    @property
    def patches(self) -> set[int]:
        """The patches that its variables name by global ids."""
        ids = [decode_any(id) for id in re.findall(r"[a-z]{3}_\d+", json.dumps(self.variables))]
        return {number for kind, number in ids if kind not in SHARED}

    def __str__(self) -> str:
        return f"{self.type_name}.{self.name} {json.dumps(self.variables)}\n{self.document}"


@dataclass(frozen=True)
class Route:
    """How objects of a type are reached: the operation around their selection."""

    operation: str
    before: str = ""
    after: str = ""
    declared: tuple[str, ...] = ()
    variables: dict[str, Any] = field(default_factory=dict)

    def further(self, before: str, after: str, given: "Given | None" = None) -> "Route":
        declared, variables = (given.declared, given.variables) if given else ((), {})
        return Route(
            self.operation,
            self.before + before,
            after + self.after,
            self.declared + declared,
            self.variables | variables,
        )

    def document(self, selection: str) -> str:
        declarations = f"({', '.join(self.declared)})" if self.declared else ""
        return f"{self.operation}{declarations} {{ {self.before} {selection} {self.after} }}"


@dataclass(frozen=True)
class Given:
    """Arguments of a field as variables."""

    text: str
    declared: tuple[str, ...]
    variables: dict[str, Any]


class Operations:
    """All operations of a schema."""

    def __init__(self, schema: GraphQLSchema, samples: Samples) -> None:
        self._schema = schema
        self._samples = samples
        self._names = (f"v{n}" for n in itertools.count())
        self._node = schema.get_type("Node")
        assert isinstance(self._node, GraphQLInterfaceType)
        self._routes = dict(self._find_routes())

    def reads(self) -> Iterator[Operation]:
        """What reads: each field by itself, as a null or a refusal beside it would hide what it shows."""
        for type_name, route in self._routes.items():
            if route.operation == "query":
                yield from self._of_type(type_name, route)

    def changes(self) -> Iterator[Operation]:
        """What changes: each mutation by itself, with all that its payload shows."""
        root = self._schema.mutation_type
        if root is not None:
            yield from self._of_type(root.name, self._routes[root.name])

    def _of_type(self, type_name: str, route: Route) -> Iterator[Operation]:
        type_ = self._schema.get_type(type_name)
        assert isinstance(type_, GraphQLObjectType)
        leaves: dict[str, list[str]] = {}
        for name, definition in type_.fields.items():
            if is_leaf_type(get_named_type(definition.type)) and not definition.args:
                leaves.setdefault(requirement(definition), []).append(name)
            else:
                yield from self._of_field(type_name, name, definition, route)
        for names in leaves.values():
            document = route.document(f"__typename {' '.join(names)}")
            yield Operation(type_name, " ".join(names), document, route.variables)

    def _of_field(self, type_name: str, name: str, definition: GraphQLField, route: Route) -> Iterator[Operation]:
        target = get_named_type(definition.type)
        everything = self._all_of(target)
        required = self._required(definition)
        further = route.further(f"__typename {name}{required.text}", "", required)
        if not is_leaf_type(target):  # a refusal inside must not hide that there is something
            yield Operation(type_name, name, further.document("{ __typename }"), further.variables)
        yield Operation(type_name, name, further.document(everything), further.variables)
        for given in self._variations(definition):
            further = route.further(f"__typename {name}{given.text}", "", given)
            yield Operation(type_name, name, further.document(everything), further.variables, varied=True)

    def _variations(self, definition: GraphQLField) -> "Iterator[Given]":
        """For each argument every value that it may have, beside what is required."""
        for argument_name, argument in definition.args.items():
            around = self._required(definition, but=argument_name)
            name = next(self._names)
            text = f"({around.text.strip('()')} {argument_name}: ${name})"
            declared = (*around.declared, f"${name}: {argument.type}")
            for value in self._samples.of(argument.type, argument_name):
                yield Given(text, declared, around.variables | {name: value})

    def _required(self, definition: GraphQLField, but: str | None = None) -> Given:
        texts, declared, variables = [], [], {}
        for argument_name, argument in definition.args.items():
            if is_required_argument(argument) and argument_name != but:
                name = next(self._names)
                texts.append(f"{argument_name}: ${name}")
                declared.append(f"${name}: {argument.type}")
                variables[name] = self._samples.first(argument.type, argument_name)
        return Given(f"({' '.join(texts)})" if texts else "", tuple(declared), variables)

    def _all_of(self, type_: GraphQLNamedType, above: tuple[str, ...] = (), prefix: str = "") -> str:
        """A selection of everything down to the next objects that have a global id, with their leaves.

        Below an interface or union the types keep their fields apart by aliases that begin with `prefix`.
        """
        if is_leaf_type(type_):
            return ""
        if is_abstract_type(type_):
            possible = self._schema.get_possible_types(type_)
            parts = [f"... on {each.name} {self._all_of(each, above, f'{each.name}{OF}')}" for each in possible]
            common = "id" if is_interface_type(type_) else ""
            return f"{{ __typename {common} {' '.join(parts)} }}"
        assert isinstance(type_, GraphQLObjectType)
        parts = ["__typename"]
        alias = f"{prefix}%s: %s" if prefix else "%.0s%s"
        for name, definition in type_.fields.items():
            target = get_named_type(definition.type)
            if any(is_required_argument(argument) for argument in definition.args.values()):
                continue
            if is_leaf_type(target):
                parts.append(alias % (name, name))
            elif self._node not in type_.interfaces and target.name not in above:
                parts.append(alias % (name, f"{name} {self._all_of(target, (*above, type_.name))}"))
        return f"{{ {' '.join(parts)} }}"

    def _find_routes(self) -> Iterator[tuple[str, Route]]:
        """The shortest way to each type: by global id where it has one, else from a query, else from a mutation."""
        assert isinstance(self._node, GraphQLInterfaceType)
        found: set[str] = set()
        for root, operation in ((self._schema.query_type, "query"), (self._schema.mutation_type, "mutation")):
            if root is None:
                continue
            waiting: deque[tuple[GraphQLObjectType, Route]] = deque([(root, Route(operation))])
            if operation == "query":
                for type_ in self._schema.get_possible_types(self._node):
                    waiting.append((type_, self._by_ids(type_)))
            while waiting:
                type_, route = waiting.popleft()
                if type_.name not in found:
                    found.add(type_.name)
                    yield type_.name, route
                    waiting.extend(self._onwards(type_, route))

    def _by_ids(self, type_: GraphQLObjectType) -> Route:
        ids = self._samples.ids([kind for kind in Kind if kind.value == type_.name])
        before, after = f"nodes(ids: $ids) {{ __typename ... on {type_.name} {{", "} }"
        return Route("query", before, after, ("$ids: [ID!]!",), {"ids": ids})

    def _onwards(self, type_: GraphQLObjectType, route: Route) -> Iterator[tuple[GraphQLObjectType, Route]]:
        for name, definition in type_.fields.items():
            target = get_named_type(definition.type)
            given = self._required(definition)
            before = f"__typename {name}{given.text} {{"
            if is_object_type(target):
                yield target, route.further(before, "}", given)
            elif is_abstract_type(target):
                for each in self._schema.get_possible_types(target):
                    yield each, route.further(f"{before} ... on {each.name} {{", "} }", given)


def requirement(definition: GraphQLField) -> str:
    """The action that the printed directive names; "" for a public field."""
    assert definition.ast_node is not None
    for directive in definition.ast_node.directives or ():
        if directive.name.value == "requires":
            (action,) = directive.arguments or ()
            return str(value_from_ast_untyped(action.value))
    return ""


def objects(value: Any) -> Iterator[dict[str, Any]]:
    """All objects in an answer's data, each with its `__typename`."""
    if isinstance(value, dict):
        yield value
        for each in value.values():
            yield from objects(each)
    elif isinstance(value, Sequence) and not isinstance(value, str):
        for each in value:
            yield from objects(each)
