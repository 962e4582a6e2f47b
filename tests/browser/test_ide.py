"""GraphiQL in a real browser, in front of a real demo."""

import json
import re

from tests.browser.page import Page

ADMINISTRATOR = "admin@demo.example"
PASSWORD = "demo-Password-1"
EXAMPLES = 22
FOLLOWING = "Numbers as they change"
"""The example that answers only when something changes."""
PANEL = "document.querySelector('.graphiql-plugin')"
PERHAPS_REFUSED = {
    "Do not let it turn paid: disconnect promotional options in time",
    "Apply a plan",
    "Approve what somebody else has planned",
}
"""Examples for which there is perhaps nothing: no promotion at the number, no plan that is made or waits."""
STORED_TABS = (
    "return Object.keys(localStorage).filter((key) => key.endsWith(':tabState')).map((key) => localStorage[key]).join()"
)


def test_an_administrator_connects_an_option_and_finds_it_in_the_journal(page: Page) -> None:
    page.log_in(ADMINISTRATOR, PASSWORD)
    name = page.find(".viewer").text

    page.choose("What would it cost?")
    preview = page.run()["data"]["changePreview"]
    page.choose("Connect an option")
    target = json.loads(page.text("variables.json"))
    payload = page.run()["data"]["optionConnect"]
    page.choose("Who switched this on?")
    asked = json.loads(page.text("variables.json"))
    number = page.run()["data"]["number"]

    assert preview["userErrors"] == payload["userErrors"] == []
    assert payload["change"]["status"] == "APPLIED"
    assert payload["change"]["oneOff"]["amount"] == preview["oneOff"]["amount"]
    assert asked["numberId"] == target["numberId"]
    entry = number["journal"]["nodes"][0]
    assert entry["actor"]["name"] == name
    assert entry["channel"] == "PORTAL"
    assert entry["summary"] == payload["change"]["journalEntry"]["summary"]
    connected = {option["option"]["name"] for option in payload["number"]["options"]}
    assert {option["option"]["name"] for option in number["options"]} == connected


def test_a_change_is_told_to_whoever_follows(page: Page) -> None:
    page.log_in(ADMINISTRATOR, PASSWORD)
    page.choose("Connect an option")
    number_id = json.loads(page.text("variables.json"))["numberId"]
    page.choose(FOLLOWING)
    page.find(".graphiql-execute-button").click()

    page.wait.until(lambda _: label(page, number_id) and page.text("response.json"))

    told = json.loads(page.text("response.json"))["data"]["numberChanged"]
    assert (told["id"], told["label"].startswith("Told at ")) == (number_id, True)


def label(page: Page, number_id: str) -> bool:
    """Labels the number anew from elsewhere, until somebody is told."""
    answer = page.chrome.execute_async_script(
        """
        const [id, done] = arguments;
        const query = `mutation ($id: ID!, $label: String!) {
          numberChange(input: { numberId: $id, change: { labelSet: { label: $label } } }) { userErrors { code } }
        }`;
        const body = JSON.stringify({ query, variables: { id, label: `Told at ${Date.now()}` } });
        const headers = { "Content-Type": "application/json" };
        fetch("/graphql", { method: "POST", headers, body }).then((response) => response.json()).then(done);
        """,
        number_id,
    )
    return bool(answer["data"]["numberChange"]["userErrors"] == [])


def test_a_person_types_a_query_and_runs_it(page: Page) -> None:
    page.log_in(ADMINISTRATOR, PASSWORD)

    page.type("{ viewer { name } }")

    assert page.run()["data"] == {"viewer": {"name": page.find(".viewer").text}}


