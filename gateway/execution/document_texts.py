"""What graphql-core says of documents, word for word, and the same in Russian."""

from gateway.kit.texts import Text

SYNTAX = (
    Text(
        en="Unexpected '..', did you mean '...'?",
        ru="Две точки подряд здесь лишние. Возможно, имелось в виду «...»?",
    ),
    Text(
        en="Invalid number, expected digit before '.', did you mean '0.{digits}'?",
        ru="Неверное число: перед точкой нужна цифра. Возможно, имелось в виду «0.{digits}»?",
    ),
    Text(
        en="Invalid number, unexpected digit after 0: {character}.",
        ru="Неверное число: после начального нуля стоит цифра {character}. Уберите ноль.",
    ),
    Text(
        en="Invalid number, expected digit but got: {character}.",
        ru="Неверное число: ожидалась цифра, получено: {character}.",
    ),
    Text(
        en="Unexpected single quote character ('), did you mean to use a double quote (\")?",
        ru="Апостроф (') здесь лишний. Заключайте строки в двойные кавычки (\").",
    ),
    Text(en="Unexpected character: {character}.", ru="Здесь не ожидается символ {character}. Уберите его."),
    Text(en="Invalid character: {character}.", ru="Недопустимый символ {character}. Уберите его."),
    Text(
        en="Invalid character within String: {character}.", ru="Недопустимый символ {character} в строке. Уберите его."
    ),
    Text(
        en="Unterminated string.",
        ru='Строка не закрыта. Поставьте кавычку в конце; переводы строк пишите как \\n или между """.',
    ),
    Text(
        en="Invalid Unicode escape sequence: '{escape}'.",
        ru="Неверный код символа Юникода: «{escape}». Пишите \\uXXXX или \\u{{XXXXX}}.",
    ),
    Text(
        en="Invalid character escape sequence: '{escape}'.",
        ru="Неизвестная управляющая последовательность «{escape}». Обратную косую черту пишите дважды.",
    ),
    Text(
        en="Unexpected description, descriptions are not supported on shorthand queries.",
        ru="У краткой записи запроса не бывает описания. Начните запрос словом query или уберите описание.",
    ),
    Text(
        en="Unexpected description, only GraphQL definitions support descriptions.",
        ru="Описание может стоять только перед определением. Уберите его.",
    ),
    Text(
        en="Unexpected variable '${variable}' in constant value.",
        ru="Здесь нужна константа, а стоит переменная «${variable}». Напишите само значение.",
    ),
    Text(
        en="{token} is reserved and cannot be used for an enum value.",
        ru="Значением перечисления не может быть {token}. Возьмите другое имя.",
    ),
    Text(en="Expected {wanted}, found {token}.", ru="Ожидалось: {wanted}; получено: {token}."),
    Text(en="Unexpected {token}.", ru="Здесь не ожидается {token}. Проверьте запись перед этим местом."),
    Text(
        en="Document is nested too deeply. Parsing aborted.",
        ru="Вложенность документа слишком велика. Уменьшите её.",
    ),
)
TOKENS = (
    Text(en="<EOF>", ru="конец документа"),
    Text(en="Name", ru="имя"),
    Text(en="Name '{value}'", ru="имя «{value}»"),
    Text(en="Int '{value}'", ru="целое число «{value}»"),
    Text(en="Float '{value}'", ru="дробное число «{value}»"),
    Text(en="String '{value}'", ru="строка «{value}»"),
    Text(en="BlockString '{value}'", ru="блочная строка «{value}»"),
    Text(en="'{mark}'", ru="«{mark}»"),
)

DOCUMENTS = (
    Text(en="Syntax Error: {problem}", ru="Синтаксическая ошибка. {problem}"),
    Text(
        en="The '{name}' definition is not executable.",
        ru="Определение «{name}» нельзя выполнить. Оставьте в документе только операции и фрагменты.",
    ),
    Text(
        en="The schema definition is not executable.",
        ru="Определение схемы нельзя выполнить. Оставьте в документе только операции и фрагменты.",
    ),
    Text(
        en="Too many validation errors, error limit reached. Validation aborted.",
        ru="Ошибок слишком много, показаны первые. Исправьте их и повторите запрос.",
    ),
    Text(en="Validation aborted.", ru="Документ слишком сложен для проверки. Упростите или разделите его."),
)

