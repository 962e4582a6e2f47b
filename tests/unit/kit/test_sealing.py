"""Digests and seals of the gateway's own secret."""

import pytest
from cryptography.fernet import InvalidToken
from hypothesis import given
from hypothesis import strategies as st

from gateway.kit.sealing import Keyring

ONE, OTHER = Keyring(b"1" * 32), Keyring(b"2" * 32)


@given(st.binary())
def test_what_was_sealed_is_opened_by_the_same_secret_only(text: bytes) -> None:
    sealed = ONE.seal(text)

    assert Keyring(b"1" * 32).unseal(sealed) == text
    with pytest.raises(InvalidToken):
        OTHER.unseal(sealed)


@given(st.lists(st.text()), st.lists(st.text()))
def test_digests_of_different_parts_differ(some: list[str], others: list[str]) -> None:
    assert (ONE.digest("code", *some) == ONE.digest("code", *others)) == (some == others)
    assert ONE.digest("code", *some) != OTHER.digest("code", *some)
    assert ONE.digest("code", *some) != ONE.digest("other", *some)
    assert len(ONE.digest("code", *some)) == 32
