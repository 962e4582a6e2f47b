"""Runs a plan: for each scope all rows of a level at once, the values that need a resolver first, then the objects."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from itertools import islice
from types import NoneType
from typing import Any

from gateway.execution import careful
from gateway.execution.arguments import BadArguments
from gateway.execution.definitions import Definitions
from gateway.execution.fields import Source
from gateway.execution.plan import PlannedField, Scope, Step
from gateway.execution.resolving import resolve, verdicts
from gateway.execution.selection import Info
from gateway.execution.spending import Spending
from gateway.execution.variables import Variables
from gateway.kit.rows import OfType, Shared

SLICE = 1_000
"""Rows made before the event loop gets a turn."""


@dataclass(slots=True)
class Run:
    """One execution of a plan."""

    definitions: Definitions
    context: Any
    variables: Variables
    spending: Spending
    event: Any = None
    """The row of a subscription's event."""
    faulty: bool = False
    """Some slot holds an exception, or None where null is excluded."""
    types: dict[int, str] = field(default_factory=dict)
    """The runtime types of the objects in places of an interface or union, by identity."""

    async def objects(self, scope: Scope, rows: Sequence[Any]) -> list[Any]:
        """An object for each row of a level."""
        if not rows:
            return []
        values: list[Any] = [None] * scope.positions
        if len(scope.waiting) < 2:
            for step in scope.steps:
                await self.step(step, rows, values)
        else:
            async with asyncio.TaskGroup() as group:
                *others, last = scope.waiting
                for step in others:
                    group.create_task(self.step(step, rows, values))
                for step in scope.steps:
                    if not step.suspends:
                        await self.step(step, rows, values)
                await self.step(last, rows, values)
        if len(rows) <= SLICE:
            return self.make(scope, rows, values)
        made: list[Any] = []
        for start in range(0, len(rows), SLICE):
            part = slice(start, start + SLICE)
            made += self.make(scope, rows[part], [column[part] for column in values])
            await self.spending.pay()
            await asyncio.sleep(0)
        return made

    async def in_order(self, scope: Scope, stop: Callable[[PlannedField, Any], Awaitable[bool]]) -> Any:
        """The object of a mutation: one field after another, until one leaves nothing to answer."""
        values: list[Any] = [[None]] * scope.positions
        for step in scope.steps:
            await self.step(step, [None], values)
            (planned,) = step.fields
            (slot,) = values[planned.position]
            if planned.in_place:
                slot = careful.slot(self.spending.take, planned, planned.definition.type, slot)
            if (planned.in_place or self.faulty) and await stop(planned, slot):
                break
        (made,) = self.make(scope, [None], values)
        return made

    def make(self, scope: Scope, rows: Sequence[Any], values: list[Any]) -> list[Any]:
        """The objects of rows whose step values are known."""
        found = self.spending.found
        try:
            return scope.many(self.spending.take, rows, *values)
        except Exception:
            self.spending.found = found
            return [self.make_one(scope, row, given) for row, *given in zip(rows, *values, strict=True)]

    def make_one(self, scope: Scope, row: Any, values: list[Any]) -> Any:
        found = self.spending.found
        try:
            return scope.one(self.spending.take, row, *values)
        except Exception:
            self.spending.found = found
            self.faulty = True
            return careful.make(self.spending.take, scope, row, values)

    async def step(self, step: Step, rows: Sequence[Any], values: list[Any]) -> None:
        """Fills in the values of the fields of a step."""
        first = step.fields[0]
        match first.definition.spec.source:
            case Source.BATCHED:
                found = [await self.resolved(first, rows)]
            case Source.KEYED:
                found = await self.keyed(step, rows)
            case _:
                found = [self.given(first, rows)]
        for group, raw in zip(step.alike, found, strict=True):
            done = raw if group[0].in_place else await self.completed(group[0], 0, raw)
            if len(group) == 1:
                values[group[0].position] = done
            elif len(rows) == 1:
                for planned, slot in zip(group, done, strict=True):
                    values[planned.position] = [slot]
            else:
                for index, planned in enumerate(group):
                    values[planned.position] = done[index * len(rows) : (index + 1) * len(rows)]

    async def resolved(self, planned: PlannedField, rows: Sequence[Any]) -> Sequence[Any]:
        """For each row the value that the resolver of a batched field answers, or an exception."""
        try:
            arguments = planned.arguments(self.variables)
        except BadArguments as error:
            return [error] * len(rows)
        info = Info(self.context, planned.selection)
        return await resolve(planned.definition, planned.restricted, rows, info, arguments)

    def given(self, planned: PlannedField, rows: Sequence[Any]) -> Sequence[Any]:
        """For each row the value that a field finds in it, or an exception."""
        definition = planned.definition
        if not planned.restricted:
            if definition.spec.source is Source.STREAMED:
                return [self.event]
            return [careful.raw(definition, row) for row in rows]
        try:
            refusals = verdicts(definition, self.context, rows)
        except Exception as error:
            return [error] * len(rows)
        if definition.spec.source is Source.STREAMED:
            return [refusals[0] or self.event]
        return [refusal or careful.raw(definition, row) for row, refusal in zip(rows, refusals, strict=True)]

    async def keyed(self, step: Step, rows: Sequence[Any]) -> list[Sequence[Any]]:
        """The raw values of all aliases of a keyed field by one call: for each group the rows times its fields."""
        size = len(rows)
        first = step.fields[0]
        info = Info(self.context, step.selection)
        if step.alike_made is not None and size == 1:
            values = [*map(self.variables.coerced.get, step.alike_variables)]
            if None not in values:
                builder = step.alike_made[0]
                made = {builder.name: [*map(builder.value.make, values)]}
                each = await resolve(first.definition, first.restricted, [*rows] * len(values), info, made)
                if len(step.alike) == 1:
                    return [each]
                answers = iter(each)
                return [[*islice(answers, len(group))] for group in step.alike]
        columns: dict[str, list[Any]] = {}
        asked: list[bool] = []
        fields = [planned for group in step.alike for planned in group]
        for planned in fields:
            try:
                arguments = planned.arguments(self.variables)
            except BadArguments:
                asked.append(False)
                continue
            asked.append(True)
            for name, value in arguments.items():
                columns.setdefault(name, []).extend([value] * size)
        answers = iter(())
        if any(asked):
            every = list(rows) * sum(asked)
            answers = iter(await resolve(first.definition, first.restricted, every, info, columns))
        found = iter([list(islice(answers, size)) if good else [BadArguments()] * size for good in asked])
        return [[value for part in islice(found, len(group)) for value in part] for group in step.alike]

    async def completed(self, planned: PlannedField, depth: int, values: Sequence[Any]) -> list[Any]:
        """The slots of raw values of an object, interface or union type, or of lists of them, `depth` lists down."""
        required = planned.excludes_null[depth]
        if depth < len(planned.excludes_null) - 1:
            lists = [
                value
                if value is None or type(value) is list or isinstance(value, Exception)
                else careful.listed(planned.definition, value)
                for value in values
            ]
            flat = [item for items in lists if type(items) is list for item in items]
            self.spending.take(len(flat) * planned.points, planned.place)
            done = iter(await self.completed(planned, depth + 1, flat))
            slots = [list(islice(done, len(items))) if type(items) is list else items for items in lists]
            if any(type(items) is not list and (required or items is not None) for items in slots):
                self.faulty = True
            return slots
        kinds = set(map(type, values))
        faults = [kind for kind in kinds if issubclass(kind, Exception)]
        if NoneType not in kinds and not faults:
            return await self.rows(planned, values, kinds)
        if faults or required:
            self.faulty = True
        present = [value for value in values if not (value is None or isinstance(value, Exception))]
        made = iter(await self.rows(planned, present, kinds - {NoneType}))
        return [value if value is None or isinstance(value, Exception) else next(made) for value in values]

    async def rows(self, planned: PlannedField, rows: Sequence[Any], kinds: set[type]) -> list[Any]:
        """The slots of values that are neither null nor exceptions, counted before anything is made of them."""
        if planned.abstract:
            return await self.of_types(planned, rows)
        (scope,) = planned.scopes.values()
        self.spending.take(len(rows) * scope.points, planned.place)
        if self.spending.owing:
            await self.spending.pay()
        if scope.kept and all(issubclass(kind, Shared) for kind in kinds):
            try:
                return [row.fragments.get(scope.shape) or scope.share(row) for row in rows]
            except Exception:
                return await self.objects(scope, rows)
        if len(rows) == 1 or scope.lists or (len(planned.excludes_null) > 1 and Shared not in kinds):
            return await self.objects(scope, rows)
        distinct = {id(row): row for row in rows}
        if len(distinct) == len(rows):
            return await self.objects(scope, rows)
        made = dict(zip(distinct, await self.objects(scope, list(distinct.values())), strict=True))
        return [made[id(row)] for row in rows]

    async def of_types(self, planned: PlannedField, values: Sequence[Any]) -> list[Any]:
        """The slots of values of an interface or union, made type by type."""
        slots: list[Any] = [None] * len(values)
        groups: dict[str, list[int]] = {}
        for index, value in enumerate(values):
            if type(value) is OfType and value.name in planned.scopes:
                groups.setdefault(value.name, []).append(index)
            else:
                try:
                    self.definitions.runtime_type(planned.definition.named.name, value)
                except Exception as error:
                    slots[index] = error
                    self.faulty = True
        for name, indices in groups.items():
            self.spending.take(len(indices) * planned.scopes[name].points, planned.place)
            await self.spending.pay()
            made = await self.objects(planned.scopes[name], [values[index].row for index in indices])
            for index, item in zip(indices, made, strict=True):
                slots[index] = item
                self.types[id(item)] = name
        return slots
