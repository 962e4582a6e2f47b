"""Everything that graphql-core tells a client has Russian words, and keeps its English ones."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain

import pytest
from graphql import (
    FieldNode,
    GraphQLError,
    OperationDefinitionNode,
    build_schema,
    parse,
    specified_rules,
    validate,
)
from graphql.execution import VariableValues, get_argument_values, get_variable_values

from gateway.execution import Engine, Prepared, Result
from gateway.execution.wording import MESSAGES, PARTS, worded
from gateway.kit.texts import Language, Message, Text
from tests.unit.execution.library import make_schema
from tests.unit.execution.library_context import LibraryContext
from tests.unit.execution.refused import RULES, SCHEMA

SYNTAX: Mapping[str, str] = {
    "{ version .. }": "Синтаксическая ошибка. Две точки подряд здесь лишние. Возможно, имелось в виду «...»?",
    "{ numbers(share: .5) }": (
        "Синтаксическая ошибка. Неверное число: перед точкой нужна цифра. Возможно, имелось в виду «0.5»?"
    ),
    "{ numbers(name: 'a') }": (
        "Синтаксическая ошибка. Апостроф (') здесь лишний. Заключайте строки в двойные кавычки (\")."
    ),
    "{ ? }": "Синтаксическая ошибка. Здесь не ожидается символ «?». Уберите его.",
    "{ \ud800 }": "Синтаксическая ошибка. Недопустимый символ U+D800. Уберите его.",
    '{ numbers(name: "\ud800") }': "Синтаксическая ошибка. Недопустимый символ U+D800 в строке. Уберите его.",
    "{ numbers(first: 05) }": (
        "Синтаксическая ошибка. Неверное число: после начального нуля стоит цифра «5». Уберите ноль."
    ),
    "{ numbers(share: 1.) }": "Синтаксическая ошибка. Неверное число: ожидалась цифра, получено: «)».",
    "{ numbers(first: 1": "Синтаксическая ошибка. Ожидалось: имя; получено: конец документа.",
    "{ numbers(first: -": "Синтаксическая ошибка. Неверное число: ожидалась цифра, получено: конец документа.",
    '{ numbers(name: "a': (
        "Синтаксическая ошибка. Строка не закрыта. Поставьте кавычку в конце; переводы строк пишите как \\n или "
        'между """.'
    ),
    '{ numbers(name: "\\u00zz") }': (
        "Синтаксическая ошибка. Неверный код символа Юникода: «\\u00zz». Пишите \\uXXXX или \\u{XXXXX}."
    ),
    '{ numbers(name: "\\q") }': (
        "Синтаксическая ошибка. Неизвестная управляющая последовательность «\\q». Обратную косую черту пишите дважды."
    ),
    '"About" { version }': (
        "Синтаксическая ошибка. У краткой записи запроса не бывает описания. Начните запрос словом query или "
        "уберите описание."
    ),
    '"About" extend type A { b: C }': (
        "Синтаксическая ошибка. Описание может стоять только перед определением. Уберите его."
    ),
    "query ($v: Int = $w) { version }": (
        "Синтаксическая ошибка. Здесь нужна константа, а стоит переменная «$w». Напишите само значение."
    ),
    "enum A { true }": "Синтаксическая ошибка. Значением перечисления не может быть имя «true». Возьмите другое имя.",
    '{ "it\'s" }': "Синтаксическая ошибка. Ожидалось: имя; получено: строка «it's».",
    '{ """it\'s""" }': "Синтаксическая ошибка. Ожидалось: имя; получено: блочная строка «it's».",
    "{ 1 }": "Синтаксическая ошибка. Ожидалось: имя; получено: целое число «1».",
    "{ 1.5 }": "Синтаксическая ошибка. Ожидалось: имя; получено: дробное число «1.5».",
    "query ($v Int) { version }": "Синтаксическая ошибка. Ожидалось: «:»; получено: имя «Int».",
    "}": "Синтаксическая ошибка. Здесь не ожидается «}». Проверьте запись перед этим местом.",
    "query": "Синтаксическая ошибка. Ожидалось: «{»; получено: конец документа.",
    "{ numbers(name: " + "[" * 201: "Синтаксическая ошибка. Вложенность документа слишком велика. Уменьшите её.",
}

