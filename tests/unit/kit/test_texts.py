"""Texts: languages, placeholders, plurals, negotiation."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.kit.texts import Language, Text, negotiate

FOUND = Text(
    en="{count} {count:number|numbers} of {company}",
    ru="{count} {count:номер|номера|номеров} компании {company}",
)


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (0, "0 номеров"),
        (1, "1 номер"),
        (2, "2 номера"),
        (4, "4 номера"),
        (5, "5 номеров"),
        (11, "11 номеров"),
        (12, "12 номеров"),
        (14, "14 номеров"),
        (21, "21 номер"),
        (22, "22 номера"),
        (111, "111 номеров"),
        (121, "121 номер"),
        (-1, "-1 номер"),
    ],
)
def test_russian_plurals(count: int, words: str) -> None:
    assert FOUND.render(Language.RU, count=count, company="Ромашка") == f"{words} компании Ромашка"


@pytest.mark.parametrize(("count", "words"), [(0, "0 numbers"), (1, "1 number"), (2, "2 numbers"), (21, "21 numbers")])
def test_english_plurals(count: int, words: str) -> None:
    assert FOUND(count=count, company="Acme").render(Language.EN) == f"{words} of Acme"


def test_integers_in_groups_of_three_digits() -> None:
    limit = Text(en="at most {limit:,} {limit:row|rows}", ru="не больше {limit:,} {limit:строки|строк|строк}")
    assert limit.render(Language.EN, limit=100_000) == "at most 100,000 rows"
    assert limit.render(Language.RU, limit=100_000) == "не больше 100\u00a0000 строк"


def test_a_text_as_value_is_rendered_in_the_same_language() -> None:
    blocked = Text(en="blocked {since}", ru="заблокирован {since}")
    message = Text(en="The number is {state}.", ru="Номер {state}.")(
        state=blocked(since=Text(en="today", ru="сегодня"))
    )
    assert message.render(Language.EN) == "The number is blocked today."
    assert message.render(Language.RU) == "Номер заблокирован сегодня."


@pytest.mark.parametrize(
    ("en", "ru"),
    [
        ("{name}", "нет"),
        ("{a}", "{b}"),
        ("{n:one|many|other}", "{n:а|б|в}"),
        ("{n:one|many}", "{n:а|б}"),
        ("{}", "{}"),
        ("{n!r}", "{n!r}"),
        ("{n.x}", "{n.x}"),
        ("{n:02d}", "{n:02d}"),
        ("{n", "{n"),
    ],
)
def test_wrong_placeholders_are_refused_at_construction(en: str, ru: str) -> None:
    with pytest.raises(ValueError):
        Text(en=en, ru=ru)


def test_missing_surplus_and_wrong_values_are_refused_when_they_are_bound() -> None:
    with pytest.raises(TypeError):
        FOUND(count=1)
    with pytest.raises(TypeError):
        FOUND(count=1, company="a", more=2)
    with pytest.raises(TypeError):
        FOUND(count="1", company="a")


def test_messages_are_values() -> None:
    assert FOUND(count=1, company="a") == FOUND(company="a", count=1)
    assert len({FOUND(count=1, company="a"), FOUND(company="a", count=1), FOUND(count=2, company="a")}) == 2


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", Language.EN),
        ("ru", Language.RU),
        ("RU-ru", Language.RU),
        ("ru-RU,ru;q=0.9,en-US;q=0.8,en;q=0.7", Language.RU),
        ("en;q=0.1, ru ; q = 0.25", Language.RU),
        ("ru;q=0.1, en;q=0.2", Language.EN),
        ("de, fr;q=0.9, ru;q=0.1", Language.RU),
        ("de", Language.EN),
        ("*", Language.EN),
        ("ru;q=0", Language.EN),
        ("ru;q=nan", Language.EN),
        ("ru;q=2", Language.EN),
        ("ru;q=,,;;==, ru_RU, rus", Language.EN),
        ("ru,en", Language.RU),
        ("en,ru", Language.EN),
    ],
)
def test_negotiation(header: str, language: Language) -> None:
    assert negotiate(header) is language


@given(st.text(st.sampled_from("ruen-*;q=0.19, \t٣\x00"), max_size=60))
def test_no_header_fails(header: str) -> None:
    assert negotiate(header) in Language


def test_quotes_inside_of_quotes_are_others() -> None:
    text = Text(en="“{option}” is there", ru="Опция «{option}» есть: {option}")

    assert text(option="Роуминг «Соседи»").render(Language.RU) == "Опция «Роуминг „Соседи“» есть: Роуминг «Соседи»"
