"""Global ids: round trip, canonical form, wrong types."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.kit.errors import ErrorCode, Refusal
from gateway.kit.ids import Kind, decode, decode_any, encode, encoder
from gateway.kit.texts import Language


@given(st.sampled_from(Kind), st.integers(1, 2**63 - 1))
def test_round_trip(kind: Kind, number: int) -> None:
    text = encode(kind, number)
    assert encoder(kind)(number) == text
    assert decode(text, kind) == number
    assert decode_any(text) == (kind, number)


def test_form() -> None:
    assert encode(Kind.NUMBER, 123) == "num_123"
    assert len({kind.prefix for kind in Kind}) == len(Kind)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "123",
        "num_",
        "num_0",
        "num_01",
        "num_-1",
        "num_+1",
        "num_1.0",
        "num_٣",
        "num_１",
        " num_1",
        "num_1\n",
        "NUM_1",
        "xyz_1",
    ]
    + ["num_9223372036854775808", "num_" + "9" * 5000, "num_1\x00", "num__1", "Tm9kZTox"],
)
def test_garbage_is_refused(text: str) -> None:
    with pytest.raises(Refusal) as refused:
        decode(text, Kind.NUMBER, ("input", "numberId"))
    assert refused.value.code is ErrorCode.INVALID
    assert refused.value.field == ("input", "numberId")
    assert "num_123" in refused.value.message.render(Language.RU)
    assert len(refused.value.message.render(Language.EN)) < 200


def test_another_type_is_named() -> None:
    with pytest.raises(Refusal) as refused:
        decode("tar_5", Kind.NUMBER)
    assert refused.value.message.render(Language.EN) == (
        "tar_5 is an id of type Tariff; here one of type Number is wanted, which looks like num_123."
    )


@given(st.text(st.sampled_from("numtarcomxyz_0123456789٣"), max_size=30))
def test_only_the_canonical_form_is_accepted(text: str) -> None:
    try:
        kind, number = decode_any(text)
    except Refusal:
        return
    assert encode(kind, number) == text
