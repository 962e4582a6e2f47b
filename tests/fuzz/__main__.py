"""Schemathesis asks what the schema allows, Clairvoyance tries to learn the schema as a stranger: `make fuzz`."""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import httpx
from rich.console import Console

from gateway.demo import LOGINS, PASSWORD
from tests.demos import demo

HERE = Path(__file__).parent
SCHEMA = HERE.parents[1] / "schema" / "schema.graphql"
SECONDS = os.environ.get("SECONDS", "120")
_DESCRIPTION = re.compile(r'"""[\s\S]*?"""')


def ask_everything(uv: str, address: str) -> bool:
    """Whether no answer to an owner of a company is the gateway's own fault."""
    log_in = (
        f'mutation {{ login(input: {{login: "{LOGINS[0].email}", password: "{PASSWORD}"}}) {{ viewer {{ name }} }} }}'
    )
    session = httpx.post(f"{address}/graphql", json={"query": log_in}).cookies["gateway_session"]
    command = [uv, "tool", "run", "--from", "schemathesis==4.32.5", "schemathesis", "run", f"{address}/graphql"]
    options = ["--header", f"Cookie: gateway_session={session}", "--phases", "fuzzing", "--max-time", SECONDS]
    checks = ["--checks", "no_fault_of_the_gateway", "--continue-on-failure", "--exclude-name", "Mutation.logout"]
    hooks = {"SCHEMATHESIS_HOOKS": str(HERE / "hooks.py")}
    return subprocess.run([*command, *options, *checks], env=os.environ | hooks).returncode == 0


def learn_the_schema(uv: str, address: str, folder: Path) -> bool:
    """Whether a stranger learns nothing, who even has a list of all words of the schema."""
    words, found = folder / "words", folder / "found.json"
    names = set(re.findall(r"[A-Za-z]\w+", _DESCRIPTION.sub("", SCHEMA.read_text("utf-8"))))
    words.write_text("\n".join(sorted(names)))
    command = [uv, "tool", "run", "--from", "clairvoyance==2.5.5", "clairvoyance", "-p", "slow", "-m", "1"]
    ended = subprocess.run([*command, "-w", words, "-o", found, f"{address}/graphql"], capture_output=True, text=True)
    return "EndpointError" in ended.stderr and not found.exists()  # it gives up: all words look alike


def main() -> int:
    uv = sys.argv[1]
    with tempfile.TemporaryDirectory() as folder, demo(Path(folder), "--numbers", "1000") as address:
        hidden = learn_the_schema(uv, address, Path(folder))
        Console().print(f"Clairvoyance: {'nothing learned' if hidden else 'strangers are told of the schema'}")
        faultless = ask_everything(uv, address)
    return 0 if hidden and faultless else 1


if __name__ == "__main__":
    sys.exit(main())