VARIABLES: Sequence[tuple[str, object, str]] = (
    ("Int!", ..., "Недопустимое значение переменной «$v». Не передано обязательное значение типа «Int!»."),
    (
        "Int!",
        None,
        "Недопустимое значение переменной «$v». Значение типа «Int!» не может быть null. Передайте значение.",
    ),
    ("Filter", 5, "Недопустимое значение переменной «$v». Ожидался объект типа «Filter», получено: 5."),
    (
        "Filter",
        {"kind": "VOICE", "lines": [{}]},
        "Недопустимое значение переменной «$v» в .lines[0]. В объекте типа «Filter» нет обязательного поля "
        "«kind». Добавьте его; получено: {}.",
    ),
    (
        "Filter",
        {"kind": "VOICE", "it's, found: 5": 1},
        "Недопустимое значение переменной «$v». В типе «Filter» нет поля «it's, found: 5». Уберите его; "
        "получено: {'kind': 'VOICE', \"it's, found: 5\": 1}.",
    ),
    ("By", {}, "Недопустимое значение переменной «$v». В объекте типа «By» нужно указать ровно одно поле, и не null."),
    (
        "By",
        {"id": None},
        "Недопустимое значение переменной «$v» в .id. В объекте типа «By» нужно указать ровно одно поле, и не null.",
    ),
    (
        "Kind",
        "VO'IC",
        "Недопустимое значение переменной «$v». В перечислении «Kind» нет значения «VO'IC». Возьмите значение из "
        "схемы.",
    ),
    ("Kind", 5, "Недопустимое значение переменной «$v». Значение перечисления «Kind» передаётся строкой, получено: 5."),
    ("Int", "a", "Недопустимое значение переменной «$v». Int принимает только целые числа, получено: 'a'"),
    (
        "Int",
        3000000000.0,
        "Недопустимое значение переменной «$v». Int принимает числа от −2147483648 до 2147483647, получено: "
        "3000000000.0",
    ),
    ("Float", "a", "Недопустимое значение переменной «$v». Float принимает только числа, получено: 'a'"),
    (
        "Float",
        2**53 + 1,
        "Недопустимое значение переменной «$v». Во Float число потеряет точность, передайте меньшее: 9007199254740993",
    ),
    (
        "Float",
        10**400,
        "Недопустимое значение переменной «$v». Число слишком велико для Float: " + "1" + "0" * 117 + "..." + "0" * 119,
    ),
    ("String", 5, "Недопустимое значение переменной «$v». String принимает только строки в кавычках, получено: 5"),
    ("Boolean", 5, "Недопустимое значение переменной «$v». Boolean принимает только true и false, получено: 5"),
    ("ID", 1.5, "Недопустимое значение переменной «$v». ID принимает только строки и целые числа, получено: 1.5"),
    (
        '[Int] = [1, "a"]',
        ...,
        'Недопустимое значение по умолчанию у переменной «$v» в [1]. Int принимает только целые числа, получено: "a"',
    ),
    ("Day", 1, "Недопустимое значение переменной «$v». Ожидалось значение типа «Day», получено: 1."),
)
"""The type of a variable `$v`, the value sent for it, or `...` for none, and what is told."""

