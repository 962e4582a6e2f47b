"""How large a document may be: counted before validation, whose rules take quadratic time, and each fragment once."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain
from typing import NamedTuple

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLSyntaxError,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    parse,
)

from gateway.execution.cost import LARGEST, Advice
from gateway.kit.errors import GatewayError, GatewayErrorCode
from gateway.kit.texts import Message, Text

TOO_MUCH = {
    "operations": Text(
        en="The document has {given:,} operations, more than {most:,}. Send fewer in one document.",
        ru="В документе {given:,} {given:операция|операции|операций}, больше {most:,}. Разделите его.",
    ),
    "fragments": Text(
        en="The document has {given:,} fragments, more than {most:,}. Split it into several requests.",
        ru="В документе {given:,} {given:фрагмент|фрагмента|фрагментов}, больше {most:,}. Разделите его.",
    ),
    "variables": Text(
        en="An operation has {given:,} variables, more than {most:,}. Send one input object or a list.",
        ru="У операции {given:,} {given:переменная|переменные|переменных}, больше {most:,}. Передайте объект.",
    ),
    "arguments": Text(
        en="A field has {given:,} arguments, more than {most:,}. No field takes that many.",
        ru="У поля {given:,} {given:аргумент|аргумента|аргументов}, больше {most:,}. Столько у полей не бывает.",
    ),
    "depth": Text(
        en="Fields are nested {given:,} deep, more than {most:,}. Ask for the inner objects by their ids.",
        ru="Вложенность полей — {given:,}, больше {most:,}. Запросите вложенные объекты по их id.",
    ),
    "fields": Text(
        en="The document asks for {given:,} fields, more than {most:,}. Split it into several requests.",
        ru="В документе {given:,} {given:поле|поля|полей}, больше {most:,}. Разделите его на несколько запросов.",
    ),
    "root_fields": Text(
        en="An operation begins with {given:,} fields, more than {most:,}. Split it into several requests.",
        ru="Операция начинается с {given:,} {given:поля|полей|полей}, больше {most:,}. Разделите её на несколько.",
    ),
    "aliases": Text(
        en="The document has {given:,} aliases, more than {most:,}. Split it, or ask for a list.",
        ru="В документе {given:,} {given:псевдоним|псевдонима|псевдонимов}, больше {most:,}. Разделите его или "
        "запросите список.",
    ),
    "directives": Text(
        en="The document has {given:,} directives, more than {most:,}. Put one on a fragment, not on each field.",
        ru="В документе {given:,} {given:директива|директивы|директив}, больше {most:,}. Поставьте одну на фрагмент, а "
        "не на каждое поле.",
    ),
    "merges": Text(
        en="{given:,} pairs of fields and fragments have to be merged, more than {most:,}. Select each field once.",
        ru="Требуется объединить {given:,} {given:пару|пары|пар} полей и фрагментов, больше {most:,}. Выбирайте каждое "
        "поле один раз.",
    ),
}
PASSED = {
    "characters": Text(
        en="The document has more than {most:,} characters. Send long values as variables, or split it into several "
        "requests.",
        ru="В документе больше {most:,} {most:символа|символов|символов}. Передавайте длинные значения переменными или "
        "разделите его на несколько запросов.",
    ),
    "tokens": Text(
        en="The document has more than {most:,} tokens. Send lists and objects as variables, or split it into several "
        "requests.",
        ru="В документе больше {most:,} {most:лексемы|лексем|лексем}. Передавайте списки и объекты переменными или "
        "разделите его на несколько запросов.",
    ),
    "comments": Text(
        en="The document has more than {most:,} comments. Leave them out.",
        ru="В документе больше {most:,} {most:комментария|комментариев|комментариев}. Уберите их.",
    ),
    "typed_fields": Text(
        en="The document asks for more than {most:,} fields, counted for each type that an object may have. Ask for "
        "objects by fields that answer one type, or split it into several requests.",
        ru="В документе больше {most:,} {most:поля|полей|полей}, если считать их для каждого возможного типа объекта. "
        "Запрашивайте объекты полями одного типа или разделите его на несколько запросов.",
    ),
}
"""What is counted while a document is parsed, and at last priced, which ends then."""
TOO_DEEP = Text(
    en="Fragments are nested too deeply. Flatten them.", ru="Слишком глубокая вложенность фрагментов. Уменьшите её."
)
_COUNTED = tuple(TOO_MUCH)[:-1]
"""All but `merges`, which are counted only in a document that is small enough."""

TOO_COSTLY = Text(
    en="The request may cost {cost:,} points, more than {maximum:,}. {advice}",
    ru="Запрос может стоить {cost:,} {cost:балл|балла|баллов}, больше {maximum:,}. {advice}",
)
SMALLER_PAGE = Text(
    en="The dearest field is {field}; with {argument}: {size} the request fits.",
    ru="Дороже всего поле {field}; с {argument}: {size} запрос уложится.",
)
DEAREST = Text(
    en="The dearest field is {field}: ask for fewer rows there and for fewer fields of each.",
    ru="Дороже всего поле {field}: запросите там меньше строк и меньше полей в каждой.",
)
SPLIT = Text(en="Split it into several requests.", ru="Разделите его на несколько запросов.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The most of everything in one document. Fragments count wherever they are spread.

    `merges` are pairs of fields of one response name, or of fragments, in one place: each is compared with the other.
    """

    characters: int = 30_000
    comments: int = 1_000
    tokens: int = 3_000
    operations: int = 10
    fragments: int = 100
    variables: int = 250
    arguments: int = 50
    depth: int = 20
    fields: int = 1_000
    typed_fields: int = 700
    """Fields of objects: of one that may be of several types, those of each."""
    root_fields: int = 100
    aliases: int = 150
    directives: int = 100
    merges: int = 600
    cost: int = 1_000_000
    """Points of one request."""
    request: int = 0
    """Points that any request takes, beside those of its operation."""

    def parse(self, source: str) -> DocumentNode:
        """The syntax tree. Raises `GraphQLError`; where it is too long, its cause is a `GatewayError` TOO_COSTLY."""
        if len(source) > self.characters:
            raise self.passed("characters")
        try:
            return parse(source, max_lexical_tokens=self.tokens, max_comments=self.comments)
        except GraphQLSyntaxError as error:
            if error.description.startswith("Document contains more than"):
                raise self.passed("comments" if "comments" in error.description else "tokens") from None
            raise

    def check(self, document: DocumentNode) -> None:
        """Raises `GraphQLError`, with a `GatewayError` TOO_COSTLY as its cause, for a document that is too large."""
        try:
            measure = _Measure(document)
            for name in _COUNTED:
                self._check(name, getattr(measure, name))
            self._check("merges", measure.merges())
        except RecursionError:
            raise _refused(TOO_DEEP()) from None

    def passed(self, name: str) -> GraphQLError:
        """The refusal of a document that passes a limit of which only that is known."""
        most: int = getattr(self, name)
        return _refused(PASSED[name](most=most), limit=name, maximum=most)

    def _check(self, name: str, given: int) -> None:
        most: int = getattr(self, name)
        given = min(given, LARGEST)
        if given > most:
            raise _refused(TOO_MUCH[name](given=given, most=most), limit=name, requested=given, maximum=most)


