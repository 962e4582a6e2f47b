"""Passkeys in a real browser, with its virtual authenticator."""

import pytest

from tests.browser.page import Page
from tests.browser.person import ADD_PASSKEY, BEGIN, LOG_IN, Person

PASSWORD = "demo-Password-1"

LOG_IN_BY_PASSKEY = """
mutation ($credential: JSON!) {
  passkeyLogin(input: { credential: $credential }) {
    viewer { name secondFactors { id kind name } } secondFactorRequired userErrors { code field }
  }
}
"""
STEP_UP = "mutation ($credential: JSON!) { stepUp(input: { credential: $credential }) { until userErrors { code } } }"
REMOVE = "mutation ($id: ID!) { secondFactorRemove(id: $id) { userErrors { code } } }"


def test_a_passkey_signs_in_without_a_password(person: Person) -> None:
    person.ask(LOG_IN, login="finance@demo.example", password=PASSWORD)
    added = person.ask(ADD_PASSKEY, credential=person.make_passkey())
    person.chrome.delete_all_cookies()
    by_password = person.ask(LOG_IN, login="finance@demo.example", password=PASSWORD)
    used = person.use_passkey()
    entered = person.ask(LOG_IN_BY_PASSKEY, credential=used)
    proved = person.ask(STEP_UP, credential=person.use_passkey())
    person.chrome.delete_all_cookies()
    replayed = person.ask(LOG_IN_BY_PASSKEY, credential=used)

    assert added["secondFactor"] == {"kind": "PASSKEY", "name": "Laptop"}
    assert len(added["recoveryCodes"]) == 10
    assert by_password == {"viewer": None, "secondFactorRequired": True, "userErrors": []}
    assert entered["viewer"]["name"] == "Каримова Гульнара Маратовна"
    assert [factor["name"] for factor in entered["viewer"]["secondFactors"]] == ["Laptop"]
    assert proved["until"] is not None
    refusal = {"code": "BAD_CREDENTIALS", "field": ["credential"]}
    assert replayed == {"viewer": None, "secondFactorRequired": False, "userErrors": [refusal]}


def test_a_passkey_proves_its_owner_only(person: Person) -> None:
    person.ask(LOG_IN, login="auditor@demo.example", password=PASSWORD)
    person.ask(ADD_PASSKEY, credential=person.make_passkey())
    own = person.use_passkey()
    tampered = own | {"response": own["response"] | {"signature": own["response"]["authenticatorData"]}}
    person.chrome.delete_all_cookies()
    refused = person.ask(LOG_IN_BY_PASSKEY, credential=tampered)
    again = person.ask(LOG_IN_BY_PASSKEY, credential=person.use_passkey())
    removed = person.ask(REMOVE, id=again["viewer"]["secondFactors"][0]["id"])
    person.chrome.delete_all_cookies()
    gone = person.ask(LOG_IN_BY_PASSKEY, credential=person.use_passkey())

    assert refused["viewer"] is None
    assert again["viewer"]["name"] == "Вишневская Ольга Юрьевна"
    assert removed == {"userErrors": []}
    assert gone["viewer"] is None
    assert person.ask(LOG_IN, login="auditor@demo.example", password=PASSWORD)["viewer"] is not None


@pytest.mark.parametrize("credential", [{}, [], "x", {"id": "x"}, {"id": "eA", "response": {"clientDataJSON": "e30"}}])
def test_what_is_no_passkey_is_refused(person: Person, credential: object) -> None:
    answer = person.ask(LOG_IN_BY_PASSKEY, credential=credential)

    assert answer["viewer"] is None
    assert answer["userErrors"][0]["field"] == ["credential"]


def test_no_passkey_belongs_to_an_address_of_numbers(page: Page) -> None:
    answer = Person(page.chrome).ask(BEGIN)

    assert answer == {"options": None, "userErrors": [{"code": "NOT_AVAILABLE"}]}