ARGUMENTS: Sequence[tuple[str, Mapping[str, object], str]] = (
    ("{ number }", {}, "Не передан обязательный аргумент «by» типа «By!». Добавьте его."),
    (
        "{ number(by: $v) }",
        {},
        "Недопустимое значение аргумента «by». Здесь нужно значение типа «By!», а переменная «$v» не передана. "
        "Передайте её.",
    ),
    (
        "{ number(by: $v) }",
        {"v": None},
        "Недопустимое значение аргумента «by». Здесь нужно значение типа «By!», а переменная «$v» — null. "
        "Передайте значение.",
    ),
    (
        "{ number(by: {id: $v}) }",
        {},
        "Недопустимое значение аргумента «by». Полю «id» объекта «By» нужно значение, а переменная «$v» не "
        "передана. Передайте её.",
    ),
    (
        "{ number(by: {id: $v}) }",
        {"v": None},
        "Недопустимое значение аргумента «by». Полю «id» объекта «By» нужно значение, а переменная «$v» — null. "
        "Передайте значение.",
    ),
    (
        "{ numbers(filter: {kind: $v}) }",
        {},
        "Недопустимое значение аргумента «filter» в .kind. Здесь нужно значение типа «Kind!», а переменная «$v» "
        "не передана. Передайте её.",
    ),
    (
        "{ numbers(filter: {kind: $v}) }",
        {"v": None},
        "Недопустимое значение аргумента «filter» в .kind. Здесь нужно значение типа «Kind!», а переменная «$v» "
        "— null. Передайте значение.",
    ),
)
"""A field, the values of variables, and what is told when its arguments are taken."""
REST: Mapping[str, str] = {
    "Unknown operation named 'it's'.": "В документе нет операции «it's». Исправьте «operationName».",
    "Must provide operation name if query contains multiple operations.": (
        "В документе несколько операций. Назовите нужную в «operationName»."
    ),
    "Must provide an operation.": "В документе нет операции. Добавьте запрос, мутацию или подписку.",
    "Expected a subscription.": "Здесь выполняются только подписки. Отправьте операцию subscription.",
    "Too many validation errors, error limit reached. Validation aborted.": (
        "Ошибок слишком много, показаны первые. Исправьте их и повторите запрос."
    ),
    "Validation aborted.": "Документ слишком сложен для проверки. Упростите или разделите его.",
    "Variable values are nested too deeply.": "Значения переменных вложены слишком глубоко. Уменьшите вложенность.",
    "Too many errors processing variables, error limit reached. Execution aborted.": (
        "Ошибок в переменных слишком много, показаны первые. Исправьте их и повторите запрос."
    ),
}
"""What is told of a request, or of too much at once."""
REFUSED = [(rule, document) for rule, documents in RULES.items() for document in documents]


def told_by(rule: str, document: str) -> str:
    (checked,) = [each for each in specified_rules if each.__name__ == rule]
    schema = build_schema("type Query { version: String }") if rule == "KnownOperationTypesRule" else SCHEMA
    tree = parse(document, experimental_fragment_arguments=True)
    (error,) = validate(schema, tree, [checked], hide_suggestions=True, allow_empty_selection_sets=False)
    return error.message


def told_by_the_parser(document: str) -> str:
    with pytest.raises(GraphQLError) as caught:
        parse(document)
    return caught.value.message


def told_of_a_variable(type_: str, given: object) -> str:
    definitions = operation(f"query ($v: {type_}) {{ version }}").variable_definitions or ()
    errors = get_variable_values(SCHEMA, definitions, {} if given is ... else {"v": given}, hide_suggestions=True)
    assert isinstance(errors, list)
    return errors[0].message


def told_of_arguments(document: str, variables: Mapping[str, object]) -> str:
    (field,) = operation(document).selection_set.selections
    assert isinstance(field, FieldNode)
    assert SCHEMA.query_type is not None
    definition, values = SCHEMA.query_type.fields[field.name.value], VariableValues({}, dict(variables))
    with pytest.raises(GraphQLError) as caught:
        get_argument_values(definition, field, values, hide_suggestions=True)
    return caught.value.message


