"""E-mail addresses: one recipient each, whoever reads them."""

from email.utils import getaddresses

import pytest

from gateway.kit.emails import parse_email
from gateway.kit.errors import InvalidValue


@pytest.mark.parametrize(
    ("given", "address"),
    [
        (" Anna.O'Neil+x@Mail-1.Example.com ", "anna.o'neil+x@mail-1.example.com"),
        ("a@b.co", "a@b.co"),
        ("info@xn--80a1acny.xn--p1ai", "info@xn--80a1acny.xn--p1ai"),
        ("a" * 64 + "@example.com", "a" * 64 + "@example.com"),
    ],
)
def test_an_address_is_one_recipient_in_lower_case(given: str, address: str) -> None:
    assert parse_email(given) == address
    assert getaddresses([address]) == [("", address)]


@pytest.mark.parametrize(
    "given",
    [
        "a1,victim@example.com",
        "victim@example.com,a1@example.com",
        "a;b@example.com",
        "<a@example.com>",
        "a(b)@example.com",
        '"a"@example.com',
        "a:b@example.com",
        "a\\b@example.com",
        "a\u202e@example.com",
        "a\u200b@example.com",
        "a\u009b@example.com",
        "a@example\u200b.com",
        "a@exa,mple.com",
        "иван@example.com",
        ".a@example.com",
        "a.@example.com",
        "a..b@example.com",
        "a" * 65 + "@example.com",
        "a@-example.com",
        "a@example-.com",
        "a@" + "b" * 64 + ".com",
        "a@example.c",
        "a@192.0.2.1",
        "a@" + "bc." * 84 + "com",
        "a@b@example.com",
        "a@example.com.",
        "example.com",
        "",
    ],
)
def test_what_is_no_single_plain_address_is_refused(given: str) -> None:
    with pytest.raises(InvalidValue):
        parse_email(given)
