"""Random GraphQL operations for any schema: aliases, fragments, directives, variables, nulls, merged fields."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any

from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLNonNull,
    GraphQLSchema,
    Undefined,
    get_named_type,
    is_abstract_type,
    is_composite_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
)

Values = Mapping[str, Callable[[Random], object]]
"""How a value is made: by the name of a leaf type, or by a place such as `Query.number(by:)` or `NumberBy.id`."""

BASIC: Values = {
    "Int": lambda random: random.choice([0, 1, 2, 3, 5, -1]),
    "Float": lambda random: random.choice([0, 0.5, 2]),
    "String": lambda random: random.choice(["", "a", "Страна", 'quo"ted\n']),
    "ID": lambda random: str(random.randrange(10)),
    "Boolean": lambda random: random.random() < 0.5,
}


@dataclass(frozen=True)
class Sent:
    """What a client sends."""

    source: str
    variables: dict[str, object]
    operation_name: str | None


@dataclass
class _Draft:
    """One operation under way."""

    random: Random
    variables: dict[str, tuple[str, object]] = field(default_factory=dict)
    """Declared type with its default, and the value sent, or Undefined."""
    fragments: list[str] = field(default_factory=list)
    names: int = 0

    def name(self, prefix: str) -> str:
        self.names += 1
        return f"{prefix}{self.names}"

    def chance(self, probability: float) -> bool:
        return self.random.random() < probability


class Operations:
    """Operations over a schema; `make(seed)` always makes the same one of the same seed."""

    def __init__(
        self, schema: GraphQLSchema, values: Values, *, depth: int = 4, size: int = 5, mutations: bool = True
    ) -> None:
        self._schema = schema
        self._mutations = mutations and schema.mutation_type is not None
        self._values = {**BASIC, **values}
        self._depth = depth
        self._size = size

    def make(self, seed: int) -> Sent:
        draft = _Draft(Random(seed))
        kind = "mutation" if self._mutations and draft.chance(0.2) else "query"
        operation = self._operation(draft, kind, "Main")
        if draft.chance(0.1):
            other = "query Other { __typename }"
            return Sent("\n".join([other, operation, *draft.fragments]), self._sent(draft), "Main")
        return Sent("\n".join([operation, *draft.fragments]), self._sent(draft), None)

    def _operation(self, draft: _Draft, kind: str, name: str) -> str:
        root = self._schema.mutation_type if kind == "mutation" else self._schema.query_type
        selection = self._selection(draft, root, self._depth, {})
        declared = ", ".join(f"${name}: {declared}" for name, (declared, _) in draft.variables.items())
        return f"{kind} {name}{f'({declared})' if declared else ''} {selection}"

    def _sent(self, draft: _Draft) -> dict[str, object]:
        return {name: value for name, (_, value) in draft.variables.items() if value is not Undefined}

    def _selection(self, draft: _Draft, type_: Any, depth: int, known: dict[str, str]) -> str:
        """A selection set; `known` are the aliases at this place with what they stand for, so that some are merged."""
        parts = [self._part(draft, type_, depth, known) for _ in range(draft.random.randint(1, self._size))]
        return "{ " + " ".join(parts) + " }"

    def _part(self, draft: _Draft, type_: Any, depth: int, known: dict[str, str]) -> str:
        roll = draft.random.random()
        if roll < 0.08:
            alias = f"{draft.name('t')}: " if draft.chance(0.3) else ""
            return f"{alias}__typename{self._directives(draft)}"
        if roll < 0.2 and depth > 0:
            condition = self._condition(draft, type_)
            on = f" on {condition.name}" if condition is not type_ or draft.chance(0.5) else ""
            return f"...{on}{self._directives(draft)} {self._selection(draft, condition, depth - 1, known)}"
        if roll < 0.28 and depth > 0:
            condition = self._condition(draft, type_)
            name = draft.name("F")
            body = self._selection(draft, condition, depth - 1, known)
            draft.fragments.append(f"fragment {name} on {condition.name} {body}")
            return " ".join(f"...{name}{self._directives(draft)}" for _ in range(draft.random.choice([1, 1, 2])))
        fields = getattr(type_, "fields", {})
        choices = [name for name, f in fields.items() if depth > 0 or is_leaf_type(get_named_type(f.type))]
        if not choices:
            return "__typename"
        name = draft.random.choice(choices)
        return self._field(draft, type_, name, fields[name], depth, known)

    def _condition(self, draft: _Draft, type_: Any) -> Any:
        if is_abstract_type(type_):
            return draft.random.choice([type_, *self._schema.get_possible_types(type_)])
        return draft.random.choice([type_, type_, *type_.interfaces])

    def _field(
        self, draft: _Draft, type_: Any, name: str, definition: GraphQLField, depth: int, known: dict[str, str]
    ) -> str:
        place = f"{type_.name}.{name}"
        text = name + self._arguments(draft, place, definition)
        repeated = [alias for alias, meaning in known.items() if meaning == f"{place} {text}"]
        if repeated and draft.chance(0.5):
            text = f"{repeated[0]}: {text}"
        elif text != name or draft.chance(0.2):
            alias = draft.name("a")
            known[alias] = f"{place} {text}"
            text = f"{alias}: {text}"
        text += self._directives(draft)
        named = get_named_type(definition.type)
        return f"{text} {self._selection(draft, named, depth - 1, {})}" if is_composite_type(named) else text

    def _arguments(self, draft: _Draft, place: str, definition: GraphQLField) -> str:
        given = []
        for name, argument in definition.args.items():
            required = is_non_null_type(argument.type) and argument.default_value is Undefined
            if required or draft.chance(0.5):
                given.append(f"{name}: {self._literal(draft, f'{place}({name}:)', argument.type, argument)}")
        return f"({', '.join(given)})" if given else ""

    def _literal(
        self, draft: _Draft, place: str, type_: GraphQLInputType, owner: GraphQLArgument | GraphQLInputField | None
    ) -> str:
        if draft.chance(0.35):
            return self._variable(draft, place, type_, owner)
        if is_non_null_type(type_):
            return self._literal_of(draft, place, type_.of_type)
        return "null" if draft.chance(0.1) else self._literal_of(draft, place, type_)

    def _literal_of(self, draft: _Draft, place: str, type_: Any) -> str:
        if place in self._values or is_leaf_type(type_):
            return self._printed(self._value(draft, place, type_), type_)
        if is_list_type(type_):
            items = [self._literal(draft, place, type_.of_type, None) for _ in range(draft.random.randrange(3))]
            alone = len(items) == 1 and items[0] != "null" and not items[0].startswith("$")
            return items[0] if alone and draft.chance(0.5) else f"[{', '.join(items)}]"
        fields = []
        for name in self._given(draft, type_):
            owner = type_.fields[name]
            wanted = GraphQLNonNull(owner.type) if type_.is_one_of else owner.type
            fields.append(f"{name}: {self._literal(draft, f'{type_.name}.{name}', wanted, owner)}")
        return f"{{{', '.join(fields)}}}"

    def _given(self, draft: _Draft, type_: GraphQLInputObjectType) -> list[str]:
        """The fields of an input object that are given."""
        if type_.is_one_of:
            return [draft.random.choice(list(type_.fields))]
        required = [n for n, f in type_.fields.items() if is_non_null_type(f.type) and f.default_value is Undefined]
        optional = [n for n in type_.fields if n not in required]
        few = draft.random.sample(optional, min(len(optional), draft.random.randrange(3)))
        return [*required, *few]

    def _variable(self, draft: _Draft, place: str, type_: GraphQLInputType, owner: object) -> str:
        """A new variable of that type: sometimes with a default, sometimes null, missing or wrong."""
        declared = str(type_)
        required = is_non_null_type(type_)
        if required and getattr(owner, "default_value", Undefined) is not Undefined and draft.chance(0.5):
            declared, required = declared[:-1], False  # allowed where the place has a default
        elif not required and draft.chance(0.4):
            declared, required = f"{declared}!", True
        inner = type_.of_type if is_non_null_type(type_) else type_
        name = draft.name("v")
        value: object = self._value(draft, place, inner)
        if draft.chance(0.15):
            declared += f" = {self._printed(self._value(draft, place, inner), inner)}"
            value = draft.random.choice([value, Undefined])
        elif not required:
            value = draft.random.choice([value, value, None, Undefined])
        if draft.chance(0.02):
            value = draft.random.choice([None, Undefined, {"wrong": 1}, [[1]]])
        draft.variables[name] = (declared, value)
        return f"${name}"

    def _value(self, draft: _Draft, place: str, type_: Any) -> Any:
        """A value of a nullable type as JSON."""
        if place in self._values:
            return self._values[place](draft.random)
        if is_list_type(type_):
            return [self._nullable(draft, place, type_.of_type) for _ in range(draft.random.randrange(3))]
        if isinstance(type_, GraphQLInputObjectType):
            names = self._given(draft, type_)
            return {
                name: self._value(draft, f"{type_.name}.{name}", type_.fields[name].type)
                if type_.is_one_of
                else self._nullable(draft, f"{type_.name}.{name}", type_.fields[name].type)
                for name in names
            }
        if isinstance(type_, GraphQLEnumType):
            return draft.random.choice(list(type_.values))
        return self._values[type_.name](draft.random)

    def _nullable(self, draft: _Draft, place: str, type_: Any) -> Any:
        if is_non_null_type(type_):
            return self._value(draft, place, type_.of_type)
        return None if draft.chance(0.1) else self._value(draft, place, type_)

    def _printed(self, value: Any, type_: Any) -> str:
        if value is None:
            return "null"
        if is_non_null_type(type_):
            return self._printed(value, type_.of_type)
        if is_list_type(type_):
            return f"[{', '.join(self._printed(item, type_.of_type) for item in value)}]"
        if isinstance(type_, GraphQLInputObjectType):
            fields = (f"{name}: {self._printed(item, type_.fields[name].type)}" for name, item in value.items())
            return f"{{{', '.join(fields)}}}"
        return str(value) if isinstance(type_, GraphQLEnumType) else _literal(value)

    def _directives(self, draft: _Draft) -> str:
        if not draft.chance(0.12):
            return ""
        chosen = draft.random.sample(["skip", "include"], draft.random.choice([1, 1, 2]))
        return "".join(f" @{name}(if: {self._flag(draft)})" for name in chosen)

    def _flag(self, draft: _Draft) -> str:
        if draft.chance(0.4):
            return draft.random.choice(["true", "false"])
        flags = [name for name in draft.variables if name.startswith("flag")]
        if flags and draft.chance(0.6):
            return f"${draft.random.choice(flags)}"
        name = draft.name("flag")
        value = draft.chance(0.5)
        draft.variables[name] = draft.random.choice(
            [
                ("Boolean!", value),
                ("Boolean! = true", Undefined),
                ("Boolean = false", value),
                ("Boolean = true", Undefined),
            ]
        )
        if draft.chance(0.02):
            draft.variables[name] = ("Boolean = true", None)
        return f"${name}"


def _literal(value: Any) -> str:
    """A value of a scalar, which may be any JSON."""
    if isinstance(value, dict):
        return f"{{{', '.join(f'{name}: {_literal(item)}' for name, item in value.items())}}}"
    return json.dumps(value, ensure_ascii=False)
