"""A demo of its own, and a Chromium in front of it that must find nothing to complain about."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium.webdriver import Chrome, ChromeOptions, ChromeService
from selenium.webdriver.common.virtual_authenticator import VirtualAuthenticatorOptions
from selenium.webdriver.remote.command import Command

from tests.browser.page import Page
from tests.browser.person import Person
from tests.demos import demo

ARTEFACTS = Path(__file__).parents[2] / "artefacts" / "browser"
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--accept-lang=en",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of the demo: its data and its log."""
    return tmp_path_factory.mktemp("demo")


@pytest.fixture(scope="session")
def address(folder: Path) -> Iterator[str]:
    with demo(folder) as address:
        yield address


@pytest.fixture
def page(address: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Page]:
    """The gateway's page in a new browser. At the end: no error, and no request to anybody else."""
    browser, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if not (browser and driver):
        pytest.fail("Install Chromium with its driver: apt-get install chromium chromium-driver")
    options = ChromeOptions()
    options.binary_location = browser
    for flag in (*FLAGS, f"--user-data-dir={tmp_path}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    with Chrome(options, ChromeService(driver)) as chrome:
        # The picture in README.md has this size.
        chrome.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride",
            {"width": 1440, "height": 900, "deviceScaleFactor": 1, "mobile": False},
        )
        chrome.get(address)
        page = Page(chrome)
        yield page
        ARTEFACTS.mkdir(parents=True, exist_ok=True)
        chrome.save_screenshot(str(ARTEFACTS / f"{request.node.name}.png"))
        assert [entry["message"] for entry in logged(chrome, "browser") if entry["level"] == "SEVERE"] == []
        assert {
            url for url in requested(chrome, address) if not url.startswith((f"{address}/", "data:", "blob:"))
        } == set()


@pytest.fixture
def person(page: Page, address: str) -> Iterator[Person]:
    """On a host name, since no passkey belongs to an address of numbers."""
    page.chrome.get(address.replace("127.0.0.1", "localhost"))
    options = VirtualAuthenticatorOptions()
    options.has_resident_key = options.has_user_verification = options.is_user_verified = True
    page.chrome.add_virtual_authenticator(options)
    yield Person(page.chrome)
    page.chrome.get(address)


def requested(chrome: Chrome, address: str) -> Iterator[str]:
    """What the page asked for; the browser's own new tab, which came before it, asks for chrome: addresses."""
    for entry in logged(chrome, "performance"):
        message = json.loads(entry["message"])["message"]
        if message["method"] == "Network.requestWillBeSent" and message["params"]["documentURL"].startswith(address):
            yield message["params"]["request"]["url"]


def logged(chrome: Chrome, kind: str) -> list[dict[str, str]]:
    entries: list[dict[str, str]] = chrome.execute(Command.GET_LOG, {"type": kind})["value"]
    return entries
