"""Passkeys (WebAuthn): registered in a browser, and then enough to sign in, since they verify the person as well."""

import hmac
import json
import secrets
import time
from base64 import urlsafe_b64decode
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import webauthn
from sqlalchemy import BigInteger, LargeBinary, String, bindparam, select, update
from sqlalchemy.dialects.postgresql import insert
from webauthn.helpers import base64url_to_bytes, options_to_json_dict
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from authz.principal import Principal
from gateway.db import run
from gateway.kit.errors import ErrorCode, Refusal
from gateway.kit.texts import Text
from gateway.models import metadata
from gateway.models.columns import MOMENT
from gateway.models.credentials import SecondFactorKind
from gateway.services import tries
from gateway.services.logins import find_administrator
from gateway.services.second_factors import added, may_add
from gateway.services.sessions import SignedIn, open_session
from gateway.services.tries import Limit
from gateway.services.visits import Visit, paced
from gateway.statements import Statement, Tenant

NO_SITE = Text(
    en="Passkeys belong to a site: they work on the gateway's own pages, at a host name.",
    ru="Ключи доступа привязаны к сайту: они работают только на страницах самого шлюза, открытых по имени хоста.",
)
BAD_PASSKEY = Text(
    en="The passkey was not accepted: it is unknown, or the request for it is too old or was used.",
    ru="Ключ доступа не принят: он неизвестен, или запрос на него устарел либо уже использован.",
)
BAD_PASSKEY_HINT = Text(en="Begin anew.", ru="Начните заново.")

Json = Mapping[str, Any]
"""What browsers give and take: PublicKeyCredential.toJSON(), and parseCreationOptionsFromJSON() and its like."""

_SITE_NAME = "Gateway"
_VALID = timedelta(minutes=5)
_MALFORMED = (WebAuthnException, ValueError, KeyError, TypeError, AttributeError)
"""What the library raises for what is no credential."""

_FACTORS = metadata.tables["second_factors"]
_OWN = Statement(
    select(_FACTORS.c.credential_id).where(
        _FACTORS.c.administrator_id == bindparam("its_id", type_=BigInteger),
        _FACTORS.c.kind == SecondFactorKind.PASSKEY,
    )
)
_ADD = Statement(
    insert(_FACTORS)
    .values(
        administrator_id=bindparam("its_id", type_=BigInteger),
        kind=SecondFactorKind.PASSKEY,
        name=bindparam("its_name", type_=String),
        created_at=bindparam("now", type_=MOMENT),
        confirmed_at=bindparam("now", type_=MOMENT),
        credential_id=bindparam("its_credential", type_=LargeBinary),
        public_key=bindparam("its_key", type_=LargeBinary),
        sign_count=bindparam("its_count", type_=BigInteger),
    )
    .on_conflict_do_nothing(index_elements=["credential_id"])
    .returning(_FACTORS.c.id)
)
_FIND = Statement(
    select(_FACTORS.c.id, _FACTORS.c.administrator_id, _FACTORS.c.public_key, _FACTORS.c.sign_count).where(
        _FACTORS.c.credential_id == bindparam("its_credential", type_=LargeBinary)
    )
)
_USE = Statement(
    update(_FACTORS)
    .where(_FACTORS.c.id == bindparam("factor_id", type_=BigInteger))
    .values(sign_count=bindparam("its_count", type_=BigInteger))
)


async def begin_registration(visit: Visit, principal: Principal, session_id: int | None) -> dict[str, Any]:
    """What a browser needs to make a passkey for the caller. Raises `Refusal`."""
    await may_add(visit, principal, session_id, _SITE_NAME)
    own = await visit.db.fetch(Tenant(), _OWN, its_id=principal.id)
    return options_to_json_dict(
        webauthn.generate_registration_options(
            rp_id=_host(visit),
            rp_name=_SITE_NAME,
            user_id=visit.keyring.digest("passkey user", str(principal.id)),
            user_name=principal.name,
            challenge=_challenge(visit, f"register {principal.id}"),
            timeout=round(_VALID.total_seconds() * 1000),
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED,
                user_verification=UserVerificationRequirement.REQUIRED,
            ),
            exclude_credentials=[PublicKeyCredentialDescriptor(id=row["credential_id"]) for row in own],
        )
    )