def advise(advice: Advice | None) -> Message:
    """What to ask for less of."""
    if advice is None:
        return SPLIT()
    field = ".".join(advice.path)
    if advice.size is None:
        return DEAREST(field=field)
    return SMALLER_PAGE(field=field, argument=advice.argument, size=advice.size)


def too_costly(cost: int, maximum: int, advice: Advice | None) -> GraphQLError:
    """The refusal of a request of so many points."""
    place: dict[str, object] = {}
    if advice is not None:
        place = {"field": advice.path, "argument": advice.argument, "fitting": advice.size}
    message = TOO_COSTLY(cost=cost, maximum=maximum, advice=advise(advice))
    return _refused(message, limit="cost", requested=cost, maximum=maximum, **place)


def _refused(message: Message, **extensions: object) -> GraphQLError:
    error = GatewayError(GatewayErrorCode.TOO_COSTLY, message, extensions=extensions)
    return GraphQLError(str(error), original_error=error)


class _Size(NamedTuple):
    """What a selection holds with everything below it."""

    depth: int = 0
    fields: int = 0
    root_fields: int = 0
    aliases: int = 0
    directives: int = 0


_NOTHING = _Size()


class _Measure:
    """The sizes of a document: over its operations, and over fragments that none of them spreads."""

    def __init__(self, document: DocumentNode) -> None:
        self._fragments: Mapping[str, FragmentDefinitionNode] = {
            node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)
        }
        self._known: dict[str, _Size | None] = {}
        """By fragment; None while it is measured."""
        self.arguments = 0
        operations = [node for node in document.definitions if isinstance(node, OperationDefinitionNode)]
        self._roots = [operation.selection_set for operation in operations]
        sizes = [self._selections(operation.selection_set) for operation in operations]
        self.root_fields = max((size.root_fields for size in sizes), default=0)
        for name, fragment in self._fragments.items():
            if name not in self._known:
                self._roots.append(fragment.selection_set)
                sizes.append(self._fragment(name))
        self.operations = len(operations)
        self.fragments = len(self._fragments)
        declared = [operation.variable_definitions or () for operation in operations]
        self.variables = max(map(len, declared), default=0)
        self.depth = max((size.depth for size in sizes), default=0)
        self.fields = sum(size.fields for size in sizes)
        self.aliases = sum(size.aliases for size in sizes)
        self.directives = (
            sum(size.directives for size in sizes)
            + sum(len(operation.directives or ()) for operation in operations)
            + sum(len(variable.directives or ()) for variables in declared for variable in variables)
        )

    def merges(self) -> int:
        """Pairs that must be compared; to be asked of a document with few fields only, for they are all walked."""
        return sum(self._merges([root]) for root in self._roots)

    def _selections(self, selections: SelectionSetNode) -> _Size:
        depth = fields = root_fields = aliases = directives = 0
        for node in selections.selections:
            directives += len(node.directives or ())
            if isinstance(node, FieldNode):
                fields += 1
                root_fields += 1
                aliases += node.alias is not None
                self.arguments = max(self.arguments, len(node.arguments or ()))
                if node.selection_set is None:
                    depth = max(depth, 1)
                    continue
                below = self._selections(node.selection_set)
                depth = max(depth, below.depth + 1)
            else:
                below = self._spread(node)
                depth = max(depth, below.depth)
                root_fields += below.root_fields
            fields += below.fields
            aliases += below.aliases
            directives += below.directives
        return _Size(depth, fields, root_fields, aliases, directives)

    def _spread(self, node: SelectionNode) -> _Size:
        if isinstance(node, InlineFragmentNode):
            return self._selections(node.selection_set)
        assert isinstance(node, FragmentSpreadNode)
        return self._fragment(node.name.value)

    def _fragment(self, name: str) -> _Size:
        if name in self._known:
            size = self._known[name]
            if size is None:
                raise GraphQLError(f"Cannot spread fragment '{name}' within itself.", self._fragments[name])
            return size
        fragment = self._fragments.get(name)
        if fragment is None:  # validation tells
            return _NOTHING
        self._known[name] = None
        size = self._selections(fragment.selection_set)
        size = self._known[name] = size._replace(directives=size.directives + len(fragment.directives or ()))
        return size

    def _merges(self, selections: list[SelectionSetNode]) -> int:
        fields: dict[str, list[FieldNode]] = {}
        spread: set[str] = set()
        waiting = [node for each in selections for node in each.selections]
        while waiting:
            node = waiting.pop()
            if isinstance(node, FieldNode):
                fields.setdefault((node.alias or node.name).value, []).append(node)
            elif isinstance(node, InlineFragmentNode):
                waiting += node.selection_set.selections
            elif isinstance(node, FragmentSpreadNode) and node.name.value not in spread:
                spread.add(node.name.value)
                if fragment := self._fragments.get(node.name.value):
                    waiting += fragment.selection_set.selections
        below = [[node.selection_set for node in nodes if node.selection_set] for nodes in fields.values()]
        pairs = sum(len(nodes) * (len(nodes) - 1) // 2 for nodes in chain(fields.values(), [spread]))
        return pairs + sum(self._merges(sets) for sets in below if sets)
