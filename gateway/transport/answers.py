"""Answers as JSON. Faults have a code and a message in the caller's language, and tell nothing of our insides."""

import re
from collections.abc import Sequence
from typing import Any

import orjson
import structlog
from graphql import GraphQLError

from gateway.execution import Result
from gateway.execution.wording import worded
from gateway.kit.errors import ErrorCode, GatewayError, GatewayErrorCode, Refusal, Refusals
from gateway.kit.texts import Language, Text
from gateway.telemetry.metrics import ERRORS

log = structlog.get_logger(__name__)

INTERNAL = Text(
    en="Something went wrong on our side. Nothing was lost; quote {correlation_id} to support.",
    ru="Произошла ошибка на нашей стороне. Данные не пострадали; сообщите поддержке номер {correlation_id}.",
)

# How graphql-core tells in which variable a bad value stands, and where in it: “at .lines[0].since”.
_IN_VARIABLE = re.compile(r"Variable '\$(?P<variable>\w+)' has invalid value(?: at (?P<path>[\w.\[\]]+))?: ")


def present(error: GraphQLError, language: Language, correlation_id: str) -> list[dict[str, Any]]:
    """The entries of `errors` for one fault; several refusals of one input stand side by side."""
    cause = cause_of(error)
    if isinstance(cause, Refusals):
        return [_entry(error, language, correlation_id, refusal) for refusal in cause.refusals]
    return [_entry(error, language, correlation_id, cause)]


def cause_of(error: GraphQLError) -> BaseException | None:
    """What was raised; None or a `GraphQLError` when the document or its variables are at fault."""
    cause = error.original_error
    while isinstance(cause, GraphQLError) and cause.original_error is not None:
        cause = cause.original_error
    return cause


def _entry(error: GraphQLError, language: Language, correlation_id: str, cause: BaseException | None) -> dict[str, Any]:
    extensions: dict[str, Any] = {"correlationId": correlation_id}
    match cause:
        case Refusal():
            message = cause.message.render(language)
            field = cause.field or _place(error)
            forbidden = cause.code is ErrorCode.FORBIDDEN
            code = GatewayErrorCode.FORBIDDEN if forbidden else GatewayErrorCode.BAD_INPUT
            extensions |= {"code": code, "reason": cause.code, "field": field}
            if cause.hint is not None:
                extensions["hint"] = cause.hint.render(language)
        case GatewayError():
            message = cause.message.render(language)
            extensions |= {"code": cause.code, **cause.extensions}
        case None | GraphQLError():
            # The document or its variables are at fault, and the GraphQL library has told how.
            message = worded(error.message).render(language)
            extensions["code"] = GatewayErrorCode.BAD_REQUEST if error.path is None else GatewayErrorCode.BAD_INPUT
        case _:
            log.error("graphql.failed", correlation_id=correlation_id, path=error.path, exc_info=cause)
            message = INTERNAL.render(language, correlation_id=correlation_id)
            extensions["code"] = GatewayErrorCode.INTERNAL
    ERRORS.add(extensions["code"])
    entry: dict[str, Any] = {"message": message}
    if error.locations:
        entry["locations"] = [{"line": place.line, "column": place.column} for place in error.locations]
    if error.path is not None:
        entry["path"] = error.path
    return entry | {"extensions": extensions}


def _place(error: GraphQLError) -> Sequence[str]:
    """Name of the variable and the path in it; for a literal, of the argument."""
    found = _IN_VARIABLE.match(error.message)
    if found:
        return found["variable"], *re.findall(r"\w+", found["path"] or "")
    named: Sequence[str] = (error.extensions or {}).get("field", ())
    return named


def present_all(errors: Sequence[GraphQLError], language: Language, correlation_id: str) -> list[dict[str, Any]]:
    return [entry for error in errors for entry in present(error, language, correlation_id)]


def present_fault(error: Exception, language: Language, correlation_id: str) -> list[dict[str, Any]]:
    """The entries of `errors` for what kept a request from being answered at all."""
    return present(GraphQLError(str(error), original_error=error), language, correlation_id)


def dump(result: Result, language: Language, correlation_id: str) -> bytes:
    """An answer as JSON."""
    answer: dict[str, Any] = {}
    if result.errors:
        answer["errors"] = present_all(result.errors, language, correlation_id)
    if result.executed:
        answer["data"] = result.data
    if result.extensions:
        answer["extensions"] = result.extensions
    return orjson.dumps(answer)
