"""What a person does on the gateway's page."""

import json
from typing import Any, Literal

from selenium.webdriver import ActionChains, Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webdriver import WebDriver
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.wait import WebDriverWait


class Page:
    def __init__(self, chrome: Chrome) -> None:
        self.chrome = chrome
        self.wait = WebDriverWait(chrome, 20, poll_frequency=0.05)

    def find(self, selector: str, text: str = "") -> WebElement:
        """The first element of a CSS selector that has the text, as soon as there is one."""

        def first(chrome: WebDriver) -> WebElement | Literal[False]:
            return next(
                (found for found in chrome.find_elements(By.CSS_SELECTOR, selector) if text in found.text), False
            )

        return self.wait.until(first, f"No {selector} with the text {text!r}")

    def log_in(self, login: str, password: str) -> None:
        for name, value in (("login", login), ("password", password)):
            field = self.find(f"form [name={name}]")
            field.clear()
            field.send_keys(value)
        self.find("form [type=submit]").click()

    def choose(self, example: str) -> None:
        """Opens an example of the panel in a tab."""
        self.find(".examples button", example).click()
        self.find(".examples [aria-current=true]", example)

    def type(self, document: str) -> None:
        """Types a document into a new tab."""
        self.find(".graphiql-tab-add").click()
        self.find(".graphiql-query-editor .view-lines").click()
        ActionChains(self.chrome).send_keys(document).perform()
        self.wait.until(lambda _: self.text("operation.graphql") == document)

    def run(self) -> dict[str, Any]:
        """Runs the tab and gives the answer."""
        self.find(".graphiql-response .view-lines")
        self.find(".graphiql-execute-button").click()
        answer: dict[str, Any] = json.loads(self.wait.until(lambda _: self.text("response.json")))
        return answer

    def text(self, editor: str) -> str:
        """All of an editor, also what is scrolled away: operation.graphql, variables.json or response.json."""
        text: str = self.chrome.execute_script(
            "return __MONACO.editor.getModels().find((model) => model.uri.path.endsWith(arguments[0])).getValue()",
            editor,
        )
        return text
