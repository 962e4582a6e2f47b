"""Documents that the rules of graphql-core refuse, each with what is told of it in Russian."""

from collections.abc import Mapping

from graphql import GraphQLScalarType, Undefined, build_schema

SCHEMA = build_schema(
    """
    directive @defer(if: Boolean! = true, label: String) on FRAGMENT_SPREAD | INLINE_FRAGMENT
    directive @stream(if: Boolean! = true, label: String, initialCount: Int = 0) on FIELD
    scalar Day
    enum Kind { VOICE DATA }
    input By @oneOf { id: ID, msisdn: String }
    input Filter { kind: Kind!, since: Int, lines: [Filter!] }
    interface Node { id: ID! }
    type Number implements Node { id: ID!, kind: Kind!, numbers(first: Int): [Number!] }
    type Company implements Node { id: ID!, kind: String }
    type Query {
      number(by: By!): Number
      numbers(
        filter: Filter, kind: Kind, first: Int, day: Day, by: By, share: Float, name: String, all: Boolean, id: ID
      ): [Number!]
      node: Node
      version: String
    }
    type Mutation { rename: [Number] }
    type Subscription { changed: Number, left: Number }
    """
)
DAY = SCHEMA.type_map["Day"]
assert isinstance(DAY, GraphQLScalarType)
DAY.coerce_input_value = DAY.coerce_input_literal = lambda _: Undefined  # takes nothing
LONG = "9" * 5_000

