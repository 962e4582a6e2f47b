"""Writes the Python functions that make the objects of a scope from rows, and compiles them.

The text holds nothing that a caller wrote but response names, which the grammar limits to letters, digits and
underscores; functions, types and enums stand in it as names of constants.
"""

import math
from collections.abc import Callable
from typing import Any

import orjson
from graphql import GraphQLEnumType, GraphQLLeafType, Undefined, is_leaf_type, is_list_type
from graphql.execution import Executor
from graphql.pyutils import is_iterable

from gateway.execution.fields import Source
from gateway.execution.plan import Plan, PlannedField, Scope, strip
from gateway.kit.rows import Shared

MAX_FRAGMENTS = 100
"""Serialised forms kept for one shared row."""

Leaf = Callable[[Any], Any]


class Careful(Exception):
    """The generated code met a value that it does not treat: the row is made again with care."""


def leaf_of(type_: GraphQLLeafType) -> Leaf:
    """What graphql-core answers for a value of that type; raises what it raises, and `Careful` for no value."""

    def leaf(value: Any) -> Any:
        if value is None or value is Undefined or isinstance(value, Exception):
            raise Careful
        return Executor.complete_leaf_value(type_, value)

    return leaf


def names_of(type_: GraphQLEnumType) -> dict[Any, str]:
    """The name of each value of an enum, by value and by member."""
    members = getattr(type_, "wrapped_cls", ())
    names = {value.value: name for name, value in reversed(type_.values.items())}
    return names | {member: names[member.value] for member in members if member.value in names}


def listed(value: Any) -> list[Any]:
    if isinstance(value, Exception) or not is_iterable(value):
        raise Careful
    return list(value)


def sharing(shape: int, one: Callable[[None, Shared], Any]) -> Callable[[Shared], orjson.Fragment]:
    """Serialises a shared row in one shape, which has no lists, and keeps the bytes on the row."""

    def share(row: Shared) -> orjson.Fragment:
        if len(row.fragments) >= MAX_FRAGMENTS:
            row.fragments.clear()
        fragment = row.fragments[shape] = orjson.Fragment(orjson.dumps(one(None, row)))
        return fragment

    return share


def compile_plan(plan: Plan) -> str:
    """Gives every scope of a plan its functions; returns their text."""
    writer = _Writer()
    for scope in plan.scopes:
        writer.scope(scope)
    text = "\n".join(writer.lines)
    exec(compile(text, "<plan>", "exec"), writer.names)  # the text is ours, see above
    for scope in plan.scopes:
        scope.one = writer.names[f"one_{writer.numbers[scope]}"]
        scope.many = writer.names[f"many_{writer.numbers[scope]}"]
        if scope.kept:
            scope.share = writer.names[f"share_{writer.numbers[scope]}"] = sharing(scope.shape, scope.one)
    return text