async def register(
    visit: Visit, principal: Principal, session_id: int | None, name: str, credential: Json
) -> tuple[int, list[str]]:
    """Keeps a passkey that a browser has made: its id, and recovery codes for whoever has none. Raises `Refusal`."""
    name = await may_add(visit, principal, session_id, name)
    try:
        challenge = await _answered(visit, credential, f"register {principal.id}")
        made = webauthn.verify_registration_response(
            credential=dict(credential),
            expected_challenge=challenge,
            expected_rp_id=_host(visit),
            expected_origin=visit.site or "",
            require_user_verification=True,
        )
    except _MALFORMED:
        raise bad_passkey() from None
    async with visit.db.transaction(Tenant(principal.companies)) as session:
        within = partial(run, session)
        rows = await within(
            _ADD,
            its_id=principal.id,
            its_name=name,
            its_credential=made.credential_id,
            its_key=made.credential_public_key,
            its_count=made.sign_count,
            now=datetime.now(UTC),
        )
        if not rows:  # it is somebody's already
            raise bad_passkey()
        factor_id: int = rows[0]["id"]
        return factor_id, await added(visit, within, principal, factor_id, SecondFactorKind.PASSKEY, name)


async def begin_proof(visit: Visit) -> dict[str, Any]:
    """What a browser needs to use a passkey, whosever it is. Raises `Refusal` NOT_AVAILABLE off the gateway's pages."""
    return options_to_json_dict(
        webauthn.generate_authentication_options(
            rp_id=_host(visit),
            challenge=_challenge(visit, "prove"),
            timeout=round(_VALID.total_seconds() * 1000),
            user_verification=UserVerificationRequirement.REQUIRED,
        )
    )


async def sign_in_by_passkey(visit: Visit, credential: Json, *, remember: bool = False) -> SignedIn:
    """Opens a session for whoever uses a passkey. Raises `Refusal` BAD_CREDENTIALS."""
    async with paced():
        administrator_id = await verify_passkey(visit, credential)
        found = await find_administrator(visit, administrator_id)
        if found is None:
            raise bad_passkey()
    return await open_session(visit, found, remember=remember)


async def verify_passkey(visit: Visit, credential: Json) -> int:
    """The administrator whose passkey was used. Raises `Refusal` BAD_CREDENTIALS at the credential."""
    try:
        rows = await visit.db.fetch(Tenant(), _FIND, its_credential=base64url_to_bytes(credential["id"]))
        challenge = await _answered(visit, credential, "prove")
        if not rows:
            raise KeyError(credential["id"])
        used = webauthn.verify_authentication_response(
            credential=dict(credential),
            expected_challenge=challenge,
            expected_rp_id=_host(visit),
            expected_origin=visit.site or "",
            credential_public_key=rows[0]["public_key"],
            credential_current_sign_count=rows[0]["sign_count"],
            require_user_verification=True,
        )
    except _MALFORMED:
        raise bad_passkey() from None
    await visit.db.fetch(Tenant(), _USE, factor_id=rows[0]["id"], its_count=used.new_sign_count)
    administrator_id: int = rows[0]["administrator_id"]
    return administrator_id


def bad_passkey() -> Refusal:
    """Why a passkey proves nothing."""
    return Refusal(ErrorCode.BAD_CREDENTIALS, BAD_PASSKEY(), ("credential",), hint=BAD_PASSKEY_HINT())


def _host(visit: Visit) -> str:
    """The host name that passkeys belong to. Raises `Refusal` NOT_AVAILABLE off the gateway's own pages."""
    host = (urlsplit(visit.site).hostname if visit.site else None) or ""
    if not host or ":" in host or host.replace(".", "").isdecimal():
        raise Refusal(ErrorCode.NOT_AVAILABLE, NO_SITE())
    return host


def _challenge(visit: Visit, purpose: str) -> bytes:
    """Random, with its end and a seal: nothing is kept for those who begin and never answer."""
    body = int(time.time() + _VALID.total_seconds()).to_bytes(8, "big") + secrets.token_bytes(16)
    return body + visit.keyring.digest("challenge", purpose, body)


async def _answered(visit: Visit, credential: Json, purpose: str) -> bytes:
    """The challenge that a credential answers, used up by this; ValueError when it is not ours, too old or used."""
    client_data = json.loads(base64url_to_bytes(credential["response"]["clientDataJSON"]))
    challenge = urlsafe_b64decode(client_data["challenge"] + "==")
    body, seal = challenge[:24], challenge[24:]
    if not hmac.compare_digest(visit.keyring.digest("challenge", purpose, body), seal):
        raise ValueError("not our challenge")
    if int.from_bytes(body[:8], "big") < time.time():
        raise ValueError("an old challenge")
    bucket = visit.keyring.digest("challenge used", challenge)
    if not (await tries.claim(visit.db, bucket, Limit(1, _VALID))).allowed:
        raise ValueError("a used challenge")
    return challenge