OPERATIONS = (
    Text(
        en="The {operation} operation is not supported by the schema.",
        ru="Операций {operation} в схеме нет. Отправьте операцию другого вида.",
    ),
    Text(
        en="There can be only one operation named '{operation}'.",
        ru="Несколько операций названы «{operation}». Дайте каждой своё имя.",
    ),
    Text(
        en="This anonymous operation must be the only defined operation.",
        ru="Операция без имени должна быть в документе единственной. Дайте каждой операции имя.",
    ),
    Text(
        en="{subscription} must not use `@skip` or `@include` directives in the top level selection.",
        ru="{subscription}: на верхнем уровне нельзя ставить директивы «@skip» и «@include». Перенесите их глубже.",
    ),
    Text(
        en="{subscription} must select one top level field.",
        ru="{subscription}: на верхнем уровне не выбрано ни одного поля. Выберите одно.",
    ),
    Text(
        en="{subscription} must select only one top level field.",
        ru="{subscription}: на верхнем уровне выбрано несколько полей. Оставьте одно.",
    ),
    Text(
        en="{subscription} must not select an introspection top level field.",
        ru="{subscription}: на верхнем уровне нельзя выбирать поля интроспекции. Уберите их.",
    ),
    Text(
        en="Unknown operation named '{operation_name}'.",
        ru="В документе нет операции «{operation_name}». Исправьте «operationName».",
    ),
    Text(
        en="Must provide operation name if query contains multiple operations.",
        ru="В документе несколько операций. Назовите нужную в «operationName».",
    ),
    Text(
        en="Must provide an operation.",
        ru="В документе нет операции. Добавьте запрос, мутацию или подписку.",
    ),
    Text(en="Expected a subscription.", ru="Здесь выполняются только подписки. Отправьте операцию subscription."),
)
SUBSCRIPTIONS = (
    Text(en="Subscription '{name}'", ru="Подписка «{name}»"),
    Text(en="Anonymous Subscription", ru="Подписка без имени"),
)

FIELDS = (
    Text(
        en="Cannot query field '{field}' on type '{type}'.",
        ru="У типа «{type}» нет поля «{field}». Проверьте имя по схеме.",
    ),
    Text(
        en="Field '{field}' must not have a selection since type '{type}' has no subfields.",
        ru="У поля «{field}» типа «{type}» нет вложенных полей. Уберите фигурные скобки после него.",
    ),
    Text(
        en="Field '{field}' of type '{type}' must have a selection of subfields. Did you mean '{field} {{ ... }}'?",
        ru="У поля «{field}» типа «{type}» нужно выбрать вложенные поля. Возможно, имелось в виду «{field} {{ ... }}»?",
    ),
    Text(
        en="Field '{field}' of type '{type}' must have at least one field selected.",
        ru="У поля «{field}» типа «{type}» нужно выбрать хотя бы одно вложенное поле.",
    ),
    Text(
        en="Fields '{field}' conflict because {reason}. Use different aliases on the fields to fetch both if this was "
        "intentional.",
        ru="Поля «{field}» не сочетаются: {reason}. Если нужны оба, дайте им разные псевдонимы.",
    ),
    Text(
        en="Spreads '{fragment}' conflict because {spread} and {other} have different fragment arguments.",
        ru="Вставки фрагмента «{fragment}» не сочетаются: в {spread} и {other} разные аргументы.",
    ),
    Text(
        en="Maximum introspection depth exceeded",
        ru="Слишком глубокая интроспекция. Уменьшите вложенность fields, interfaces, possibleTypes и inputFields.",
    ),
)
CONFLICTS = (
    Text(en="'{first}' and '{second}' are different fields", ru="«{first}» и «{second}» — разные поля"),
    Text(en="they have differing arguments", ru="у них разные аргументы"),
    Text(
        en="they return conflicting types '{first}' and '{second}'",
        ru="их типы «{first}» и «{second}» несовместимы",
    ),
    Text(en="they have overlapping stream directives", ru="их директивы «@stream» пересекаются"),
    Text(
        en="they have overlapping stream directives. See {url}",
        ru="их директивы «@stream» пересекаются (см. {url})",
    ),
    Text(
        en="subfields '{field}' conflict because {further}",
        ru="вложенные поля «{field}» не сочетаются, потому что {further}",
    ),
    Text(
        en="{reason} and subfields '{field}' conflict because {further}",
        ru="{reason}, и вложенные поля «{field}» не сочетаются, потому что {further}",
    ),
)