def test_every_example_runs_at_one_click(page: Page) -> None:
    page.find(".log-in li button", ADMINISTRATOR).click()
    page.find(".examples")

    titles = [title.text for title in page.chrome.find_elements("css selector", ".examples b")]
    titles.remove(FOLLOWING)
    answers = {}
    for title in titles:
        page.choose(title)
        answers[title] = page.run()

    assert len(titles) == EXAMPLES
    assert {title: answer["errors"] for title, answer in answers.items() if "errors" in answer} == {}
    payloads = {title: [each for each in answer["data"].values() if each] for title, answer in answers.items()}
    refused = {
        title
        for title, each in payloads.items()
        if any(isinstance(one, dict) and one.get("userErrors") for one in each)
    }
    assert refused <= PERHAPS_REFUSED


def test_the_page_and_the_answers_change_their_language(page: Page) -> None:
    page.log_in(ADMINISTRATOR, "wrong")
    english = page.find("[role=alert] p").text
    page.find(".languages button", "RU").click()
    page.find(".log-in h2", "Войти")
    page.log_in(ADMINISTRATOR, "wrong")
    russian = page.find("[role=alert] p").text
    page.log_in(ADMINISTRATOR, PASSWORD)

    page.find(".examples h2", "Примеры")
    page.find(".graphiql-editor-tools button", "Переменные")
    assert page.text("operation.graphql").startswith("# Кто вошёл и какие компании видны\n")
    assert "data" in page.run()
    page.find(".languages button", "EN").click()
    page.find(".examples h2", "Examples")
    page.find(".graphiql-editor-tools button", "Variables")
    assert page.text("operation.graphql").startswith("# Who is signed in, and which companies are visible\n")
    assert (is_russian(english), is_russian(russian)) == (False, True)


def test_the_schema_is_documented_in_both_languages(page: Page) -> None:
    page.find(".languages button", "RU").click()
    page.find(".log-in h2", "Войти")
    page.log_in(ADMINISTRATOR, PASSWORD)

    page.find(".examples")
    page.chrome.execute_script(f"{PANEL}.scrollTo(0, 1e6)")
    scrolled = page.chrome.execute_script(f"return {PANEL}.scrollTop")
    page.find("[aria-label='Показать: Схема']").click()
    page.find(".graphiql-doc-explorer a", "Query")
    # The list of types does not begin where the examples were left.
    assert page.wait.until(lambda chrome: chrome.execute_script(f"return {PANEL}.scrollTop == 0"))
    assert scrolled > 100
    page.find(".graphiql-doc-explorer a", "Query").click()
    page.find(".graphiql-doc-explorer", "Who is signed in; null for a stranger.")
    page.find("[aria-label='Показать: Конструктор запросов']").click()
    page.find(".graphiql-explorer-root", "companies")
    page.find("[aria-label='Показать: История']").click()
    page.find(".graphiql-history", "История")
    page.find(".languages button", "EN").click()
    page.find("[aria-label='Show Documentation Explorer']").click()
    page.find(".graphiql-doc-explorer", "Root Types")


def test_whoever_logs_out_is_a_stranger_again(page: Page) -> None:
    page.log_in(ADMINISTRATOR, PASSWORD)
    page.choose("A page of numbers")
    page.wait.until(lambda chrome: "query Numbers" in chrome.execute_script(STORED_TABS))
    page.find(".log-out").click()

    page.find(".log-in form")
    assert page.chrome.find_elements("css selector", ".graphiql-container") == []
    page.chrome.refresh()
    page.find(".log-in form")
    page.log_in(ADMINISTRATOR, PASSWORD)
    # What was open is open again.
    page.find(".examples [aria-current=true]", "A page of numbers")


def test_each_person_has_tabs_of_their_own(page: Page) -> None:
    page.log_in(ADMINISTRATOR, PASSWORD)
    page.choose("A page of numbers")
    own = json.loads(page.text("variables.json"))["companyId"]
    page.find(".log-out").click()
    page.find(".log-in li button", "owner@other.example").click()
    page.find(".examples [aria-current=true]", "Who is signed in")
    page.choose("A page of numbers")

    assert json.loads(page.text("variables.json"))["companyId"] != own


def is_russian(text: str) -> bool:
    return bool(re.search("[а-яё]", text, re.IGNORECASE))
