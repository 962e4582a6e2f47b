"""How a Strawberry type declares its fields: where the value comes from and what a caller must hold to read it."""

import inspect
import sys
from collections.abc import AsyncIterable, Awaitable, Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from typing import Annotated, Any, Final, get_args, get_origin

import strawberry
from strawberry.annotation import StrawberryAnnotation
from strawberry.schema_directive import Location
from strawberry.types.arguments import StrawberryArgument
from strawberry.types.field import StrawberryField
from strawberry.types.unset import UNSET


class Public(Enum):
    """The requirement of a field that everybody may read."""

    PUBLIC = "public"


PUBLIC: Final = Public.PUBLIC


class Source(Enum):
    """Where the value of a field comes from."""

    COLUMN = "column"
    COMPUTED = "computed"
    BATCHED = "batched"
    KEYED = "keyed"
    STREAMED = "streamed"


@strawberry.schema_directive(
    locations=[Location.FIELD_DEFINITION], name="requires", description="What a caller must be allowed to do."
)
class Requires:
    action: str


@strawberry.schema_directive(
    locations=[Location.FIELD_DEFINITION], name="public", description="Open to everybody who reaches the object."
)
class Open:
    pass


@dataclass(frozen=True, slots=True)
class Spec:
    """How a field gets its value; `column` is None where the Python name of the field is meant.

    With `brings` the loader of the parents is told which columns the selection below needs, as "<brings>.<column>".
    `cost` are the points of one value; `size` names the GraphQL argument, a list, that says how many values there are.
    """

    source: Source
    requires: Enum
    function: Callable[..., Any] | None = None
    needs: tuple[str, ...] = ()
    column: str | None = None
    brings: str | None = None
    cost: int = 1
    size: str | None = None


class Field(StrawberryField):
    """A Strawberry field: its type is the class annotation, its arguments the resolver's keyword-only parameters."""

    @property
    def spec(self) -> Spec:
        spec = self.metadata["spec"]
        assert isinstance(spec, Spec)
        return spec

    @property
    def arguments(self) -> list[StrawberryArgument]:
        return self._declared_arguments

    @arguments.setter
    def arguments(self, value: list[StrawberryArgument]) -> None:
        raise TypeError(f"the arguments of {self.python_name} are its resolver's keyword-only parameters")

    @cached_property
    def parameters(self) -> list[inspect.Parameter]:
        """The keyword-only parameters of the resolver."""
        function = self.spec.function
        if function is None or self.spec.source is Source.COMPUTED:
            return []
        return [p for p in inspect.signature(function).parameters.values() if p.kind is p.KEYWORD_ONLY]

    @cached_property
    def _declared_arguments(self) -> list[StrawberryArgument]:
        namespace = sys.modules[self.spec.function.__module__].__dict__ if self.parameters else {}
        arguments = []
        for parameter in self.parameters:
            annotation = StrawberryAnnotation(parameter.annotation, namespace=namespace)
            if self.spec.source is Source.KEYED:
                annotation = StrawberryAnnotation(_item(annotation.evaluate()), namespace=namespace)
            annotation.evaluate()  # a name that is missing must fail here, not lose its description
            # None means "not given": it stays the function's own default and out of the schema
            default = UNSET if parameter.default in (None, parameter.empty) else parameter.default
            arguments.append(StrawberryArgument(parameter.name, None, annotation, default=default))
        return arguments


def _item(annotation: Any) -> Any:
    """The annotation of one entry: `Annotated[Sequence[X], …]` becomes `Annotated[X, …]`."""
    if get_origin(annotation) is Annotated:
        sequence, *notes = get_args(annotation)
        return Annotated[(_item(sequence), *notes)]
    (item,) = get_args(annotation)
    return item


def _field(
    source: Source,
    description: str,
    requires: Enum,
    *,
    function: Callable[..., Any] | None = None,
    needs: Sequence[str] = (),
    column: str | None = None,
    brings: str | None = None,
    name: str | None = None,
    cost: int = 1,
    size: str | None = None,
) -> Any:
    if not isinstance(requires, Enum):
        raise TypeError(f"the requirement of a field is an action or PUBLIC, not {requires!r}")
    if isinstance(function, StrawberryField):
        raise TypeError("the resolver is a field: the class body gave the function's name to a field above")
    public = requires is PUBLIC
    sentence = "Public." if public else f"Requires {requires.value}."
    return Field(
        graphql_name=name,
        description=f"{description} {sentence}" if description else None,
        directives=[Open() if public else Requires(action=requires.value)],
        is_subscription=source is Source.STREAMED,
        metadata={"spec": Spec(source, requires, function, tuple(needs), column, brings, cost, size)},
    )


def column(description: str, requires: Enum, *, name: str | None = None, cost: int = 1) -> Any:
    """`row[name]`; the column is named like the field unless `name` says otherwise. `cost` are its points."""
    return _field(Source.COLUMN, description, requires, column=name, cost=cost)


def computed(function: Callable[[Any], object], description: str, requires: Enum, *, needs: Sequence[str] = ()) -> Any:
    """`function(row)`: pure, synchronous, without I/O; `needs` are the columns that it reads."""
    return _field(Source.COMPUTED, description, requires, function=function, needs=needs)


def batched(
    resolver: Callable[..., Awaitable[Sequence[object]] | Sequence[object]],
    description: str,
    requires: Enum,
    *,
    needs: Sequence[str] = (),
    brings: str | None = None,
    name: str | None = None,
    cost: int = 1,
    size: str | None = None,
) -> Any:
    """`resolver(rows, info, *, <arguments>)`: one call for all parents of a level, one value for each, in their order.

    A plain `def` is for resolvers without I/O: it is called in place and costs no task. A value that is an `Exception`
    is an error at that parent's position only; a raised one is an error at all of them. Root fields get `[None]`.
    With `brings` the parents' loader may bring the columns of the selection below along, as "<brings>.<column>".
    `name` is the field's in GraphQL, where Python's name in camel case is not. `cost` are the points of one value;
    `size` names the argument, a list, that says how many values a list has.
    """
    return _field(
        Source.BATCHED,
        description,
        requires,
        function=resolver,
        needs=needs,
        brings=brings,
        name=name,
        cost=cost,
        size=size,
    )


def keyed(
    resolver: Callable[..., Awaitable[Sequence[object]] | Sequence[object]],
    description: str,
    requires: Enum,
    *,
    needs: Sequence[str] = (),
) -> Any:
    """Like `batched`, for look-ups by key: one call for all parents and all aliases of the field on a level.

    Every argument is a sequence with an entry for each row of `rows` (`by: Annotated[Sequence[NumberBy], …]`; the
    GraphQL argument is a single `NumberBy`), None where it was not given. Parameters have no defaults.
    """
    return _field(Source.KEYED, description, requires, function=resolver, needs=needs)


def streamed(source: Callable[..., AsyncIterable[object]], description: str, requires: Enum) -> Any:
    """A subscription: `source(info, *, <arguments>)` gives an async generator; each row it yields is one event.

    A plain `def` may refuse before the stream begins. `info` is a `StreamInfo`.
    """
    return _field(Source.STREAMED, description, requires, function=source)