FRAGMENTS = (
    Text(
        en="Unknown fragment '{fragment}'.",
        ru="Неизвестный фрагмент «{fragment}». Объявите его в документе или исправьте имя.",
    ),
    Text(
        en="There can be only one fragment named '{fragment}'.",
        ru="Несколько фрагментов названы «{fragment}». Дайте каждому своё имя.",
    ),
    Text(
        en="Fragment '{fragment}' is never used.",
        ru="Фрагмент «{fragment}» нигде не используется. Вставьте его или удалите.",
    ),
    Text(
        en="Cannot spread fragment '{fragment}' within itself.",
        ru="Фрагмент «{fragment}» вставляет сам себя. Разорвите цикл.",
    ),
    Text(
        en="Cannot spread fragment '{fragment}' within itself via {names}.",
        ru="Фрагмент «{fragment}» вставляет сам себя через {names}. Разорвите цикл.",
    ),
    Text(
        en="Fragment cannot be spread here as objects of type '{parent}' can never be of type '{type}'.",
        ru="Встроенный фрагмент здесь неприменим: объект типа «{parent}» не бывает типа «{type}». Уберите фрагмент.",
    ),
    Text(
        en="Fragment '{fragment}' cannot be spread here as objects of type '{parent}' can never be of type '{type}'.",
        ru="Фрагмент «{fragment}» здесь неприменим: объект типа «{parent}» не бывает типа «{type}». Уберите его.",
    ),
    Text(
        en="Fragment cannot condition on non composite type '{type}'.",
        ru="Встроенный фрагмент не может относиться к типу «{type}»: у него нет полей.",
    ),
    Text(
        en="Fragment '{fragment}' cannot condition on non composite type '{type}'.",
        ru="Фрагмент «{fragment}» не может относиться к типу «{type}»: у него нет полей.",
    ),
)

DIRECTIVES = (
    Text(
        en="Unknown directive '@{directive}'.",
        ru="Неизвестная директива «@{directive}». Проверьте имя по схеме или удалите её.",
    ),
    Text(
        en="Directive '@{directive}' may not be used on {location}.",
        ru="Директива «@{directive}» неприменима к {location}. Перенесите её или удалите.",
    ),
    Text(
        en="The directive '@{directive}' can only be used once at this location.",
        ru="Директиву «@{directive}» здесь можно поставить только один раз. Оставьте одну.",
    ),
    Text(
        en="Defer directive cannot be used on root {operation} type '{type}'.",
        ru="Директиву «@defer» нельзя ставить на фрагменты корневого типа «{type}» ({operation}). Удалите её.",
    ),
    Text(
        en="Stream directive cannot be used on root {operation} type '{type}'.",
        ru="Директиву «@stream» нельзя ставить на поля корневого типа «{type}» ({operation}). Удалите её.",
    ),
    Text(
        en="Defer directive not supported on subscription operations. Disable `@defer` by setting the `if` argument to "
        "`false`.",
        ru="Подписки не поддерживают директиву «@defer». Удалите её или передайте ей «if: false».",
    ),
    Text(
        en="Stream directive not supported on subscription operations. Disable `@stream` by setting the `if` argument "
        "to `false`.",
        ru="Подписки не поддерживают директиву «@stream». Удалите её или передайте ей «if: false».",
    ),
    Text(
        en="Defer directive label argument must be a static string.",
        ru="Аргумент «label» директивы «@defer» не может быть переменной. Напишите строку.",
    ),
    Text(
        en="Stream directive label argument must be a static string.",
        ru="Аргумент «label» директивы «@stream» не может быть переменной. Напишите строку.",
    ),
    Text(
        en="Defer/Stream directive label argument must be unique.",
        ru="Аргументы «label» директив «@defer» и «@stream» не должны повторяться. Дайте каждому своё значение.",
    ),
    Text(
        en="Stream directive cannot be used on non-list field '{field}' on type '{type}'.",
        ru="Директива «@stream» неприменима к полю «{field}» типа «{type}»: это не список. Удалите её.",
    ),
    Text(
        en="Stream directive cannot be used on non-list field on type '{type}'.",
        ru="Директива «@stream» неприменима к служебному полю типа «{type}»: это не список. Удалите её.",
    ),
)
LOCATIONS = (
    Text(en="query", ru="запросу"),
    Text(en="mutation", ru="мутации"),
    Text(en="subscription", ru="подписке"),
    Text(en="field", ru="полю"),
    Text(en="fragment definition", ru="объявлению фрагмента"),
    Text(en="fragment spread", ru="вставке фрагмента"),
    Text(en="inline fragment", ru="встроенному фрагменту"),
    Text(en="variable definition", ru="объявлению переменной"),
)
