"""Values for arguments: for each type those of the caller's own rows first, then those of everybody else's."""

from collections.abc import Iterator, Sequence
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLScalarType,
    is_required_input_field,
)

from authz.actions import Action
from gateway.kit.ids import Kind, encode
from tests.isolation.patches import FOREIGN, INSIDE, OPTION, OTHER_OPTION, OTHER_TARIFF, OWN, PATCHES, TARIFF, Patch
from tests.unit.operations.catalogues import ADD_ON

SHARED = {Kind.TARIFF: (OTHER_TARIFF, TARIFF), Kind.OPTION: (OTHER_OPTION, OPTION, ADD_ON)}
"""Ids of what everybody may see."""
CURSORS = ("after", "before")
FREE_CARD = "8970100000000000000"
ACTIONS = ("action", "allows", "denies")
"""Names of texts with a meaning."""


class Samples:
    """Of a caller whose own rows are `own`. `cursors` are of pages of foreign rows, one for each order."""

    def __init__(self, own: Patch = OWN, cursors: Sequence[str] = ()) -> None:
        others = [patch for patch in (FOREIGN, INSIDE) if patch is not own]
        self._tried = (own, *others)
        self._scalars: dict[str, list[Any]] = {
            "Boolean": [True, False],
            "Date": [str(FOREIGN.day)],
            "DateTime": ["2000-01-01T00:00:00Z", FOREIGN.moment.isoformat()],
            "Decimal": ["0.00"],
            "Float": [1.0],
            "Inn": [patch.inn for patch in self._tried],
            "Int": [1, 50],
            "JSON": [{}],
            "Long": [1],
            "PhoneNumber": [patch.msisdn for patch in self._tried],
            "String": [
                *(patch.word for patch in self._tried),
                *(numeral for patch in others for numeral in (patch.msisdn, patch.iccid, patch.inn)),
            ],
            "_Any": [{"__typename": kind.value, "id": id} for kind in Kind for id in self.ids([kind], self._tried)],
        }
        self._cursors = tuple(cursors)

    def first(self, type_: GraphQLInputType, name: str, within: str = "") -> Any:
        """What the caller may well say."""
        return next(self.of(type_, name, within))

    def of(self, type_: GraphQLInputType, name: str, within: str = "") -> Iterator[Any]:
        """The values of an argument of that name, or of a field of the input object `within`."""
        match type_:
            case GraphQLNonNull():
                yield from self.of(type_.of_type, name, within)
            case GraphQLList():
                each = list(self.of(type_.of_type, name, within))
                yield from ([value] for value in each)
                yield each
            case GraphQLEnumType():
                yield from type_.values
            case GraphQLInputObjectType():
                yield from self._objects(type_)
            case GraphQLScalarType(name="ID"):
                yield from self.ids(_kinds(name) or _kinds(within.removesuffix("By")) or list(Kind), self._tried)
            case GraphQLScalarType(name="String") if name in CURSORS:
                yield from self._cursors
            case GraphQLScalarType(name="String") if name in ACTIONS:
                yield Action.NUMBER_READ
            case GraphQLScalarType(name="String") if within == "SimInput":
                yield FREE_CARD  # that a card is in use, in whatever company, is told to whoever may put it in
            case GraphQLScalarType():
                if type_.name not in self._scalars:
                    raise TypeError(f"say which values of {type_.name} a caller would try")
                yield from self._scalars[type_.name]
            case _:
                raise TypeError(f"{type_} is no input")

    def ids(self, kinds: Sequence[Kind], patches: Sequence[Patch] = PATCHES) -> list[str]:
        """Global ids of these kinds."""
        of_patches = [encode(kind, patch.id) for patch in patches for kind in kinds if kind not in SHARED]
        return of_patches + [encode(kind, id) for kind in kinds for id in SHARED.get(kind, ())]

    def _objects(self, type_: GraphQLInputObjectType) -> Iterator[dict[str, Any]]:
        """What is required alone; then for each field every value that it may have."""
        required = {
            name: self.first(field.type, name, type_.name)
            for name, field in type_.fields.items()
            if is_required_input_field(field)
        }
        if not type_.is_one_of:
            yield required
        for name, field in type_.fields.items():
            for value in self.of(field.type, name, type_.name):
                yield required | {name: value}


def _kinds(name: str) -> list[Kind]:
    """The kinds of object that a name speaks of, such as numberId and withoutOptionIds; none for id and parentId."""
    noun = name.removesuffix("s").removesuffix("Id").lower()
    spoken = [kind for kind in Kind if noun.endswith(kind.value.lower())]
    longest = max((len(kind.value) for kind in spoken), default=0)
    return [kind for kind in spoken if len(kind.value) == longest]
