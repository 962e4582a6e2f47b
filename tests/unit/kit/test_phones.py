"""Phone numbers: every usual writing, nothing else, beginnings and ends for searches."""

import re

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.kit.errors import InvalidValue
from gateway.kit.phones import e164, msisdn_prefix, msisdn_suffix, parse_msisdn, sought_msisdn
from gateway.kit.texts import Language

KINDS, FORMS = phonenumbers.PhoneNumberType, phonenumbers.PhoneNumberFormat
russian_mobile = st.from_regex(r"9[0-24-9][0-9]{8}", fullmatch=True).map(lambda national: f"7{national}")


@pytest.mark.parametrize(
    "text",
    [
        "79261234567",
        "+79261234567",
        "89261234567",
        "9261234567",
        "8 (926) 123-45-67",
        "+7 (926) 123-45-67",
        "+7 926 123 45 67",
        "8-926-123-45-67",
        "8.926.123.45.67",
        "(926)1234567",
        " 7 926 1234567 ",
        "8\u00a0926\u00a0123\u201145\u201167",
        "+7 926 123–45—67",
        "＋７ （926） １２３４５６７".replace("（", "(").replace("）", ")"),
        "٨٩٢٦١٢٣٤٥٦٧",
        "\u202a+7 926 123-45-67\u202c",
        "79261234567.0",
        "9261234567.0",
        "8 10 7 926 123 45 67",
    ],
)
def test_writings_of_a_russian_mobile_number(text: str) -> None:
    assert parse_msisdn(text) == sought_msisdn(text) == "79261234567"


@pytest.mark.parametrize(
    ("text", "msisdn"),
    [
        ("8 800 555-35-35", "78005553535"),
        ("(495) 123-45-67", "74951234567"),
        ("9301234567", "79301234567"),
        ("+375 29 123-45-67", "375291234567"),
        ("+44 20 7946 0958", "442079460958"),
        ("8 10 44 20 7946 0958", "442079460958"),
        ("+39 06 698 12345", "390669812345"),
    ],
)
def test_landlines_and_foreign_numbers(text: str, msisdn: str) -> None:
    assert parse_msisdn(text) == msisdn


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "+",
        "112",
        "0611",
        "926123456",
        "8 926 123 45 6",
        "792612345678",
        "5261234567",
        "375291234567",
        "+999 123456789",
        "+7 926 123 45 67 доб. 12",
        "+7 926 123 45 67 ext 12",
        "+1 800 FLOWERS",
        "tel:+79261234567",
        "8 926 123 45 67, 8 926 123 45 68",
        "7+9261234567",
        "++79261234567",
        "+7 926 123\x0045 67",
        "²9261234567",
        "９" * 3,
        "7" * 100_000,
    ],
)
def test_what_is_no_phone_number(text: str) -> None:
    with pytest.raises(InvalidValue) as refused:
        parse_msisdn(text)
    assert "+7 926 123-45-67" in refused.value.message.render(Language.RU)
    assert len(str(refused.value)) < 250


@pytest.mark.parametrize("text", ["7.92612E+10", "7,92612E+10", "7,9E+10"])
def test_a_number_that_a_spreadsheet_has_rounded(text: str) -> None:
    with pytest.raises(InvalidValue) as refused:
        parse_msisdn(text)
    assert "Format the column as text" in str(refused.value)


@given(russian_mobile)
def test_what_is_shown_can_be_read(msisdn: str) -> None:
    national = msisdn[1:]
    assert parse_msisdn(e164(msisdn)) == msisdn
    assert parse_msisdn(msisdn) == msisdn
    assert parse_msisdn(national) == msisdn
    assert parse_msisdn(f"8 ({national[:3]}) {national[3:6]}-{national[6:8]}-{national[8:]}") == msisdn


@given(russian_mobile)
def test_the_short_cut_agrees_with_the_numbering_plan(msisdn: str) -> None:
    assert phonenumbers.is_valid_number(phonenumbers.parse(e164(msisdn)))


@given(st.sampled_from(sorted(phonenumbers.SUPPORTED_REGIONS)))
def test_round_trip_of_all_countries(region: str) -> None:
    example = phonenumbers.example_number(region)
    assert example is not None
    shown = phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
    msisdn = parse_msisdn(shown)
    assert e164(msisdn) == phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.E164)
    assert parse_msisdn(e164(msisdn)) == msisdn


@given(st.text(st.sampled_from("+7892613405 ()-.E\u00a0\u202a٨x\x00"), max_size=25))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        msisdn = parse_msisdn(text)
    except InvalidValue:
        return
    assert re.fullmatch(r"[0-9]{8,15}", msisdn)
    assert parse_msisdn(e164(msisdn)) == msisdn


@pytest.mark.parametrize(
    ("text", "prefix"),
    [
        ("8926", "7926"),
        ("+7926", "7926"),
        ("7926", "7926"),
        ("926", "7926"),
        ("8 (926) 12", "792612"),
        ("٩٢٦", "7926"),
        ("7", "7"),
        ("8", "7"),
        ("9", "79"),
        ("800", "7800"),
        ("8800", "7800"),
        ("495", "7495"),
        ("8495", "7495"),
        ("+375", "375"),
        ("79261234567", "79261234567"),
        ("89261234567", "79261234567"),
    ],
)
def test_beginnings(text: str, prefix: str) -> None:
    assert msisdn_prefix(text) == prefix


@pytest.mark.parametrize("text", ["", "+", "-", "x", "926x", "%", "1" * 16, "7+9"])
def test_no_beginnings(text: str) -> None:
    with pytest.raises(InvalidValue):
        msisdn_prefix(text)


@given(russian_mobile, st.integers(1, 10))
def test_a_number_is_found_by_its_beginning_and_end(msisdn: str, length: int) -> None:
    national = msisdn[1:]
    for text in (f"+7{national[:length]}", f"7{national[:length]}", f"8{national[:length]}", national[:length]):
        assert msisdn.startswith(msisdn_prefix(text))
    assert msisdn.endswith(msisdn_suffix(msisdn[-max(length, 3) :]))


def test_ends() -> None:
    assert msisdn_suffix("45-67") == "4567"
    assert msisdn_suffix("٥٦٧") == "567"


@pytest.mark.parametrize("text", ["", "67", "+4567", "x567", "1" * 16])
def test_no_ends(text: str) -> None:
    with pytest.raises(InvalidValue):
        msisdn_suffix(text)


@pytest.mark.parametrize("region", ["RU", "GB", "US", "KZ", "IT"])
@pytest.mark.parametrize("kind", [KINDS.FIXED_LINE, KINDS.MOBILE, KINDS.TOLL_FREE])
def test_who_looks_for_a_number_that_there_is_finds_it(region: str, kind: int) -> None:
    example = phonenumbers.example_number_for_type(region, kind)
    assert example
    spellings = [phonenumbers.format_number(example, form) for form in (FORMS.E164, FORMS.INTERNATIONAL)]
    if region == "RU":
        spellings += [phonenumbers.format_number(example, FORMS.NATIONAL), spellings[0].removeprefix("+")]

    assert {sought_msisdn(spelling) for spelling in spellings} == {parse_msisdn(spellings[0])}


@pytest.mark.parametrize("text", ["", "123", "none", "+1234567", "+1234567890123456", "442079460000", "7.92612E+10"])
def test_what_cannot_be_a_number_is_not_looked_for(text: str) -> None:
    with pytest.raises(InvalidValue):
        sought_msisdn(text)
