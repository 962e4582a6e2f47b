"""An authenticator app, and the time by which it makes codes."""

from base64 import b32decode

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

from gateway.services.second_factors import add_app, confirm_app
from gateway.services.sessions import SignedIn, sign_in
from tests.services.people import EMAIL, PASSWORD, Browser

START = 1_800_000_000
STEP = 30


class Clock:
    """The time that codes are made for."""

    now = START

    def time(self) -> float:
        return self.now


class App:
    """An authenticator app on somebody's phone."""

    def __init__(self, secret: str, clock: Clock) -> None:
        self.totp, self.clock = TOTP(b32decode(secret), 6, SHA1(), STEP), clock

    def code(self, steps: int = 0) -> str:
        return self.totp.generate(self.clock.now + steps * STEP).decode()


async def protect(browser: Browser, clock: Clock) -> tuple[App, list[str], SignedIn]:
    """Signs Anna in and gives her an authenticator app: its recovery codes and her session."""
    opened = browser.keep(await sign_in(browser.visit, EMAIL, PASSWORD))
    principal, session_id = opened.identity.principal, opened.identity.session_id
    made = await add_app(browser.visit, principal, session_id, "Phone")
    app = App(made.secret, clock)
    recovery = await confirm_app(browser.visit, principal, made.factor_id, app.code())
    clock.now += STEP
    return app, recovery, opened