class _Writer:
    def __init__(self) -> None:
        self.lines: list[str] = []
        self.names: dict[str, Any] = {
            "Careful": Careful,
            "Shared": Shared,
            "listed": listed,
            "isfinite": math.isfinite,
        }
        self.numbers: dict[Scope, int] = {}
        self._constants: dict[int, str] = {}
        self._locals = 0

    def constant(self, value: Any, prefix: str) -> str:
        name = self._constants.get(id(value))
        if name is None:
            name = self._constants[id(value)] = f"{prefix}_{len(self._constants)}"
            self.names[name] = value
        return name

    def local(self) -> str:
        self._locals += 1
        return f"v{self._locals}"

    def scope(self, scope: Scope) -> None:
        number = self.numbers[scope] = len(self.numbers)
        self._locals = 0
        values = [f"p{position}" for position in range(scope.positions)]
        self.lines.append(f"def one_{number}({', '.join(['take', 'row', *values])}):")
        pairs = []
        for key, planned in scope.fields.items():
            if planned is None:
                pairs.append(f"{key!r}: {scope.type_name!r}")
            else:
                pairs.append(f"{key!r}: {self.field(planned)}")
        self.lines.append(f"    return {{{', '.join(pairs)}}}")
        self.lines.append(f"def many_{number}({', '.join(['take', 'rows', *values])}):")
        if values:
            each, every = ", ".join(["r", *values]), ", ".join(["rows", *values])
            self.lines.append(f"    return [one_{number}(take, {each}) for {each} in zip({every})]")
        else:
            self.lines.append(f"    return [one_{number}(take, r) for r in rows]")

    def field(self, planned: PlannedField) -> str:
        """Writes what makes the value of a field; returns the name of the variable that holds it."""
        definition = planned.definition
        if planned.position >= 0:
            variable = f"p{planned.position}"
            if planned.in_place:
                self.value(variable, definition.type, planned, 1)
            return variable
        variable = self.local()
        if definition.spec.source is Source.COLUMN:
            self.lines.append(f"    {variable} = row[{definition.column!r}]")
        else:
            self.lines.append(f"    {variable} = {self.constant(definition.spec.function, 'f')}(row)")
        self.value(variable, definition.type, planned, 1)
        return variable

    def value(self, variable: str, type_: Any, planned: PlannedField, indent: int) -> None:
        """Writes what turns the raw value of a variable into its answer."""
        required, inner = strip(type_)
        if is_leaf_type(inner):
            self.lines += ["    " * indent + line for line in self.leaf(variable, inner, required)]
            return
        if not required:
            self.lines.append("    " * indent + f"if {variable} is not None:")
            indent += 1
        space = "    " * indent
        if is_list_type(inner):
            item, answer = self.local(), self.local()
            self.lines.append(f"{space}if type({variable}) is not list: {variable} = listed({variable})")
            self.lines.append(f"{space}take(len({variable}) * {planned.points}, {planned.place!r})")
            self.lines.append(f"{space}{answer} = []")
            self.lines.append(f"{space}for {item} in {variable}:")
            self.value(item, inner.of_type, planned, indent + 1)
            self.lines.append(f"{space}    {answer}.append({item})")
            self.lines.append(f"{space}{variable} = {answer}")
            return
        (scope,) = planned.scopes.values()
        if not any(f and f.definition.spec.source is Source.COLUMN for f in scope.fields.values()):
            # without a column to read, null or an exception would pass for a row
            self.lines.append(f"{space}if {variable} is None or isinstance({variable}, Exception): raise Careful")
        number = self.numbers[scope]
        one = f"one_{number}(take, {variable})"
        if scope.kept:
            kept = f"{variable}.fragments.get({scope.shape}) or share_{number}({variable})"
            one = f"({kept}) if isinstance({variable}, Shared) else {one}"
        self.lines.append(f"{space}{variable} = {one}")

    def leaf(self, v: str, type_: GraphQLLeafType, required: bool) -> list[str]:
        """A test that the value is its own answer, or the call that makes the answer, or `Careful`."""
        if isinstance(type_, GraphQLEnumType):
            names = names_of(type_)
            table = self.constant(type_, "enum") + ("" if required else "_or_null")
            self.names[table] = names if required else {**names, None: None}
            return [f"{v} = {table}[{v}]"]
        leaf = self.constant(type_, "leaf")
        self.names[leaf] = leaf_of(type_)
        null = "" if required else f"{v} is not None and "
        match type_.name:
            case "String" | "ID":
                return [f"if {null}type({v}) is not str: {v} = {leaf}({v})"]
            case "Int":
                fits = f"type({v}) is int and -2147483648 <= {v} <= 2147483647"
                return [f"if {null}not ({fits}): {v} = {leaf}({v})"]
            case "Boolean":
                return [f"if {null}type({v}) is not bool: {v} = {leaf}({v})"]
            case "Float":
                return [f"if {null}not (type({v}) is float and isfinite({v})): {v} = {leaf}({v})"]
        if type_.coerce_output_value is str:
            return [f"if {null}type({v}) is not str: {v} = {leaf}({v})"]
        coerce = self.constant(type_.coerce_output_value, "coerce")
        if required:
            return [
                f"if {v} is None or isinstance({v}, Exception): raise Careful",
                f"{v} = {coerce}({v})",
                f"if {v} is None: raise Careful",
            ]
        return [
            f"if {v} is not None:",
            f"    if isinstance({v}, Exception): raise Careful",
            f"    {v} = {coerce}({v})",
            f"    if {v} is None: raise Careful",
        ]
