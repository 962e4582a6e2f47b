"""Headers and cells of a register: every way in which offices write them."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.kit.errors import InvalidValue
from gateway.services.register_columns import BY_KEY, COLUMNS, counts_rows, recognise, tidy


@pytest.mark.parametrize(
    ("header", "key"),
    [
        ("Номер телефона", "msisdn"),
        ("№ телефона", "msisdn"),
        ("НОМЕР", "msisdn"),
        ("phone_number", "msisdn"),
        ("Phone number*", "msisdn"),
        ("MSISDN:", "msisdn"),
        ("Абонентский номер (11 цифр)", "msisdn"),
        ("Номер\nтелефона", "msisdn"),
        ("№ SIM-карты", "iccid"),
        ("ICC-ID", "iccid"),
        ("Тарифный план", "tariff"),
        ("Ф.И.О.", "employee"),
        ("ФИО сотрудника", "employee"),
        ("Таб. №", "personnel_number"),
        ("Табельный №", "personnel_number"),
        ("Эл. почта", "email"),
        ("E-mail", "email"),
        ("Доп.телефон", "extra_phone"),
        ("Дата рождения (дд.мм.гггг)", "birth_date"),
        ("Отдел", "department"),
        ("№", None),
        ("№ п/п", None),
        ("Лимит, руб.", None),
        ("", None),
    ],
)
def test_headers_are_recognised(header: str, key: str | None) -> None:
    assert recognise(header) is (None if key is None else BY_KEY[key])


def test_every_column_is_recognised_by_its_title() -> None:
    for column in COLUMNS:
        assert recognise(column.title.en) is column
        assert recognise(column.title.ru.upper()) is column


@pytest.mark.parametrize(
    ("header", "expected"), [("№", True), ("№ п/п", True), ("#", True), ("", True), ("Номер", False), ("Лимит", False)]
)
def test_columns_that_count_rows_are_known(header: str, expected: bool) -> None:
    assert counts_rows(header) is expected


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("Иванов\u00a0 Пётр", "Иванов Пётр"),
        ("two\nlines", "two lines"),
        ("a\0b\u200bc\ud800d", "abcd"),
        ("–", ""),
        ("-", ""),
        ("\u200b", ""),
        ("- 5", "- 5"),
    ],
)
def test_cells_are_tidied(cell: str, expected: str) -> None:
    assert tidy(cell) == expected


@given(st.text())
def test_a_tidy_cell_is_one_printable_line(cell: str) -> None:
    assert tidy(cell.strip()).isprintable()
    assert "  " not in tidy(cell.strip())


TOMORROW = (datetime.now(UTC) + timedelta(days=1)).date()


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("31.12.1990", date(1990, 12, 31)),
        ("1.2.1990", date(1990, 2, 1)),
        ("31/12/1990", date(1990, 12, 31)),
        ("1990-12-31", date(1990, 12, 31)),
        ("1990-12-31T00:00:00", date(1990, 12, 31)),
        ("31.12.1990 00:00", date(1990, 12, 31)),
        ("31.02.1990", "“31.02.1990” is not a date"),
        ("01.01.0001", "“01.01.0001” is not a date"),
        ("33238", "“33238” is not a date"),
        ("31.12.90", "“31.12.90” is not a date"),
        (f"{TOMORROW:%d.%m.%Y}", f"“{TOMORROW:%d.%m.%Y}” is in the future"),
    ],
)
def test_dates(cell: str, expected: date | str) -> None:
    assert parsed("birth_date", cell) == expected


@pytest.mark.parametrize(
    ("cell", "expected"),
    [("голос", "VOICE"), ("Модем", "MODEM"), ("iot", "IOT"), ("M2M", "IOT"), ("факс", "“факс” is no kind of number")],
)
def test_kinds(cell: str, expected: str) -> None:
    assert parsed("kind", cell) == expected


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("Ivan@Romashka.Example", "ivan@romashka.example"),
        ("ivan@localhost", "“ivan@localhost” is not an e-mail address"),
        ("ivan@a..b", "“ivan@a..b” is not an e-mail address"),
        ("a b@c.d", "“a b@c.d” is not an e-mail address"),
    ],
)
def test_emails(cell: str, expected: str) -> None:
    assert parsed("email", cell) == expected


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("Продажи/ Москва /Группа №2", ("Продажи", "Москва", "Группа №2")),
        ("Склад", ("Склад",)),
        ("Склад/", "“Склад/” has a level without a name"),
        ("/".join("a" * 11), "A department stands at most 10 levels deep; levels are divided by “/”"),
        ("a" * 201, "The text has 201 characters; 200 are allowed"),
    ],
)
def test_departments(cell: str, expected: tuple[str, ...] | str) -> None:
    assert parsed("department", cell) == expected


def test_texts_have_a_length() -> None:
    assert parsed("label", "x" * 100) == "x" * 100
    assert parsed("label", "x" * 101) == "The text has 101 characters; 100 are allowed"
    assert parsed("employee", "x" * 201) == "The text has 201 characters; 200 are allowed"


def parsed(key: str, cell: str) -> object:
    """The value of a cell, or the first sentence of what is wrong with it."""
    try:
        return BY_KEY[key].parse(cell)
    except InvalidValue as error:
        return str(error).removesuffix(".").split(". ")[0]
