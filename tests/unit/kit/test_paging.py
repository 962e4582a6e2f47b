"""Paging: what arguments mean, cursors that survive anything, walks without duplicates or gaps."""

import base64
import contextlib
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.kit.errors import ErrorCode, Refusal
from gateway.kit.paging import Keyset, Page, Shape
from gateway.kit.texts import Language

NUMBERS = Keyset("numbers.label", {"label_key": str, "id": int})
NEWEST = Keyset("journal.newest", {"at": datetime, "id": int}, descending=True)

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
moments = st.datetimes(timezones=st.just(UTC))


def rows_by_label(*labels: str) -> list[dict[str, Any]]:
    return [{"label_key": label, "id": index} for index, label in enumerate(labels)]


@pytest.mark.parametrize(
    ("arguments", "page"),
    [
        ({}, Page(50, False, None)),
        ({"first": 1}, Page(1, False, None)),
        ({"first": 1_000, "after": "c"}, Page(1_000, False, "c")),
        ({"after": "c"}, Page(50, False, "c")),
        ({"last": 7}, Page(7, True, None)),
        ({"last": 7, "before": "c"}, Page(7, True, "c")),
        ({"before": "c"}, Page(50, True, "c")),
        ({"first": 10_000, "maximum": 10_000}, Page(10_000, False, None)),
        ({"maximum": 20}, Page(20, False, None)),
    ],
)
def test_what_arguments_mean(arguments: dict[str, Any], page: Page) -> None:
    assert Page.of(**arguments) == page


@pytest.mark.parametrize(
    ("arguments", "code", "argument", "message"),
    [
        ({"first": 0}, ErrorCode.INVALID, "first", "first is 0; ask for 1 to 1,000 rows."),
        ({"last": -5}, ErrorCode.INVALID, "last", "last is -5; ask for 1 to 1,000 rows."),
        (
            {"first": 1_001},
            ErrorCode.TOO_LARGE,
            "first",
            "first is 1,001; ask for at most 1,000 rows at a time, then go on from the page's endCursor.",
        ),
        (
            {"last": 2_000_000},
            ErrorCode.TOO_LARGE,
            "last",
            "last is 2,000,000; ask for at most 1,000 rows at a time, then go on from the page's startCursor.",
        ),
        *(
            (arguments, ErrorCode.INVALID, surplus, "can't be mixed")
            for arguments, surplus in [
                ({"first": 1, "last": 1}, "last"),
                ({"first": 1, "before": "c"}, "before"),
                ({"after": "c", "before": "c"}, "before"),
                ({"after": "c", "last": 1}, "last"),
                ({"first": 1, "after": "c", "last": 1, "before": "c"}, "last"),
            ]
        ),
    ],
)
def test_wrong_arguments_are_named(arguments: dict[str, Any], code: ErrorCode, argument: str, message: str) -> None:
    with pytest.raises(Refusal) as refused:
        Page.of(**arguments)
    assert (refused.value.code, refused.value.field) == (code, (argument,))
    assert message in refused.value.message.render(Language.EN)


@given(texts, st.integers(-(2**63), 2**63 - 1))
def test_cursors_hold_any_text_and_number(label: str, number: int) -> None:
    cursor = NUMBERS.cursor({"label_key": label, "id": number})
    assert set(cursor) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
    assert NUMBERS.parameters(Page(5, False, cursor)) == {"page_rows": 6, "seek_label_key": label, "seek_id": number}


@given(moments, st.integers(1, 2**63 - 1))
def test_cursors_hold_any_moment(at: datetime, number: int) -> None:
    cursor = NEWEST.cursor({"at": at, "id": number})
    assert NEWEST.parameters(Page(5, True, cursor)) == {"page_rows": 6, "seek_at": at, "seek_id": number}


def test_cursors_are_short() -> None:
    assert len(NUMBERS.cursor({"label_key": "79261234567", "id": 12345})) <= 36


def test_a_null_in_a_key_is_our_mistake() -> None:
    with pytest.raises(TypeError, match="null"):
        NUMBERS.cursor({"label_key": None, "id": 1})


@pytest.mark.parametrize(
    "other",
    [
        Keyset("numbers.label", {"label_key": str, "id": int}, descending=True),
        Keyset("numbers.msisdn", {"label_key": str, "id": int}),
        Keyset("numbers.label", {"label": str, "id": int}),
        NEWEST,
    ],
)
def test_a_cursor_of_another_order_is_refused(other: Keyset) -> None:
    cursor = NUMBERS.cursor({"label_key": "a", "id": 1})
    with pytest.raises(Refusal) as refused:
        other.parameters(Page(5, True, cursor))
    assert refused.value.field == ("before",)
    assert "another order" in refused.value.message.render(Language.EN)


def forged(keyset: Keyset, values: object) -> str:
    genuine = keyset.cursor({"label_key": "a", "at": datetime(2024, 1, 1, tzinfo=UTC), "id": 1})
    return genuine[:5] + base64.urlsafe_b64encode(orjson.dumps(values)).decode().rstrip("=")


