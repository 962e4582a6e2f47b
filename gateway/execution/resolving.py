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
    function = definition.spec.function
    assert function is not None
    try:
        if not restricted:
            answer = function(rows, info, **arguments)
            return checked(definition, rows, await answer if definition.asynchronous else answer)
        refusals = verdicts(definition, info.context, rows)
        allowed = [index for index, refusal in enumerate(refusals) if refusal is None]
        values: list[object] = list(refusals)
        if allowed:
            keyed = definition.spec.source is Source.KEYED
            given = {n: [v[i] for i in allowed] for n, v in arguments.items()} if keyed else arguments
            permitted = [rows[index] for index in allowed]
            answer = function(permitted, info, **given)
            answers = checked(definition, permitted, await answer if definition.asynchronous else answer)
            for index, value in zip(allowed, answers, strict=True):
                values[index] = value
        return values
    except Exception as error:  # whatever a resolver raises stands at all its positions
        return [error] * len(rows)


def checked(definition: FieldDefinition, rows: Sequence[Any], values: Sequence[object]) -> list[object]:
    """The values of a resolver as a list; raises when they are not as many as the rows."""
    if len(values) != len(rows):
        raise RuntimeError(f"{definition.parent}.{definition.name} answered {len(values)} values for {len(rows)} rows")
    return values if type(values) is list else list(values)