async def told_of_requests() -> list[str]:
    engine, two = Engine(make_schema()), "query A { version } query B { version }"

    async def renew() -> LibraryContext:
        return LibraryContext()

    results = [
        await engine.execute(two, {}, "it's", LibraryContext()),
        await engine.execute(two, {}, None, LibraryContext()),
        await engine.execute(Prepared("", operations={}), {}, None, LibraryContext()),
        await engine.subscribe("{ version }", {}, None, LibraryContext(), renew),
    ]
    return [result.errors[0].message for result in results if isinstance(result, Result)]


def told_of_too_much() -> list[str]:
    chained = "".join(f"fragment F{n} on Query {{ ...F{n + 1} }} " for n in range(250))
    definitions = operation("query ($v: Filter, $w: Int, $x: Int) { version }").variable_definitions or ()
    nested: dict[str, object] = {"kind": "VOICE"}
    for _ in range(250):
        nested = {"kind": "VOICE", "lines": [nested]}
    errors = [
        validate(SCHEMA, parse("{ a b }"), max_errors=1),
        validate(SCHEMA, parse(f"{{ ...F0 }} {chained} fragment F250 on Query {{ version }}")),
        get_variable_values(SCHEMA, definitions, {"v": nested}),
        get_variable_values(SCHEMA, definitions, {"w": "a", "x": "b"}, 1),
    ]
    return [each[-1].message for each in errors if isinstance(each, list)]


def operation(document: str) -> OperationDefinitionNode:
    (definition,) = parse(document).definitions
    assert isinstance(definition, OperationDefinitionNode)
    return definition


def in_russian(message: str) -> str:
    assert worded(message).render(Language.EN) == message
    return worded(message).render(Language.RU)


def texts_of(message: Message) -> Iterator[Text]:
    yield message.text
    for value in message.values.values():
        if isinstance(value, Message):
            yield from texts_of(value)


@pytest.mark.parametrize(("rule", "document"), REFUSED)
def test_what_rules_tell(rule: str, document: str) -> None:
    assert in_russian(told_by(rule, document)) == RULES[rule][document]


def test_there_is_a_document_for_each_rule() -> None:
    assert list(RULES) == [rule.__name__ for rule in specified_rules]


@pytest.mark.parametrize(("document", "russian"), SYNTAX.items())
def test_what_the_parser_tells(document: str, russian: str) -> None:
    assert in_russian(told_by_the_parser(document)) == russian


@pytest.mark.parametrize(("type_", "given", "russian"), VARIABLES)
def test_what_is_told_of_variables(type_: str, given: object, russian: str) -> None:
    assert in_russian(told_of_a_variable(type_, given)) == russian


@pytest.mark.parametrize(("document", "variables", "russian"), ARGUMENTS)
def test_what_is_told_of_arguments(document: str, variables: Mapping[str, object], russian: str) -> None:
    assert in_russian(told_of_arguments(document, variables)) == russian


async def test_what_is_told_of_requests_and_of_too_much() -> None:
    assert {message: in_russian(message) for message in [*await told_of_requests(), *told_of_too_much()]} == REST


def test_no_text_is_for_nothing() -> None:
    messages = [
        *(told_by(rule, document) for rule, document in REFUSED),
        *map(told_by_the_parser, SYNTAX),
        *(told_of_a_variable(type_, given) for type_, given, _ in VARIABLES),
        *(told_of_arguments(document, variables) for document, variables, _ in ARGUMENTS),
        *REST,
    ]
    used = set(chain.from_iterable(texts_of(worded(message)) for message in messages))

    assert [text.en for text in chain(MESSAGES, *PARTS.values()) if text not in used] == []


@pytest.mark.parametrize(
    "message",
    [
        "Something new.",
        "Unknown fragment 'F'. Did you mean 'G'?",
        "Value '" + "' does not exist in '" * 5_000,
        "Expected value of type 'F' not to include unknown field '" + "', found: " * 10_000,
        "Fields 'a' conflict because " + " and subfields 'b' conflict because " * 3_000,
    ],
    ids=range(5),
)
def test_what_is_not_known_stays_as_it_is(message: str) -> None:
    assert in_russian(message) == message
