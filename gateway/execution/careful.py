"""Makes the object of a row that the generated code gave up on: each error stays in its own slot.

A slot is a serialised value, an object, a list of slots, None, or the exception that stands there.
"""

from collections.abc import Callable, Sequence
from typing import Any

from graphql import GraphQLError, Undefined, is_leaf_type, is_list_type
from graphql.pyutils import is_iterable

from gateway.execution.codegen import leaf_of
from gateway.execution.definitions import FieldDefinition
from gateway.execution.plan import PlannedField, Scope, strip

Take = Callable[[int, str], None]
"""Takes the points of a list from what the request may have, by the field; raises when they are too many."""


def make(take: Take, scope: Scope, row: Any, values: Sequence[Any]) -> dict[str, Any]:
    """The object of a row and the values of its scope's steps."""
    made: dict[str, Any] = {}
    for key, planned in scope.fields.items():
        if planned is None:
            made[key] = scope.type_name
        elif planned.position < 0:
            made[key] = slot(take, planned, planned.definition.type, raw(planned.definition, row))
        elif planned.in_place:
            made[key] = slot(take, planned, planned.definition.type, values[planned.position])
        else:
            made[key] = values[planned.position]
    return made


def raw(definition: FieldDefinition, row: Any) -> Any:
    """The value of a column or computed field, or what it raised."""
    try:
        return row[definition.column] if definition.spec.function is None else definition.spec.function(row)
    except Exception as error:
        return error


def slot(take: Take, planned: PlannedField, type_: Any, value: Any) -> Any:
    """The slot of a raw value whose objects are made of their rows alone."""
    inner = strip(type_)[1]
    if isinstance(value, Exception):
        return value
    if value is None or value is Undefined:
        return None
    if is_list_type(inner):
        items = listed(planned.definition, value)
        if isinstance(items, Exception):
            return items
        take(len(items) * planned.points, planned.place)
        return [slot(take, planned, inner.of_type, item) for item in items]
    if is_leaf_type(inner):
        try:
            return leaf_of(inner)(value)
        except Exception as error:
            return error
    (scope,) = planned.scopes.values()
    return make(take, scope, value, ())


def listed(definition: FieldDefinition, value: Any) -> list[Any] | Exception:
    """A value of a list type as a list, or graphql-core's error about it."""
    if is_iterable(value):
        return list(value)
    place = f"{definition.parent}.{definition.name}"
    return GraphQLError(f"Expected Iterable, but did not find one for field '{place}'.")
