"""The second pass over an answer with errors: finds them in the order of the document and empties what they empty."""

import asyncio
from collections.abc import Mapping
from typing import Any

from graphql import GraphQLError, GraphQLObjectType, is_abstract_type, is_leaf_type, is_list_type, located_error
from graphql.execution import VariableValues
from graphql.execution.collect_fields import FieldDetails, GroupedFieldSet
from orjson import Fragment

from gateway.execution.arguments import BadArguments, coerce
from gateway.execution.collect import Collector
from gateway.execution.definitions import FieldDefinition
from gateway.execution.plan import strip

TURN = 500
"""Objects visited before the event loop gets a turn."""

CLEAN = frozenset({str, int, float, bool, Fragment})
"""Types of slots that hold no error."""

Path = tuple[str | int, ...]


class Faults:
    """Reads slots, as `careful` describes them, without changing them: objects may stand in several places."""

    def __init__(self, collector: Collector, variables: VariableValues, types: Mapping[int, str]) -> None:
        self.errors: list[GraphQLError] = []
        self._collector = collector
        self._variables = variables
        self._types = types
        self._visited = 0
        self._below: dict[tuple[str, int], tuple[list[FieldDetails], GroupedFieldSet]] = {}

    async def root(self, type_: GraphQLObjectType, made: Mapping[str, Any]) -> dict[str, Any] | None:
        """The answer's data; the errors are in `errors` afterwards."""
        try:
            return await self._object(type_, self._collector.root(type_), (), made)
        except GraphQLError as error:
            self.errors.append(error)
            return None

    async def fatal(self, type_: GraphQLObjectType, key: str, slot: Any) -> bool:
        """Whether the value of a root field leaves no data at all."""
        if type(slot) in CLEAN:
            return False
        details = self._collector.root(type_)[key]
        definition = self._collector.definitions.fields(type_.name)[details[0].node.name.value]
        try:
            await self._position(definition, definition.type, details, (key,), slot)
        except GraphQLError:
            return True
        return False

    async def _object(
        self, type_: GraphQLObjectType, grouped: GroupedFieldSet, path: Path, made: Mapping[str, Any]
    ) -> dict[str, Any]:
        self._visited += 1
        if self._visited % TURN == 0:
            await asyncio.sleep(0)
        data = {}
        for key, details in grouped.items():
            slot = data[key] = made[key]
            if type(slot) in CLEAN:
                continue
            definition = self._collector.definitions.fields(type_.name)[details[0].node.name.value]
            data[key] = await self._position(definition, definition.type, details, (*path, key), slot)
        return data

    async def _position(
        self, definition: FieldDefinition, type_: Any, details: list[FieldDetails], path: Path, slot: Any
    ) -> Any:
        """The value at a field or list item; raises when it is an error and null is excluded."""
        required, inner = strip(type_)
        try:
            value = await self._value(definition, inner, details, path, slot)
        except Exception as error:
            value = error
        if value is None and required:
            place = f"{definition.parent}.{definition.name}"
            value = TypeError(f"Cannot return null for non-nullable field {place}.")
        if not isinstance(value, Exception):
            return value
        located = located_error(value, [detail.node for detail in details], list(path))
        if required:
            raise located
        self.errors.append(located)
        return None

    async def _value(
        self, definition: FieldDefinition, inner: Any, details: list[FieldDetails], path: Path, slot: Any
    ) -> Any:
        """The value of a slot, or the exception in it: returned, as one instance may stand in many slots."""
        if isinstance(slot, BadArguments):
            coerce(self._collector.definitions, definition, details[0].node, self._variables)
        if slot is None or isinstance(slot, Exception) or is_leaf_type(inner):
            return slot
        if is_list_type(inner):
            return [
                item
                if type(item) in CLEAN
                else await self._position(definition, inner.of_type, details, (*path, index), item)
                for index, item in enumerate(slot)
            ]
        name = self._types[id(slot)] if is_abstract_type(inner) else inner.name
        type_: Any = self._collector.definitions.schema.get_type(name)
        return await self._object(type_, self._grouped(type_, details), path, slot)

    def _grouped(self, type_: GraphQLObjectType, details: list[FieldDetails]) -> GroupedFieldSet:
        key = (type_.name, id(details))
        known = self._below.get(key)
        if known is None:
            known = self._below[key] = (details, self._collector.below(type_, details))
        return known[1]
