"""What a caller is told when something can't be done: business refusals and top-level errors."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Self

from gateway.kit.texts import Language, Message, Text

AWAY = Text(
    en="The gateway cannot reach its database just now. Try again in {seconds} {seconds:second|seconds}; look whether "
    "a mutation was done before sending it again.",
    ru="База данных шлюза сейчас недоступна. Повторите через {seconds} {seconds:секунду|секунды|секунд}; перед "
    "повтором изменения проверьте, не выполнено ли оно.",
)
_BACK_IN = 5
"""Seconds after which to try again."""


class ErrorCode(StrEnum):
    """Codes of business refusals; clients program against them."""

    INVALID = "INVALID"
    REQUIRED = "REQUIRED"
    TOO_LARGE = "TOO_LARGE"
    NOT_FOUND = "NOT_FOUND"
    FORBIDDEN = "FORBIDDEN"
    STEP_UP_REQUIRED = "STEP_UP_REQUIRED"
    BAD_CREDENTIALS = "BAD_CREDENTIALS"
    LOCKED = "LOCKED"
    BAD_CODE = "BAD_CODE"
    ALREADY_DONE = "ALREADY_DONE"
    CONFLICT = "CONFLICT"
    NOT_AVAILABLE = "NOT_AVAILABLE"
    INSUFFICIENT_FUNDS = "INSUFFICIENT_FUNDS"
    PRICE_CHANGED = "PRICE_CHANGED"
    PLAN_DRIFTED = "PLAN_DRIFTED"
    IDEMPOTENCY_MISMATCH = "IDEMPOTENCY_MISMATCH"
    UPSTREAM_REFUSED = "UPSTREAM_REFUSED"
    INTERNAL = "INTERNAL"


class Refusal(Exception):
    """
    A business refusal: nothing was changed. It becomes a `UserError` of a mutation's payload.

    `field` is the path of the input field in the names of the schema, ("input", "change", "optionConnect", "optionId");
    empty when the whole input is meant. `hint` says what to do about it.
    """

    def __init__(
        self, code: ErrorCode, message: Message, field: Sequence[str] = (), *, hint: Message | None = None
    ) -> None:
        super().__init__(code, message, tuple(field), hint)
        self.code = code
        self.message = message
        self.field = tuple(field)
        self.hint = hint

    def __str__(self) -> str:
        place = f" ({'.'.join(self.field)})" if self.field else ""
        return f"{self.code}{place}: {self.message.render(Language.EN)}"

    def under(self, *path: str) -> Self:
        """The same refusal seen from further out: `path` goes before the field."""
        return type(self)(self.code, self.message, (*path, *self.field), hint=self.hint)


class Refusals(Exception):
    """Several refusals of one input at once, in the order of its fields."""

    def __init__(self, refusals: Sequence[Refusal]) -> None:
        if not refusals:
            raise ValueError("Refusals without a refusal")
        super().__init__(*refusals)
        self.refusals = tuple(refusals)


class InvalidValue(ValueError):
    """A text that is no phone number, no INN, no amount and so on; the message tells the rule and the way out."""

    def __init__(self, message: Message, code: ErrorCode = ErrorCode.INVALID) -> None:
        super().__init__(message, code)
        self.message = message
        self.code = code

    def __str__(self) -> str:
        return self.message.render(Language.EN)

    def refusal(self, *field: str) -> Refusal:
        """The refusal of the input field that holds the value."""
        return Refusal(self.code, self.message, field)


class GatewayErrorCode(StrEnum):
    """Codes of top-level errors, in `extensions.code`."""

    UNAUTHENTICATED = "UNAUTHENTICATED"
    FORBIDDEN = "FORBIDDEN"
    BAD_INPUT = "BAD_INPUT"
    BAD_REQUEST = "BAD_REQUEST"
    INVALID_DOCUMENT = "INVALID_DOCUMENT"
    DOCUMENT_NOT_TRUSTED = "DOCUMENT_NOT_TRUSTED"
    PERSISTED_QUERY_NOT_FOUND = "PERSISTED_QUERY_NOT_FOUND"
    TOO_COSTLY = "TOO_COSTLY"
    RATE_LIMITED = "RATE_LIMITED"
    TIMEOUT = "TIMEOUT"
    UNAVAILABLE = "UNAVAILABLE"
    INTERNAL = "INTERNAL"


class GatewayError(Exception):
    """A fault of the request or of ours: an entry of the response's `errors`, with the code in its extensions."""

    def __init__(
        self, code: GatewayErrorCode, message: Message, *, extensions: Mapping[str, object] | None = None
    ) -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message
        self.extensions = extensions or {}

    def __str__(self) -> str:
        return f"{self.code}: {self.message.render(Language.EN)}"


class DatabaseAway(GatewayError):
    """The database can't be reached, or went away meanwhile: what was being changed may be changed or not."""

    def __init__(self) -> None:
        super().__init__(GatewayErrorCode.UNAVAILABLE, AWAY(seconds=_BACK_IN), extensions={"retryAfter": _BACK_IN})