RULES: Mapping[str, Mapping[str, str]] = {
    "ExecutableDefinitionsRule": {
        "type A { b: C } { version }": (
            "Определение «A» нельзя выполнить. Оставьте в документе только операции и фрагменты."
        ),
        "schema { query: Query } { version }": (
            "Определение схемы нельзя выполнить. Оставьте в документе только операции и фрагменты."
        ),
    },
    "KnownOperationTypesRule": {
        "subscription { changed { id } }": "Операций subscription в схеме нет. Отправьте операцию другого вида.",
    },
    "UniqueOperationNamesRule": {
        "query A { version } query A { version }": "Несколько операций названы «A». Дайте каждой своё имя.",
    },
    "LoneAnonymousOperationRule": {
        "{ version } query A { version }": (
            "Операция без имени должна быть в документе единственной. Дайте каждой операции имя."
        ),
    },
    "SingleFieldSubscriptionsRule": {
        "subscription { changed { id } left { id } }": (
            "Подписка без имени: на верхнем уровне выбрано несколько полей. Оставьте одно."
        ),
        "subscription S { changed @skip(if: true) { id } }": (
            "Подписка «S»: на верхнем уровне нельзя ставить директивы «@skip» и «@include». Перенесите их глубже."
        ),
        "subscription S { }": "Подписка «S»: на верхнем уровне не выбрано ни одного поля. Выберите одно.",
        "subscription S { __typename }": (
            "Подписка «S»: на верхнем уровне нельзя выбирать поля интроспекции. Уберите их."
        ),
    },
    "KnownTypeNamesRule": {
        "{ node { ... on Numbr { id } } }": "Неизвестный тип «Numbr». Проверьте имя по схеме.",
    },
    "FragmentsOnCompositeTypesRule": {
        "{ ... on Kind { id } }": "Встроенный фрагмент не может относиться к типу «Kind»: у него нет полей.",
        "fragment F on Kind { id }": "Фрагмент «F» не может относиться к типу «Kind»: у него нет полей.",
    },
    "VariablesAreInputTypesRule": {
        "query ($v: Number) { version }": (
            "Переменная «$v» не может быть типа «Number». Укажите скаляр, перечисление или входной объект."
        ),
    },
    "ScalarLeafsRule": {
        "{ version { x } }": "У поля «version» типа «String» нет вложенных полей. Уберите фигурные скобки после него.",
        "{ numbers }": (
            "У поля «numbers» типа «[Number!]» нужно выбрать вложенные поля. Возможно, имелось в виду «numbers { "
            "... }»?"
        ),
        "{ numbers { } }": "У поля «numbers» типа «[Number!]» нужно выбрать хотя бы одно вложенное поле.",
    },
    "FieldsOnCorrectTypeRule": {
        "{ versio }": "У типа «Query» нет поля «versio». Проверьте имя по схеме.",
    },
    "UniqueFragmentNamesRule": {
        "fragment F on Query { version } fragment F on Query { version }": (
            "Несколько фрагментов названы «F». Дайте каждому своё имя."
        ),
    },
    "KnownFragmentNamesRule": {
        "{ ...F }": "Неизвестный фрагмент «F». Объявите его в документе или исправьте имя.",
    },
    "NoUnusedFragmentsRule": {
        "{ version } fragment F on Query { version }": "Фрагмент «F» нигде не используется. Вставьте его или удалите.",
    },
    "PossibleFragmentSpreadsRule": {
        "{ number(by: {id: 1}) { ... on Company { id } } }": (
            "Встроенный фрагмент здесь неприменим: объект типа «Number» не бывает типа «Company». Уберите фрагмент."
        ),
        "{ number(by: {id: 1}) { ...F } } fragment F on Company { id }": (
            "Фрагмент «F» здесь неприменим: объект типа «Number» не бывает типа «Company». Уберите его."
        ),
    },
    "NoFragmentCyclesRule": {
        "fragment F on Query { ...F }": "Фрагмент «F» вставляет сам себя. Разорвите цикл.",
        "fragment F on Query { ...G } fragment G on Query { ...H } fragment H on Query { ...F }": (
            "Фрагмент «F» вставляет сам себя через 'G', 'H'. Разорвите цикл."
        ),
    },
    "UniqueVariableNamesRule": {
        "query ($v: Int, $v: Int) { version }": "Переменная «$v» объявлена несколько раз. Оставьте одно объявление.",
    },
    "NoUndefinedVariablesRule": {
        "{ numbers(first: $v) { id } }": "Переменная «$v» не объявлена. Объявите её в скобках в начале операции.",
        "query Q { numbers(first: $v) { id } }": (
            "Переменная «$v» не объявлена в операции «Q». Объявите её в скобках после имени."
        ),
    },
    "NoUnusedVariablesRule": {
        "query ($v: Int) { version }": "Переменная «$v» не используется. Удалите её объявление.",
        "query Q($v: Int) { version }": "Переменная «$v» не используется в операции «Q». Удалите её объявление.",
        "fragment F($v: Int) on Query { version }": (
            "Переменная «$v» не используется во фрагменте «F». Удалите её объявление."
        ),
    },
    "KnownDirectivesRule": {
        "{ version @skp }": "Неизвестная директива «@skp». Проверьте имя по схеме или удалите её.",
        "query ($v: Int @skip(if: true)) { version }": (
            "Директива «@skip» неприменима к объявлению переменной. Перенесите её или удалите."
        ),
        "query @skip(if: true) { version }": "Директива «@skip» неприменима к запросу. Перенесите её или удалите.",
        "mutation @skip(if: true) { rename { id } }": (
            "Директива «@skip» неприменима к мутации. Перенесите её или удалите."
        ),
        "subscription @skip(if: true) { changed { id } }": (
            "Директива «@skip» неприменима к подписке. Перенесите её или удалите."
        ),
        "{ ... @deprecated { version } }": (
            "Директива «@deprecated» неприменима к встроенному фрагменту. Перенесите её или удалите."
        ),
        "{ ...F @deprecated } fragment F on Query { version }": (
            "Директива «@deprecated» неприменима к вставке фрагмента. Перенесите её или удалите."
        ),
        "fragment F on Query @skip(if: true) { version }": (
            "Директива «@skip» неприменима к объявлению фрагмента. Перенесите её или удалите."
        ),
        "{ version @deprecated }": "Директива «@deprecated» неприменима к полю. Перенесите её или удалите.",
    },
    "UniqueDirectivesPerLocationRule": {
        "{ version @skip(if: true) @skip(if: true) }": (
            "Директиву «@skip» здесь можно поставить только один раз. Оставьте одну."
        ),
    },
    "DeferStreamDirectiveOnRootField": {
        "mutation { ... @defer { rename { id } } }": (
            "Директиву «@defer» нельзя ставить на фрагменты корневого типа «Mutation» (mutation). Удалите её."
        ),
        "mutation { rename @stream { id } }": (
            "Директиву «@stream» нельзя ставить на поля корневого типа «Mutation» (mutation). Удалите её."
        ),
    },
    "DeferStreamDirectiveOnValidOperationsRule": {
        "subscription { changed { ... @defer { id } } }": (
            "Подписки не поддерживают директиву «@defer». Удалите её или передайте ей «if: false»."
        ),
        "subscription { changed { numbers @stream { id } } }": (
            "Подписки не поддерживают директиву «@stream». Удалите её или передайте ей «if: false»."
        ),
    },
    "DeferStreamDirectiveLabel": {
        "query ($v: String) { ... @defer(label: $v) { version } }": (
            "Аргумент «label» директивы «@defer» не может быть переменной. Напишите строку."
        ),
        "query ($v: String) { numbers @stream(label: $v) { id } }": (
            "Аргумент «label» директивы «@stream» не может быть переменной. Напишите строку."
        ),
        '{ ... @defer(label: "a") { version } ... @defer(label: "a") { version } }': (
            "Аргументы «label» директив «@defer» и «@stream» не должны повторяться. Дайте каждому своё значение."
        ),
    },
    "StreamDirectiveOnListField": {
        "{ version @stream }": (
            "Директива «@stream» неприменима к полю «version» типа «Query»: это не список. Удалите её."
        ),
        "{ __typename @stream }": (
            "Директива «@stream» неприменима к служебному полю типа «Query»: это не список. Удалите её."
        ),
    },
    "KnownArgumentNamesRule": {
        "{ numbers(frist: 1) { id } }": "У поля «Query.numbers» нет аргумента «frist». Проверьте имя по схеме.",
        "{ version @skip(iff: true) }": "У директивы «@skip» нет аргумента «iff». Проверьте имя по схеме.",
        "{ ...F(w: 1) } fragment F($v: Int) on Query { version }": "У фрагмента «F» нет аргумента «w». Проверьте имя.",
    },
    "UniqueArgumentNamesRule": {
        "{ numbers(first: 1, first: 2) { id } }": "Аргумент «first» указан несколько раз. Оставьте один.",
    },
    "ValuesOfCorrectTypeRule": {
        "{ numbers(filter: 5) { id } }": "Ожидался объект типа «Filter», получено: 5.",
        "{ numbers(filter: {}) { id } }": (
            "В объекте типа «Filter» нет обязательного поля «kind». Добавьте его; получено: {  }."
        ),
        "{ numbers(filter: {kind: null}) { id } }": "Значение типа «Kind!» не может быть null. Передайте значение.",
        "{ numbers(filter: {kind: VOICE, sinc: 1}) { id } }": (
            "В типе «Filter» нет поля «sinc». Уберите его; получено: { kind: VOICE, sinc: 1 }."
        ),
        "{ number(by: {}) { id } }": "В объекте типа «By» нужно указать ровно одно поле, и не null.",
        "{ numbers(kind: VOIC) { id } }": "В перечислении «Kind» нет значения «VOIC». Возьмите значение из схемы.",
        '{ numbers(kind: "VOICE") { id } }': (
            'Значение перечисления «Kind» пишется именем без кавычек, получено: "VOICE".'
        ),
        "{ numbers(first: 1.5) { id } }": "Int принимает только целые числа, получено: 1.5",
        "{ numbers(first: 3000000000) { id } }": (
            "Int принимает числа от −2147483648 до 2147483647, получено: 3000000000"
        ),
        '{ numbers(share: "a") { id } }': 'Float принимает только числа, получено: "a"',
        "{ numbers(name: 1) { id } }": "String принимает только строки в кавычках, получено: 1",
        "{ numbers(all: 1) { id } }": "Boolean принимает только true и false, получено: 1",
        "{ numbers(id: 1.5) { id } }": "ID принимает только строки и целые числа, получено: 1.5",
        "{ numbers(day: 1) { id } }": "Ожидалось значение типа «Day», получено: 1.",
        f"{{ numbers(first: {LONG}) {{ id }} }}": (
            f"Ожидалось значение типа «Int», получено: {LONG}. Причина: в числе больше 4300 цифр: 5000."
        ),
    },
    "ProvidedRequiredArgumentsRule": {
        "{ number { id } }": "Не передан обязательный аргумент «Query.number(by:)» типа «By!». Добавьте его.",
        "{ version @skip }": "Не передан обязательный аргумент «@skip(if:)» типа «Boolean!». Добавьте его.",
        "{ __type { name } }": "Не передан обязательный аргумент «<meta>.__type(name:)» типа «String!». Добавьте его.",
        "{ ...F } fragment F($v: Int!) on Query { version }": (
            "Фрагменту «F» не передан обязательный аргумент «v» типа «Int!». Добавьте его."
        ),
    },
    "VariablesInAllowedPositionRule": {
        "query ($v: String) { numbers(first: $v) { id } }": (
            "Переменная «$v» типа «String» стоит там, где нужен тип «Int». Исправьте её тип."
        ),
        "query ($v: ID) { numbers(by: {id: $v}) { id } }": (
            "Переменная «$v» типа «ID» передаётся объекту «By», где она не может быть null. Добавьте «!» к её типу."
        ),
    },
    "OverlappingFieldsCanBeMergedRule": {
        "{ a: version a: node { id } }": (
            "Поля «a» не сочетаются: «version» и «node» — разные поля. Если нужны оба, дайте им разные псевдонимы."
        ),
        "{ numbers(first: 1) { id } numbers(first: 2) { id } }": (
            "Поля «numbers» не сочетаются: у них разные аргументы. Если нужны оба, дайте им разные псевдонимы."
        ),
        "{ node { ... on Number { kind } ... on Company { kind } } }": (
            "Поля «kind» не сочетаются: их типы «Kind!» и «String» несовместимы. Если нужны оба, дайте им разные "
            "псевдонимы."
        ),
        "{ a: node { b: id c: id d: id } a: node { b: __typename c: __typename } }": (
            "Поля «a» не сочетаются: вложенные поля «b» не сочетаются, потому что «id» и «__typename» — разные "
            "поля, и вложенные поля «c» не сочетаются, потому что «id» и «__typename» — разные поля. Если нужны "
            "оба, дайте им разные псевдонимы."
        ),
        "{ numbers { id } numbers @stream { id } }": (
            "Поля «numbers» не сочетаются: их директивы «@stream» пересекаются. Если нужны оба, дайте им разные "
            "псевдонимы."
        ),
        "{ numbers @stream { id } numbers @stream { id } }": (
            "Поля «numbers» не сочетаются: их директивы «@stream» пересекаются (см. "
            "https://github.com/graphql/defer-stream-wg/discussions/100). Если нужны оба, дайте им разные "
            "псевдонимы."
        ),
        "{ ...F(v: 1) ...F(v: 2) } fragment F($v: Int) on Query { version }": (
            "Вставки фрагмента «F» не сочетаются: в F(v: 1) и F(v: 2) разные аргументы."
        ),
    },
    "UniqueInputFieldNamesRule": {
        "{ numbers(filter: {since: 1, since: 2}) { id } }": (
            "Поле «since» указано во входном объекте несколько раз. Оставьте одно."
        ),
    },
    "MaxIntrospectionDepthRule": {
        "{ __schema { types { fields { type { fields { type { fields { name } } } } } } } }": (
            "Слишком глубокая интроспекция. Уменьшите вложенность fields, interfaces, possibleTypes и inputFields."
        ),
    },
}
"""By the name of the rule that finds it."""
