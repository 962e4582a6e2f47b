"""Somebody whose page asks the gateway."""

import json
from typing import Any

from selenium.webdriver import Chrome

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
BEGIN_ADDING = "mutation { passkeyAddBegin { options userErrors { code } } }"
BEGIN = "mutation { passkeyLoginBegin { options userErrors { code } } }"
LOG_IN = """
mutation ($login: String!, $password: String!) {
  login(input: { login: $login, password: $password }) { viewer { name } secondFactorRequired userErrors { code } }
}
"""
ADD_PASSKEY = """
mutation ($credential: JSON!) {
  passkeyAdd(input: { name: "Laptop", credential: $credential }) {
    secondFactor { kind name } recoveryCodes userErrors { code field }
  }
}
"""


class Person:
    """By what the page's own script might send."""

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
