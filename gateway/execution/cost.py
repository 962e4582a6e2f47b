"""What an operation may cost: how many values its answer may hold, a formula of the variables compiled per document."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from graphql import (
    BooleanValueNode,
    FieldNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLNamedType,
    GraphQLObjectType,
    InlineFragmentNode,
    IntValueNode,
    ListValueNode,
    OperationDefinitionNode,
    OperationType,
    SchemaMetaFieldDef,
    SelectionSetNode,
    TypeMetaFieldDef,
    ValueNode,
    VariableNode,
    get_named_type,
    get_nullable_type,
    is_introspection_type,
    is_leaf_type,
    is_list_type,
    is_object_type,
)
from graphql.execution.collect_fields import FragmentDetails

from gateway.execution.definitions import Definitions
from gateway.kit.paging import DEFAULT_SIZE

MUTATION = 100
"""What each field of a mutation costs beside its answer."""
LIST_SIZE = 5
"""The rows expected of a list without an argument that says how many."""

INTROSPECTION = 40
"""What each value of the schema about itself costs: those are made one by one."""
LARGEST = 2**31 - 1
"""Counts go no further: a GraphQL Int."""

_PAGE_ARGUMENTS = ("first", "last")
_META = {"__schema": SchemaMetaFieldDef, "__type": TypeMetaFieldDef}

Condition = tuple[str, bool]
"""A variable and the value it must have."""


@dataclass(frozen=True, slots=True)
class Factor:
    """How often something stands in an answer: as often as an argument says, or only under conditions."""

    path: tuple[str, ...] = ()
    """Response names down to the field whose argument it is; empty for conditions."""
    argument: str = ""
    size: int = 0
    """The largest constant, or the default where no argument says how many."""
    variables: tuple[str, ...] = ()
    default: int = 0
    """Stands for variables that are not given."""
    conditions: tuple[tuple[Condition, ...], ...] = ()
    """Alternatives, of each of which all must hold."""

    def value(self, variables: Mapping[str, Any]) -> int:
        size = self.size
        for name in self.variables:
            size = max(size, _size(variables.get(name), self.default))
        if self.conditions:
            return any(all(variables.get(name) == wanted for name, wanted in each) for each in self.conditions)
        return size


def _size(value: object, default: int) -> int:
    if value is None:
        return default
    if isinstance(value, list):
        return len(value)
    return value if isinstance(value, int) else 1


@dataclass(frozen=True, slots=True)
class Formula:
    """`constant` and, for each product, so many times another formula."""

    constant: int = 0
    products: "tuple[tuple[Factor, Formula], ...]" = ()

    def value(self, variables: Mapping[str, Any]) -> int:
        """Points for coerced variables, at most `LARGEST`."""
        return min(self._points(variables), LARGEST)

    def advice(self, variables: Mapping[str, Any], maximum: int) -> "Advice | None":
        """The list that costs most by itself, and a size with which all would fit into `maximum`; None without lists.

        When no list alone can make it fit, the dearest one is named without a size.
        """
        excess = self._points(variables) - maximum
        shares = sorted(self._shares(variables, 1), key=lambda share: share.own, reverse=True)
        for share in shares:
            size = share.size - -(-excess // share.each) if share.each else 0
            if size > 0:
                return Advice(share.factor.path, share.factor.argument, size)
        return Advice(shares[0].factor.path, shares[0].factor.argument, None) if shares else None

    def _points(self, variables: Mapping[str, Any]) -> int:
        return self.constant + sum(
            factor.value(variables) * formula._points(variables) for factor, formula in self.products
        )

    def _shares(self, variables: Mapping[str, Any], times: int) -> "Iterator[_Share]":
        for factor, formula in self.products:
            size = factor.value(variables)
            if factor.path:
                each = times * formula._points(variables)
                yield _Share(factor, size, each, times * size * formula.constant)
            yield from formula._shares(variables, times * size)


@dataclass(frozen=True, slots=True)
class _Share:
    factor: Factor
    size: int
    each: int
    """Points of one row more."""
    own: int
    """Points of its rows, without what lists below them cost."""


@dataclass(frozen=True, slots=True)
class Advice:
    """The dearest list: its response names from the root, the argument that says how many, and how many would fit."""

    path: tuple[str, ...]
    argument: str
    size: int | None


@dataclass(frozen=True, slots=True)
class _Selected:
    """The fields of one response name in one object."""

    nodes: list[FieldNode]
    conditions: list[tuple[Condition, ...]]


class TooManyFields(Exception):
    """A document has more fields than are priced, when those of each type count that an object may have."""


class Pricing:
    """Prices the operations of a valid document, of together `most` fields; merges selections as execution does."""

    def __init__(self, definitions: Definitions, fragments: Mapping[str, FragmentDetails], most: int) -> None:
        self._definitions = definitions
        self._schema = definitions.schema
        self._fragments = fragments
        self._left = most

    def formula(self, node: OperationDefinitionNode) -> Formula:
        """The formula of an operation; everything counts that any values of its variables may select.

        A value is a point. A list counts as often as `first`, `last` or the argument named by the field's `size` says,
        a page that tells neither has 50 rows, and other lists are expected to have five. Raises `TooManyFields`.
        """
        root = self._schema.get_root_type(node.operation)
        assert root is not None
        extra = MUTATION if node.operation is OperationType.MUTATION else 0
        return self._object(root, [node.selection_set], (), None, extra)

    def _object(
        self,
        type_: GraphQLObjectType,
        selections: Sequence[SelectionSetNode],
        path: tuple[str, ...],
        page: Factor | None,
        extra: int = 0,
    ) -> Formula:
        selected: dict[str, _Selected] = {}
        for selection_set in selections:
            self._collect(type_, selection_set, (), selected, set())
        self._left -= len(selected) or 1
        if self._left < 0:
            raise TooManyFields
        parts = []
        for name, each in selected.items():
            part = self._field(type_, each.nodes, (*path, name), page)
            part = _sum((Formula(extra), part)) if extra else part
            conditional = () not in each.conditions
            parts.append(_times(Factor(conditions=tuple(each.conditions)), part) if conditional else part)
        return _sum(parts)

    def _collect(
        self,
        type_: GraphQLObjectType,
        selections: SelectionSetNode,
        conditions: tuple[Condition, ...],
        selected: dict[str, _Selected],
        spread: set[tuple[str, tuple[Condition, ...]]],
    ) -> None:
        for node in selections.selections:
            held = _conditions(node)
            if held is None:
                continue
            held = conditions + held
            if isinstance(node, FieldNode):
                group = selected.setdefault((node.alias or node.name).value, _Selected([], []))
                group.nodes.append(node)
                group.conditions.append(held)
            elif isinstance(node, InlineFragmentNode):
                condition = node.type_condition
                if condition is None or self._is(type_, condition.name.value):
                    self._collect(type_, node.selection_set, held, selected, spread)
            elif isinstance(node, FragmentSpreadNode) and (node.name.value, held) not in spread:
                spread.add((node.name.value, held))
                fragment = self._fragments[node.name.value].definition
                if self._is(type_, fragment.type_condition.name.value):
                    self._collect(type_, fragment.selection_set, held, selected, spread)

    def _is(self, type_: GraphQLObjectType, condition: str) -> bool:
        wanted: Any = self._schema.type_map[condition]
        return wanted is type_ or (not is_object_type(wanted) and self._schema.is_sub_type(wanted, type_))

    def _field(
        self, parent: GraphQLObjectType, nodes: list[FieldNode], path: tuple[str, ...], page: Factor | None
    ) -> Formula:
        name = nodes[0].name.value
        field = parent.fields.get(name) or _META.get(name)
        if field is None:  # __typename
            return Formula(1)
        definition = self._definitions.find(parent.name, name)
        if is_introspection_type(parent) or name in _META:
            return self._introspected(parent, field, nodes, path)
        own = definition.spec.cost if definition else 1
        named = get_named_type(field.type)
        if is_leaf_type(named):
            return Formula(own)
        sized = _factor(field, definition.spec.size if definition else None, nodes[0], path)
        listed = is_list_type(get_nullable_type(field.type))
        selections = [node.selection_set for node in nodes if node.selection_set]
        below = self._any(named, selections, path, None if listed else sized)
        one = _sum((Formula(own), below))
        if not listed:
            return one
        factor = sized or page
        if factor is not None:
            return _times(factor, one)
        return _scaled(one, LIST_SIZE)

    def _introspected(
        self, parent: GraphQLObjectType, field: GraphQLField, nodes: list[FieldNode], path: tuple[str, ...]
    ) -> Formula:
        """Lists are as long as they are on average; a type is wrapped in no more than two others."""
        name = nodes[0].name.value
        selections = [node.selection_set for node in nodes if node.selection_set]
        if name == "ofType" and path[-2:-1] == ("ofType",):
            return Formula()
        below = self._any(get_named_type(field.type), selections, path, None)
        return _scaled(_sum((Formula(INTROSPECTION), below)), self._lengths.get((parent.name, name), 1))

    @cached_property
    def _lengths(self) -> Mapping[tuple[str, str], int]:
        """How long the lists of the schema about itself are, by type and field."""
        types = list(self._schema.type_map.values())
        fields = [field for type_ in types for field in getattr(type_, "fields", {}).values()]
        arguments = [argument for field in fields for argument in getattr(field, "args", {})]
        values = [value for type_ in types for value in getattr(type_, "values", ())]
        inputs = [field for field in fields if not hasattr(field, "args")]
        return {
            ("__Schema", "types"): len(types),
            ("__Schema", "directives"): len(self._schema.directives),
            ("__Type", "fields"): -(-(len(fields) - len(inputs)) // len(types)),
            ("__Type", "inputFields"): -(-len(inputs) // len(types)),
            ("__Type", "enumValues"): -(-len(values) // len(types)),
            ("__Field", "args"): -(-len(arguments) // len(fields)),
        }

    def _any(
        self, named: GraphQLNamedType, selections: list[SelectionSetNode], path: tuple[str, ...], page: Factor | None
    ) -> Formula:
        """The dearest of the types that an object can have."""
        possible = self._possible(named)
        formulas = [self._object(type_, selections, path, page) for type_ in possible]
        constant = max((formula.constant for formula in formulas), default=0)
        return Formula(constant, tuple(product for formula in formulas for product in formula.products))

    def _possible(self, named: GraphQLNamedType) -> Iterable[GraphQLObjectType]:
        return [named] if isinstance(named, GraphQLObjectType) else self._definitions.possible(named).values()


def _factor(field: GraphQLField, sized: str | None, node: FieldNode, path: tuple[str, ...]) -> Factor | None:
    """How many rows the arguments ask for; None when the field has no such argument."""
    names = (sized,) if sized else tuple(name for name in _PAGE_ARGUMENTS if name in field.args)
    if not names:
        return None
    given = [(a.name.value, a.value) for a in node.arguments or () if a.name.value in names]
    default = LIST_SIZE if sized else DEFAULT_SIZE
    variables = tuple(value.name.value for _, value in given if isinstance(value, VariableNode))
    constants = [size for _, value in given if (size := _constant(value)) is not None]
    size = max(constants, default=0 if variables else default)
    argument = given[0][0] if given else names[0]
    return Factor(path, argument, size, variables, default)


def _constant(node: ValueNode) -> int | None:
    if isinstance(node, IntValueNode):
        return max(0, int(node.value))
    return len(node.values) if isinstance(node, ListValueNode) else None


def _conditions(node: Any) -> tuple[Condition, ...] | None:
    """The variables on which a selection depends; None when it is never selected."""
    found = []
    for directive in node.directives or ():
        wanted = {"include": True, "skip": False}.get(directive.name.value)
        if wanted is None:
            continue
        value = directive.arguments[0].value
        if isinstance(value, VariableNode):
            found.append((value.name.value, wanted))
        elif isinstance(value, BooleanValueNode) and value.value != wanted:
            return None
    return tuple(found)


def _sum(formulas: Iterable[Formula]) -> Formula:
    parts = list(formulas)
    return Formula(sum(part.constant for part in parts), tuple(product for part in parts for product in part.products))


def _times(factor: Factor, formula: Formula) -> Formula:
    return Formula(0, ((factor, formula),))


def _scaled(formula: Formula, size: int) -> Formula:
    return Formula(formula.constant * size, tuple((factor, _scaled(part, size)) for factor, part in formula.products))