@pytest.mark.parametrize(
    ("keyset", "cursor"),
    [
        (NUMBERS, ""),
        (NUMBERS, "MQ=="),
        (NUMBERS, "2tYI8WyLQodC60LvQsNC0XG7ihJYxIiw1XQ"),
        (NUMBERS, NUMBERS.cursor({"label_key": "a", "id": 1})[:-1]),
        (NUMBERS, NUMBERS.cursor({"label_key": "a", "id": 1}) + "é"),
        (NUMBERS, NUMBERS.cursor({"label_key": "a", "id": 1}) + "A" * 20_000),
        (NUMBERS, forged(NUMBERS, [])),
        (NUMBERS, forged(NUMBERS, 5)),
        (NUMBERS, forged(NUMBERS, ["a", 1, 2])),
        (NUMBERS, forged(NUMBERS, [1, "a"])),
        (NUMBERS, forged(NUMBERS, ["a", True])),
        (NUMBERS, forged(NUMBERS, ["a", None])),
        (NUMBERS, forged(NUMBERS, ["a", 1.5])),
        (NUMBERS, forged(NUMBERS, ["a", 2**63])),
        (NUMBERS, forged(NUMBERS, ["a\0", 1])),
        (NUMBERS, forged(NUMBERS, {"a": 1, "b": 2})),
        (NEWEST, forged(NEWEST, ["2024-01-01", 1])),
        (NEWEST, forged(NEWEST, [2**62, 1])),
        (NEWEST, forged(NEWEST, [-(2**62), 1])),
    ],
)
def test_a_forged_cursor_is_refused(keyset: Keyset, cursor: str) -> None:
    with pytest.raises(Refusal) as refused:
        keyset.parameters(Page(5, False, cursor))
    assert (refused.value.code, refused.value.field) == (ErrorCode.INVALID, ("after",))


@given(st.binary(max_size=60), st.booleans())
def test_no_cursor_makes_us_fail(noise: bytes, resembling: bool) -> None:
    text = base64.urlsafe_b64encode(noise).decode().rstrip("=")
    cursor = NUMBERS.cursor({"label_key": "a", "id": 1})[:5] + text if resembling else noise.decode("latin-1")
    with contextlib.suppress(Refusal):
        assert NUMBERS.parameters(Page(5, False, cursor)).keys() == {"page_rows", "seek_label_key", "seek_id"}


@pytest.mark.parametrize(
    ("page", "fetched", "rows", "has_next", "has_previous"),
    [
        (Page(2), "abc", "ab", True, False),
        (Page(2), "ab", "ab", False, False),
        (Page(2), "", "", False, False),
        (Page(2, False, "c"), "abc", "ab", True, True),
        (Page(2, True), "cba", "bc", False, True),
        (Page(2, True, "c"), "cb", "bc", True, False),
    ],
)
def test_slices(page: Page, fetched: str, rows: str, has_next: bool, has_previous: bool) -> None:
    part = page.slice([{"label_key": label} for label in fetched])
    assert "".join(row["label_key"] for row in part.rows) == rows
    assert (part.has_next_page, part.has_previous_page) == (has_next, has_previous)


def test_page_info() -> None:
    rows = rows_by_label("a", "b", "c")
    info = NUMBERS.page_info(NUMBERS.take(rows, Page(2)))
    assert info == {
        "has_next_page": True,
        "has_previous_page": False,
        "start_cursor": NUMBERS.cursor(rows[0]),
        "end_cursor": NUMBERS.cursor(rows[1]),
    }
    assert NUMBERS.page_info(NUMBERS.take([], Page(2)))["end_cursor"] is None


def test_shapes_tell_statements_apart() -> None:
    assert Page(1).shape == Page(2).shape == Shape(backward=False, resumed=False)
    assert Page(1, True, "a").shape == Page(2, True, "b").shape == Shape(backward=True, resumed=True)


def test_forwards_and_back_again() -> None:
    rows = rows_by_label(*"aabbbcccdd")
    first = NUMBERS.take(rows, Page(4))
    second = NUMBERS.take(rows, Page(4, False, NUMBERS.cursor(first.rows[-1])))
    back = NUMBERS.take(rows, Page(4, True, NUMBERS.cursor(second.rows[0])))
    assert (list(first.rows), list(second.rows)) == (rows[:4], rows[4:8])
    assert back.rows == first.rows
    assert (back.has_next_page, back.has_previous_page) == (True, False)


ORDERS = [
    Keyset("label up", {"label_key": str, "id": int}),
    Keyset("label down", {"label_key": str, "id": int}, descending=True),
    Keyset("id", {"id": int}),
]


@given(st.data())
def test_a_walk_sees_each_row_that_stayed_exactly_once(data: st.DataObject) -> None:
    keyset = data.draw(st.sampled_from(ORDERS))
    backward = data.draw(st.booleans())
    row = st.builds(
        lambda label, number: (label, number), st.sampled_from(["", "a", "b", "я", "a\nb"]), st.integers(0, 99)
    )
    table = {number: label for label, number in data.draw(st.lists(row, max_size=40))}
    stayed = set(table.items())

    def in_order() -> list[dict[str, Any]]:
        rows = [{"label_key": label, "id": number} for number, label in table.items()]
        return sorted(rows, key=lambda row: [row[name] for name in keyset.columns], reverse=keyset.descending)

    seen: list[tuple[int, str]] = []
    page = Page(data.draw(st.integers(1, 6)), backward)
    while True:
        part = keyset.take(in_order(), page)
        found = [(row["id"], row["label_key"]) for row in part.rows]
        seen += reversed(found) if backward else found
        if not (part.has_previous_page if backward else part.has_next_page):
            break
        edge = part.rows[0] if backward else part.rows[-1]
        page = Page(page.size, backward, keyset.cursor(edge))
        for number in data.draw(st.lists(st.sampled_from(sorted(table)), max_size=3)) if table else []:
            stayed.discard((number, table.pop(number, "")))
        for label, number in data.draw(st.lists(row, max_size=3)):
            if number not in table:
                table[number] = label
                stayed.discard((number, label))

    # A row that went and came back may be seen twice; what never moved may not.
    unmoved = [pair for pair in seen if pair in stayed]
    expected = [(row["id"], row["label_key"]) for row in in_order() if (row["id"], row["label_key"]) in stayed]
    assert unmoved == (expected[::-1] if backward else expected)
