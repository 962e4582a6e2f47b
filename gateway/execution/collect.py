"""Merges the selection sets of an operation, with graphql-core's own rules, and tells what they need of the rows."""

from collections.abc import Set
from enum import Enum

from graphql import GraphQLObjectType, is_object_type
from graphql.execution.collect_fields import FieldDetails, GroupedFieldSet, collect_fields, collect_subfields
from graphql.execution.values import VariableValues

from gateway.execution.definitions import Definitions, FieldDefinition
from gateway.execution.documents import Syntax
from gateway.execution.selection import EMPTY, Selection


class Collector:
    """Selections of an operation for given values of its variables and given restricted requirements."""

    def __init__(
        self,
        definitions: Definitions,
        syntax: Syntax,
        operation: str,
        variables: VariableValues,
        restricted: Set[Enum],
    ) -> None:
        self.definitions = definitions
        self.operation = syntax.operations[operation]
        self._fragments = syntax.fragments
        self._variables = variables
        self._restricted = restricted
        self._below: dict[tuple[str, tuple[int, ...]], GroupedFieldSet] = {}
        self._selections: dict[tuple[str, tuple[int, ...]], Selection] = {}

    def root(self, type_: GraphQLObjectType) -> GroupedFieldSet:
        """The fields of the operation by response name."""
        return collect_fields(
            self.definitions.schema,
            self._fragments,
            self._variables,
            type_,
            self.operation,
            hide_suggestions=True,
        ).grouped_field_set

    def below(self, type_: GraphQLObjectType, details: list[FieldDetails]) -> GroupedFieldSet:
        """The fields selected of an object of that type, by response name."""
        key = (type_.name, tuple(id(detail.node) for detail in details))
        found = self._below.get(key)
        if found is None:
            found = self._below[key] = collect_subfields(
                self.definitions.schema,
                self._fragments,
                self._variables,
                self.operation,
                type_,
                details,
                hide_suggestions=True,
            ).grouped_field_set
        return found

    def selection(self, field: FieldDefinition, details: list[FieldDetails]) -> Selection:
        """What the field's resolver is told about the selection below it."""
        possible = self.definitions.possible(field.named)
        if not possible:
            return EMPTY
        key = (field.named.name, tuple(id(detail.node) for detail in details))
        found = self._selections.get(key)
        if found is None:
            types = {name: self._of_type(type_, details) for name, type_ in possible.items()}
            if is_object_type(field.named):
                (found,) = types.values()
            else:
                found = EMPTY
                for selection in types.values():
                    found = found | selection
                found = Selection(found.columns, found.fields, {name: s for name, s in types.items() if s})
            self._selections[key] = found
        return found

    def _of_type(self, type_: GraphQLObjectType, details: list[FieldDetails]) -> Selection:
        columns: set[str] = set()
        fields: dict[str, Selection] = {}
        for children in self.below(type_, details).values():
            child = self.definitions.find(type_.name, children[0].node.name.value)
            if child is None:
                continue
            columns.update(child.needs)
            if child.spec.requires in self._restricted:
                columns.update(child.place)
            below = self.selection(child, children)
            if child.spec.brings and child.spec.requires not in self._restricted:
                columns.update(f"{child.spec.brings}.{name}" for name in below.columns if "." not in name)
            fields[child.name] = fields.get(child.name, EMPTY) | below
        return Selection(frozenset(columns), fields)
