"""Passkeys in a real browser, with its virtual authenticator."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.virtual_authenticator import VirtualAuthenticatorOptions

from tests.browser.page import Page

PASSWORD = "demo-Password-1"

ASK = """
const [query, variables, done] = arguments;
fetch("/graphql", {
  method: "POST",
  headers: { "Content-Type": "application/json", "Accept-Language": "en" },
  body: JSON.stringify({ query, variables }),
}).then((response) => response.text()).then(done);
"""
CREATE = """
const [options, done] = arguments;
navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) })
  .then((credential) => done(credential.toJSON()), (error) => done(error.name));
"""
GET = """
const [options, done] = arguments;
navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) })
  .then((credential) => done(credential.toJSON()), (error) => done(error.name));
"""
LOG_IN = """
mutation ($login: String!, $password: String!) {
  login(input: { login: $login, password: $password }) { viewer { name } secondFactorRequired userErrors { code } }
}
"""
BEGIN_ADDING = "mutation { passkeyAddBegin { options userErrors { code } } }"
ADD = """
mutation ($credential: JSON!) {
  passkeyAdd(input: { name: "Laptop", credential: $credential }) {
    secondFactor { kind name } recoveryCodes userErrors { code field }
  }
}
"""
BEGIN = "mutation { passkeyLoginBegin { options userErrors { code } } }"
LOG_IN_BY_PASSKEY = """
mutation ($credential: JSON!) {
  passkeyLogin(input: { credential: $credential }) {
    viewer { name secondFactors { id kind name } } secondFactorRequired userErrors { code field }
  }
}
"""
STEP_UP = "mutation ($credential: JSON!) { stepUp(input: { credential: $credential }) { until userErrors { code } } }"
REMOVE = "mutation ($id: ID!) { secondFactorRemove(id: $id) { userErrors { code } } }"


class Person:
    """Somebody whose page asks the gateway."""

    def __init__(self, chrome: Chrome) -> None:
        self.chrome = chrome

    def ask(self, document: str, **variables: Any) -> Any:
        """The only field of the answer."""
        answer = json.loads(self.chrome.execute_async_script(ASK, document, variables))
        assert "errors" not in answer, answer
        [value] = answer["data"].values()
        return value

    def make_passkey(self) -> Any:
        return self.chrome.execute_async_script(CREATE, self.ask(BEGIN_ADDING)["options"])

    def use_passkey(self) -> Any:
        return self.chrome.execute_async_script(GET, self.ask(BEGIN)["options"])


@pytest.fixture
def person(page: Page, address: str) -> Iterator[Person]:
    """On a host name, since no passkey belongs to an address of numbers."""
    page.chrome.get(address.replace("127.0.0.1", "localhost"))
    options = VirtualAuthenticatorOptions()
    options.has_resident_key = options.has_user_verification = options.is_user_verified = True
    page.chrome.add_virtual_authenticator(options)
    yield Person(page.chrome)
    page.chrome.get(address)


def test_a_passkey_signs_in_without_a_password(person: Person) -> None:
    person.ask(LOG_IN, login="finance@demo.example", password=PASSWORD)
    added = person.ask(ADD, credential=person.make_passkey())
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
    person.ask(ADD, credential=person.make_passkey())
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
