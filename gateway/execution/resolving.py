"""Calls a batched resolver for a level of rows: the guard first, one value or exception for each row."""

from collections.abc import Mapping, Sequence
from typing import Any

from gateway.execution.definitions import FieldDefinition
from gateway.execution.fields import Source
from gateway.execution.selection import Info


def verdicts(definition: FieldDefinition, context: Any, rows: Sequence[Any]) -> Sequence[Exception | None]:
    """For each row the refusal of the field's requirement, or None."""
    answer: Sequence[Exception | None] = context.permit(definition.spec.requires, rows, definition.place)
    if len(answer) != len(rows):
        raise RuntimeError(f"permit answered {len(answer)} verdicts for {len(rows)} rows")
    return answer


async def resolve(
    definition: FieldDefinition,
    restricted: bool,
    rows: Sequence[Any],
    info: Info,
    arguments: Mapping[str, Any],
) -> Sequence[object]:
    """One value or exception for each row; refused rows never reach the resolver."""
    try:
        if not restricted:
            return await call(definition, rows, info, arguments)
        refusals = verdicts(definition, info.context, rows)
        allowed = [index for index, refusal in enumerate(refusals) if refusal is None]
        values: list[object] = list(refusals)
        if allowed:
            keyed = definition.spec.source is Source.KEYED
            given = {n: [v[i] for i in allowed] for n, v in arguments.items()} if keyed else arguments
            answers = await call(definition, [rows[index] for index in allowed], info, given)
            for index, value in zip(allowed, answers, strict=True):
                values[index] = value
        return values
    except Exception as error:  # whatever a resolver raises stands at all its positions
        return [error] * len(rows)


async def call(
    definition: FieldDefinition, rows: Sequence[Any], info: Info, arguments: Mapping[str, Any]
) -> Sequence[object]:
    """The resolver's values; raises what it raises, and when it answers another number of values than rows."""
    function = definition.spec.function
    assert function is not None
    answer = function(rows, info, **arguments)
    values: Sequence[object] = await answer if definition.asynchronous else answer
    if len(values) != len(rows):
        raise RuntimeError(f"{definition.parent}.{definition.name} answered {len(values)} values for {len(rows)} rows")
    return values if type(values) is list else list(values)
