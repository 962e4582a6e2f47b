"""The ways to log in that the page has, for whoever has a second factor, no password, or a passkey."""

import json
import re
import time
from base64 import b32decode
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from selenium.webdriver.support.expected_conditions import alert_is_present

from tests.browser.page import Page
from tests.browser.person import ADD_PASSKEY, LOG_IN, Person

PASSWORD = "demo-Password-1"
ADD_APP = 'mutation { secondFactorTotpAdd(input: { name: "Phone" }) { id secret } }'
CONFIRM_APP = """
mutation ($id: ID!, $code: String!) {
  secondFactorTotpConfirm(input: { id: $id, code: $code }) { recoveryCodes userErrors { code } }
}
"""
WORDS = {
    "EN": ("one-time code", "If anybody signs in with this"),
    "RU": ("одноразовый код", "Если с этим логином кто-то входит"),
}
"""The way to a one-time code, and what is said once one was asked for."""


def test_a_wrong_code_is_asked_for_again(page: Page) -> None:
    recovery = protect(Person(page.chrome), "approver@demo.example")
    page.chrome.refresh()

    page.log_in("approver@demo.example", PASSWORD)
    page.find("form [name=code]").send_keys("111111")
    page.find("form [type=submit]").click()
    refusal = page.find("form [role=alert] p").text
    field = page.find("form [name=code]")
    field.clear()
    field.send_keys(recovery)
    page.find("form [type=submit]").click()

    assert page.find(".viewer").text == "Королёв Фёдор Ильич"
    assert refusal.startswith("The code is wrong, used or expired.")


def protect(person: Person, login: str) -> str:
    """Gives them an authenticator app and signs them out: a recovery code, which has letters in it."""
    person.ask(LOG_IN, login=login, password=PASSWORD)
    app = person.ask(ADD_APP)
    code = TOTP(b32decode(app["secret"]), 6, SHA1(), 30).generate(time.time()).decode()
    recovery: str = person.ask(CONFIRM_APP, id=app["id"], code=code)["recoveryCodes"][0]
    person.chrome.delete_all_cookies()
    return recovery


def test_a_one_time_code_sets_a_password(page: Page, folder: Path) -> None:
    ask_for_code(page, "manager@demo.example", "EN")
    code = sent(page, folder / "log", "manager@demo.example")
    page.find("form [name=code]").send_keys("x")
    page.find("form [name=password]").send_keys("quagga-Valley-47")
    page.find("form [type=submit]").click()
    refusal = page.find("form [role=alert] p").text
    page.find("form [name=code]").clear()
    page.find("form [name=code]").send_keys(code)
    page.find("form [type=submit]").click()
    name = page.find(".viewer").text
    page.find(".log-out").click()
    page.log_in("manager@demo.example", "quagga-Valley-47")
    page.find(".examples")

    assert page.find(".viewer").text == name == "Зимин Егор Павлович"
    assert refusal.startswith("The code is wrong, used or expired.")


@pytest.mark.parametrize("language", WORDS)
def test_whether_anybody_signs_in_with_it_is_not_told(page: Page, language: str) -> None:
    page.find(".languages button", language).click()
    ask_for_code(page, f"nobody-{language}@demo.example", language)

    assert page.chrome.find_elements("css selector", "form [role=alert] p") == []


def ask_for_code(page: Page, login: str, language: str) -> None:
    link, status = WORDS[language]
    page.find("form [name=login]").send_keys(login)
    page.find("form .link", link).click()
    # The log-in has come along.
    page.find("form [type=submit]").click()
    page.find("form [role=status]", status)


def sent(page: Page, log: Path, login: str) -> str:
    """The code that a demo prints instead of sending it."""
    printed = re.compile(rf"^e-mail to {re.escape(login)}: .*\n +(\d{{6}}) ", re.MULTILINE)
    codes: list[str] = page.wait.until(lambda _: printed.findall(log.read_text()))
    return codes[-1]


def test_a_passkey_logs_in_by_itself_and_as_a_second_factor(person: Person) -> None:
    page = Page(person.chrome)
    person.ask(LOG_IN, login="reporting@demo.example", password=PASSWORD)
    person.ask(ADD_PASSKEY, credential=person.make_passkey())
    person.chrome.delete_all_cookies()
    person.chrome.refresh()

    page.find("form button", "Log in with a passkey").click()
    alone = page.find(".viewer").text
    page.find(".log-out").click()
    page.log_in("reporting@demo.example", PASSWORD)
    page.find("form [name=code]")
    page.find("form button", "Use a passkey instead").click()
    # A page that is left while it loads would complain.
    page.find(".examples")

    assert page.find(".viewer").text == alone == "Шевченко Илья Олегович"


def test_a_browser_without_a_passkey_says_so(person: Person) -> None:
    page = Page(person.chrome)
    page.find("form button", "Log in with a passkey").click()

    page.find("form [role=alert]", "No passkey was used")
    # And the form goes on working.
    page.find("form button:enabled", "Log in with a passkey")


def test_an_address_of_numbers_leads_to_where_passkeys_work(page: Page, address: str) -> None:
    link = page.find("form small a")

    assert link.get_attribute("href") == f"{address.replace('127.0.0.1', 'localhost')}/"
    assert page.chrome.find_elements("css selector", "form button:not([type=submit], .link)") == []


def test_whoever_is_signed_out_elsewhere_logs_in_over_their_tabs(page: Page) -> None:
    page.log_in("owner@demo.example", PASSWORD)
    page.type("{ viewer { name } companies { nodes { name } } }")
    before = page.run()["data"]
    Person(page.chrome).ask("mutation { logout { userErrors { code } } }")
    page.find(".graphiql-execute-button").click()
    page.find(".log-in.over p", "Your session has ended.")
    typed = page.text("operation.graphql")
    # Nothing under the log-in can be reached.
    page.find(".workspace[inert]")
    page.log_in("owner@demo.example", PASSWORD)
    page.find(".viewer", before["viewer"]["name"])
    page.find(".workspace:not([inert])")
    page.find(".graphiql-execute-button").click()

    page.wait.until(lambda _: json.loads(page.text("response.json") or "{}").get("data") == before)
    assert typed == page.text("operation.graphql") == "{ viewer { name } companies { nodes { name } } }"


def test_an_example_opened_after_the_session_has_ended_asks_for_the_log_in(page: Page) -> None:
    page.log_in("owner@demo.example", PASSWORD)
    page.find(".examples")
    Person(page.chrome).ask("mutation { logout { userErrors { code } } }")
    page.find(".examples button", "A page of numbers").click()

    page.find(".log-in.over p", "Your session has ended.")
    assert page.chrome.find_elements("css selector", ".viewer, .log-out") == []


def test_a_running_subscription_is_not_ended_by_another_language_unasked(page: Page) -> None:
    page.log_in("owner@demo.example", PASSWORD)
    page.choose("Numbers as they change")
    page.find(".graphiql-execute-button").click()
    page.find(".graphiql-execute-button[aria-label^=Stop]")

    page.find(".languages button", "RU").click()
    question = page.wait.until(alert_is_present())
    words = question.text
    question.dismiss()
    page.find(".graphiql-execute-button[aria-label^=Stop]").click()
    page.find(".graphiql-execute-button[aria-label^=Execute]")
    page.find(".languages button", "RU").click()

    page.find(".examples h2", "Примеры")
    assert words.startswith("A subscription is running.")
