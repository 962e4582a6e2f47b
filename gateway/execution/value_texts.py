"""What graphql-core says of arguments, variables and their values, word for word, and the same in Russian."""

from gateway.kit.texts import Text

ARGUMENTS = (
    Text(
        en="Unknown argument '{argument}' on field '{field}'.",
        ru="У поля «{field}» нет аргумента «{argument}». Проверьте имя по схеме.",
    ),
    Text(
        en="Unknown argument '{argument}' on directive '@{directive}'.",
        ru="У директивы «@{directive}» нет аргумента «{argument}». Проверьте имя по схеме.",
    ),
    Text(
        en="Unknown argument '{argument}' on fragment '{fragment}'.",
        ru="У фрагмента «{fragment}» нет аргумента «{argument}». Проверьте имя.",
    ),
    Text(
        en="There can be only one argument named '{argument}'.",
        ru="Аргумент «{argument}» указан несколько раз. Оставьте один.",
    ),
    Text(
        en="There can be only one input field named '{field}'.",
        ru="Поле «{field}» указано во входном объекте несколько раз. Оставьте одно.",
    ),
    Text(
        en="Argument '{argument}' of type '{type}' is required, but it was not provided.",
        ru="Не передан обязательный аргумент «{argument}» типа «{type}». Добавьте его.",
    ),
    Text(
        en="Fragment '{fragment}' argument '{argument}' of type '{type}' is required, but it was not provided.",
        ru="Фрагменту «{fragment}» не передан обязательный аргумент «{argument}» типа «{type}». Добавьте его.",
    ),
    Text(
        en="Argument '{argument}' of required type '{type}' was not provided.",
        ru="Не передан обязательный аргумент «{argument}» типа «{type}». Добавьте его.",
    ),
    Text(
        en="Argument '{argument}' has invalid value{where}: {problem}",
        ru="Недопустимое значение аргумента «{argument}»{where}. {problem}",
    ),
)

VARIABLES = (
    Text(
        en="There can be only one variable named '${variable}'.",
        ru="Переменная «${variable}» объявлена несколько раз. Оставьте одно объявление.",
    ),
    Text(
        en="Variable '${variable}' is not defined by operation '{operation}'.",
        ru="Переменная «${variable}» не объявлена в операции «{operation}». Объявите её в скобках после имени.",
    ),
    Text(
        en="Variable '${variable}' is not defined.",
        ru="Переменная «${variable}» не объявлена. Объявите её в скобках в начале операции.",
    ),
    Text(
        en="Variable '${variable}' is never used in operation '{operation}'.",
        ru="Переменная «${variable}» не используется в операции «{operation}». Удалите её объявление.",
    ),
    Text(
        en="Variable '${variable}' is never used in fragment '{fragment}'.",
        ru="Переменная «${variable}» не используется во фрагменте «{fragment}». Удалите её объявление.",
    ),
    Text(
        en="Variable '${variable}' is never used.",
        ru="Переменная «${variable}» не используется. Удалите её объявление.",
    ),
    Text(
        en="Unknown type '{type}'.",
        ru="Неизвестный тип «{type}». Проверьте имя по схеме.",
    ),
    Text(
        en="Variable '${variable}' cannot be non-input type '{type}'.",
        ru="Переменная «${variable}» не может быть типа «{type}». Укажите скаляр, перечисление или входной объект.",
    ),
    Text(
        en="Variable '${variable}' of type '{type}' used in position expecting type '{expected}'.",
        ru="Переменная «${variable}» типа «{type}» стоит там, где нужен тип «{expected}». Исправьте её тип.",
    ),
    Text(
        en="Variable '${variable}' is of type '{type}' but must be non-nullable to be used for OneOf Input Object "
        "'{object}'.",
        ru="Переменная «${variable}» типа «{type}» передаётся объекту «{object}», где она не может быть null. "
        "Добавьте «!» к её типу.",
    ),
    Text(
        en="Variable '${variable}' has invalid value{where}: {problem}",
        ru="Недопустимое значение переменной «${variable}»{where}. {problem}",
    ),
    Text(
        en="Variable '${variable}' has invalid default value{where}: {problem}",
        ru="Недопустимое значение по умолчанию у переменной «${variable}»{where}. {problem}",
    ),
    Text(
        en="Variable values are nested too deeply.",
        ru="Значения переменных вложены слишком глубоко. Уменьшите вложенность.",
    ),
    Text(
        en="Too many errors processing variables, error limit reached. Execution aborted.",
        ru="Ошибок в переменных слишком много, показаны первые. Исправьте их и повторите запрос.",
    ),
)
PLACES = (Text(en=" at {place}", ru=" в {place}"),)

