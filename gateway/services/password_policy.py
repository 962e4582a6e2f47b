"""Which passwords are taken: long enough, and neither common nor made of what everybody knows of their owner."""

import asyncio
from collections.abc import Sequence
from decimal import Decimal

from gateway.kit.errors import ErrorCode, Refusal
from gateway.kit.texts import Text
from gateway.services.passwords import LONGEST

SHORTEST = 10
_GUESSES = 10**8
"""How many guesses an attacker who knows the usual habits must need at least."""
_ESTIMATED = 72
"""Characters that the estimate looks at: its time grows with their square."""

TOO_SHORT = Text(
    en="The password is too short: it needs at least {shortest} characters.",
    ru="Пароль слишком короткий: нужно не меньше {shortest} символов.",
)
TOO_LONG = Text(
    en="The password is too long: it may have at most {longest:,} characters.",
    ru="Пароль слишком длинный: можно не больше {longest:,} символов.",
)
PERSONAL = Text(
    en="The password contains the log-in, which everybody knows.",
    ru="Пароль содержит логин, а его знают все.",
)
GUESSABLE = Text(
    en="The password is among the commonly used ones, or put together of common words and simple patterns, "
    "which are tried first.",
    ru="Пароль входит в число распространённых или составлен из частых слов и простых сочетаний: "
    "такие подбирают первыми.",
)
ADVICE = Text(
    en="Four words that have nothing to do with each other are easy to remember and hard to guess.",
    ru="Четыре не связанных между собой слова легко запомнить и трудно подобрать.",
)

# What the estimate's own lists, English ones, do not hold; typed also with the keyboard left in the other layout.
_RUSSIAN = (
    *("пароль", "привет", "любовь", "солнышко", "наташа", "марина", "максим", "андрей", "сергей", "дмитрий"),
    *("александр", "екатерина", "анастасия", "алексей", "светлана", "ольга", "татьяна", "юлия", "никита", "котенок"),
    *("йцукен", "йцукенгшщз", "фывапролдж", "ячсмитьбю", "россия", "москва", "спартак", "зенит", "динамо", "связь"),
    *("администратор", "секрет", "работа", "компания", "договор", "телефон"),
)


async def check_password(password: str, known: Sequence[str], *field: str) -> None:
    """Raises `Refusal` at `field` when a password is not to be taken; `known` is what everybody knows of its owner."""
    if len(password) < SHORTEST:
        raise Refusal(ErrorCode.INVALID, TOO_SHORT(shortest=SHORTEST), field, hint=ADVICE())
    if len(password) > LONGEST:
        raise Refusal(ErrorCode.TOO_LARGE, TOO_LONG(longest=LONGEST), field)
    folded = password.casefold()
    for login in known:
        if any(part.casefold() in folded for part in (login, login.partition("@")[0]) if len(part) > 3):
            raise Refusal(ErrorCode.INVALID, PERSONAL(), field, hint=ADVICE())
    if await asyncio.to_thread(_guesses, password[:_ESTIMATED], known) < _GUESSES:
        raise Refusal(ErrorCode.INVALID, GUESSABLE(), field, hint=ADVICE())


def _guesses(password: str, known: Sequence[str]) -> Decimal:
    from zxcvbn import zxcvbn  # its lists take 12 MB and half a second: only for those who choose a password

    return zxcvbn(password, [*known, *_RUSSIAN])["guesses"]
