"""Any schema over made-up rows: lists of every length, nulls, wrong values and failures, the same for the same seed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field, replace
from enum import Enum
from functools import wraps
from inspect import iscoroutinefunction
from random import Random
from typing import Any
from zlib import crc32

import strawberry
from graphql import (
    GraphQLEnumType,
    GraphQLError,
    GraphQLObjectType,
    GraphQLSchema,
    is_abstract_type,
    is_introspection_type,
    is_list_type,
    is_non_null_type,
    is_object_type,
)

from gateway.execution import Info, OfType, Shared
from gateway.execution.definitions import STRAWBERRY
from gateway.execution.fields import Source, Spec

Leaves = Mapping[str, Callable[[Random], object]]
"""How a good value of a scalar is made, as resolvers answer it, by the name of the type."""

WRONG: Sequence[object] = ("wrong", "", 2**40, -1, 0.5, float("nan"), True, [], {}, [[1]])
LENGTHS = (0, 0, 1, 1, 2, 2, 3, 4)


def _seed(*parts: object) -> int:
    return crc32(repr(parts).encode())


class Refused(Exception):
    """A requirement that the caller does not hold for a row."""


@dataclass
class MadeUpContext:
    """A caller; `closed` requirements are refused for half of the rows, and everywhere without a place."""

    seed: int
    closed: frozenset[Enum] = frozenset()
    waits: bool = False
    log: list[str] = field(default_factory=list)
    """The effects of mutations."""
    known: dict[object, Any] = field(default_factory=dict)
    """Objects that stand in many places."""

    async def charge(self, points: int) -> None:
        """Costs nothing."""

    async def settle(self, points: int) -> None:
        """Costs nothing."""

    def restricted(self, requirements: frozenset[Enum]) -> frozenset[Enum]:
        return requirements & self.closed

    def permit(self, requirement: Enum, rows: Sequence[Any], place: tuple[str, ...]) -> Sequence[Exception | None]:
        return [
            None if place and _seed([row[column] for column in place]) % 2 else Refused(f"needs {requirement.value}")
            for row in rows
        ]


class _MadeUp(dict[str, Any]):
    """A row whose columns are made when they are read."""

    def __init__(self, world: _World, type_name: str, seed: int) -> None:
        super().__init__()
        self.world, self.type_name, self.seed = world, type_name, seed

    def __missing__(self, column: str) -> Any:
        value = self[column] = self.world.column(self, column)
        return value


class _MadeUpShared(Shared):
    """An entry of a catalogue."""

    def __init__(self, world: _World, type_name: str, seed: int) -> None:
        super().__init__()
        self.world, self.type_name, self.seed = world, type_name, seed

    def __missing__(self, column: str) -> Any:
        return self.world.column(self, column)


class _World:
    def __init__(self, schema: GraphQLSchema, leaves: Leaves) -> None:
        self._schema = schema
        self._leaves = leaves
        self._shared: dict[tuple[str, int], _MadeUpShared] = {}
        self._types: dict[tuple[str, str], Any] = {}
        """The GraphQL type of a column, by type and name."""

    def replace(self, type_name: str, name: str, graphql: Any) -> None:
        """Puts made-up values in the place of what a field's resolver would answer."""
        declared = copy(graphql.extensions[STRAWBERRY])
        spec: Spec = declared.spec
        match spec.source:
            case Source.COLUMN:
                self._types[type_name, spec.column or declared.name] = graphql.type
            case Source.COMPUTED:
                spec = replace(spec, function=self._computed(f"{type_name}.{name}", graphql.type))
            case _:
                spec = replace(spec, function=self._resolver(type_name, name, graphql.type, spec))
        declared.metadata = {**declared.metadata, "spec": spec}
        graphql.extensions = {**graphql.extensions, STRAWBERRY: declared}

    def column(self, row: _MadeUp | _MadeUpShared, column: str) -> Any:
        type_ = self._types.get((row.type_name, column))
        seed = _seed(row.seed, column)
        if type_ is None:
            return seed  # what says where a row stands
        random = Random(seed)
        if random.random() < 0.01:
            raise LookupError(f"{row.type_name} {row.seed} has lost its {column}")
        return self._value(type_, random)

    def _computed(self, place: str, type_: Any) -> Callable[[Any], object]:
        def computed(row: Any) -> object:
            value = self._value(type_, Random(_seed(place, getattr(row, "seed", None))))
            if isinstance(value, Exception):
                raise value
            return value

        return computed

    def _resolver(self, type_name: str, name: str, type_: Any, spec: Spec) -> Callable[..., Any]:
        def answers(rows: Sequence[Any], info: Info, arguments: dict[str, Any]) -> Sequence[object]:
            context = info.context
            if type_name == "Mutation":
                context.log.append(f"{name} {arguments}")
            keyed = spec.source is Source.KEYED
            whole = _seed(context.seed, type_name, name, None if keyed else arguments)
            if whole % 60 == 0:
                raise ValueError(f"the whole level of {name} fails")
            found = []
            for index, row in enumerate(rows):
                given = {each: values[index] for each, values in arguments.items()} if keyed else arguments
                seed = _seed(context.seed, getattr(row, "seed", None), type_name, name, given)
                found.append(self._value(type_, Random(seed), context.known))
            return tuple(found) if whole % 3 == 0 else found

        assert spec.function is not None

        @wraps(spec.function)
        def plain(rows: Sequence[Any], info: Info, **arguments: Any) -> Sequence[object]:
            return answers(rows, info, dict(sorted(arguments.items())))

        @wraps(spec.function)
        async def waiting(rows: Sequence[Any], info: Info, **arguments: Any) -> Sequence[object]:
            if info.context.waits:
                await asyncio.sleep(0)
            return answers(rows, info, dict(sorted(arguments.items())))

        return waiting if iscoroutinefunction(spec.function) else plain

    def _value(self, type_: Any, random: Random, known: dict[object, Any] | None = None) -> Any:
        """A value of a type, now and then null where null is excluded, or an exception; `known` are to occur again."""
        roll = random.random()
        required = is_non_null_type(type_)
        inner = type_.of_type if required else type_
        if roll < (0.015 if required else 0.15):
            return None
        if roll > 0.985:
            return random.choice([ValueError("lost"), LookupError("no such thing"), GraphQLError("refused")])
        if is_list_type(inner):
            if roll > 0.98:
                return random.choice(WRONG)
            length = 1_001 if roll > 0.979 else 30 if roll > 0.96 else random.choice(LENGTHS)
            items = [self._value(inner.of_type, random) for _ in range(length)]
            return tuple(items) if roll < 0.3 else items
        if is_object_type(inner):
            return self._row(inner.name, random, known)
        if is_abstract_type(inner):
            if roll > 0.97:
                return random.choice(["wrong", OfType("Nothing", {}), OfType("PageInfo", {})])
            name = random.choice([possible.name for possible in self._schema.get_possible_types(inner)])
            return OfType(name, self._row(name, random, known))
        if roll > 0.97:
            return random.choice(WRONG)
        if isinstance(inner, GraphQLEnumType):
            value = random.choice(list(inner.values.values())).value
            return value.value if isinstance(value, Enum) and random.random() < 0.5 else value
        return self._leaves[inner.name](random)

    def _row(self, type_name: str, random: Random, known: dict[object, Any] | None) -> Any:
        seed = random.randrange(2**30)
        if seed % 4 == 0:
            key = type_name, seed % 5
            return self._shared.setdefault(key, _MadeUpShared(self, *key))
        if known is not None and seed % 4 == 1:
            key = type_name, seed % 3
            return known.setdefault(key, _MadeUp(self, *key))
        return _MadeUp(self, type_name, seed)


def make_up(schema: strawberry.Schema, leaves: Leaves) -> strawberry.Schema:
    """The schema, whose fields from now on find made-up values only."""
    graphql = schema._schema
    world = _World(graphql, leaves)
    for type_ in graphql.type_map.values():
        if isinstance(type_, GraphQLObjectType) and not is_introspection_type(type_):
            for name, declared in type_.fields.items():
                world.replace(type_.name, name, declared)
    return schema