VALUES = (
    Text(
        en="Expected value of non-null type '{type}' not to be None.",
        ru="Значение типа «{type}» не может быть null. Передайте значение.",
    ),
    Text(
        en="Expected a value of non-null type '{type}' to be provided.",
        ru="Не передано обязательное значение типа «{type}».",
    ),
    Text(
        en="Expected value of type '{type}' to be an object, found: {found}.",
        ru="Ожидался объект типа «{type}», получено: {found}.",
    ),
    Text(
        en="Expected value of type '{type}' to include required field '{field}', found: {found}.",
        ru="В объекте типа «{type}» нет обязательного поля «{field}». Добавьте его; получено: {found}.",
    ),
    Text(
        en="Expected value of type '{type}' not to include unknown field '{key}', found: {found}.",
        ru="В типе «{type}» нет поля «{key}». Уберите его; получено: {found}.",
    ),
    Text(
        en="Within OneOf Input Object type '{type}', exactly one field must be specified, and the value for that field "
        "must be non-null.",
        ru="В объекте типа «{type}» нужно указать ровно одно поле, и не null.",
    ),
    Text(
        en="Expected value of type '{type}', found: {found}.",
        ru="Ожидалось значение типа «{type}», получено: {found}.",
    ),
    Text(
        en="Expected value of type '{type}', but encountered error '{error}'; found: {found}.",
        ru="Ожидалось значение типа «{type}», получено: {found}. Причина: {error}.",
    ),
    Text(
        en="Expected variable '${variable}' provided to type '{type}' to provide a runtime value.",
        ru="Здесь нужно значение типа «{type}», а переменная «${variable}» не передана. Передайте её.",
    ),
    Text(
        en="Expected variable '${variable}' provided to non-null type '{type}' not to be None.",
        ru="Здесь нужно значение типа «{type}», а переменная «${variable}» — null. Передайте значение.",
    ),
    Text(
        en="Expected variable '${variable}' provided to field '{field}' for OneOf Input Object type '{type}' to "
        "provide a runtime value.",
        ru="Полю «{field}» объекта «{type}» нужно значение, а переменная «${variable}» не передана. Передайте её.",
    ),
    Text(
        en="Expected variable '${variable}' provided to field '{field}' for OneOf Input Object type '{type}' not to be "
        "None.",
        ru="Полю «{field}» объекта «{type}» нужно значение, а переменная «${variable}» — null. Передайте значение.",
    ),
    Text(
        en="Value '{value}' does not exist in '{type}' enum.",
        ru="В перечислении «{type}» нет значения «{value}». Возьмите значение из схемы.",
    ),
    Text(
        en="Enum '{type}' cannot represent non-string value: {found}.",
        ru="Значение перечисления «{type}» передаётся строкой, получено: {found}.",
    ),
    Text(
        en="Enum '{type}' cannot represent non-enum value: {found}.",
        ru="Значение перечисления «{type}» пишется именем без кавычек, получено: {found}.",
    ),
    Text(
        en="Int cannot represent non-integer value: {found}",
        ru="Int принимает только целые числа, получено: {found}",
    ),
    Text(
        en="Int cannot represent non 32-bit signed integer value: {found}",
        ru="Int принимает числа от −2147483648 до 2147483647, получено: {found}",
    ),
    Text(
        en="Float cannot represent non numeric value: {found} (value is too large)",
        ru="Число слишком велико для Float: {found}",
    ),
    Text(
        en="Float cannot represent non numeric value: {found} (value would lose precision)",
        ru="Во Float число потеряет точность, передайте меньшее: {found}",
    ),
    Text(
        en="Float cannot represent non numeric value: {found}",
        ru="Float принимает только числа, получено: {found}",
    ),
    Text(
        en="String cannot represent a non string value: {found}",
        ru="String принимает только строки в кавычках, получено: {found}",
    ),
    Text(
        en="Boolean cannot represent a non boolean value: {found}",
        ru="Boolean принимает только true и false, получено: {found}",
    ),
    Text(
        en="ID cannot represent value: {found}",
        ru="ID принимает только строки и целые числа, получено: {found}",
    ),
    Text(
        en="ID cannot represent a non-string and non-integer value: {found}",
        ru="ID принимает только строки и целые числа, получено: {found}",
    ),
)
CAUSES = (
    Text(
        en="Exceeds the limit ({most} digits) for integer string conversion: value has {given} digits; use "
        "sys.set_int_max_str_digits() to increase the limit",
        ru="в числе больше {most} цифр: {given}",
    ),
)
