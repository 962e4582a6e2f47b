"""`gateway bulk …`: bulk changes at the terminal, asked of the gateway's own schema in the name of the system."""

import asyncio
import contextlib
import re
import secrets
from collections.abc import AsyncIterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import orjson
from graphql import GraphQLError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from authz.principal import Grant, Principal
from authz.roles import BuiltInRole
from gateway.commands.terminal import Refused, find_company, language, said
from gateway.db import Database
from gateway.execution import Engine, Result
from gateway.kit.ids import Kind, decode, encode
from gateway.kit.texts import Text
from gateway.loaders.catalogue import CatalogueCache
from gateway.models.bulk_changes import BulkChangeStatus
from gateway.models.journal import Channel
from gateway.reports.tables import TableFormat, write
from gateway.services.bulk_results import COLUMNS, find_result, read_result
from gateway.services.companies import find_companies
from gateway.services.updates import Updates
from gateway.services.uploads import store_upload
from gateway.transport.answers import present_all
from schema.context import Context
from schema.root import build_schema

_RATE = Text(en="{rate:,} a second", ru="{rate:,} в секунду")
_PLAN = Text(
    en="{count:,} {count:number|numbers}; at once {one_off} ₽, monthly {monthly} ₽",
    ru="{count:,} {count:номер|номера|номеров}; сразу {one_off} ₽, в месяц {monthly} ₽",
)
_REFUSED = Text(en="refused {count:,}: {code}, {message}", ru="отказано {count:,}: {code}, {message}")
_DECIDED = Text(en="Decided by: {name}", ru="Решение: {name}")
_NOBODY = Text(en="nobody yet", ru="пока никто не решил")
_COUNTS = Text(
    en="applied {applied:,}, failed {failed:,}, skipped {skipped:,}, pending {pending:,}",
    ru="выполнено {applied:,}, с ошибкой {failed:,}, пропущено {skipped:,}, осталось {pending:,}",
)
_NO_FORMAT = Text(
    en="the name of the file has to end with .{formats}", ru="имя файла должно оканчиваться на .{formats}"
)
_NO_CHANGE = Text(en="there is no bulk change {id}", ru="массового изменения {id} нет")
_NO_JSON = Text(en="{option} is no JSON: {why}", ru="{option} — не JSON: {why}")

_PROGRESS = "status progress { total applied failed skipped pending rate }"
_SHOWN = f"""id comment company {{ name }} {_PROGRESS} error {{ message hint }}
  approval {{ reason decidedBy {{ name }} }}
  plan {{ hash numberCount refused {{ code count message }} oneOff {{ amount }} monthly {{ amount }}
         warnings irreversible }}"""
_SHOW = f"query ($id: ID!) {{ bulkChange(id: $id) {{ {_SHOWN} }} }}"
_FOLLOW = f"subscription ($id: ID!) {{ bulkChangeChanged(id: $id) {{ {_PROGRESS} }} }}"
_IN_OPTION = re.compile(r"Variable '\$input' has invalid value at \.(?:target\.)?(?P<option>filter|change)s?")
"""How the GraphQL library says where in the input something is wrong that came from an option."""


@contextlib.asynccontextmanager
async def desk(dsn: str, console: Console) -> AsyncIterator["Desk"]:
    """A desk over a database, in the name of the system."""
    async with Database(dsn) as db:
        catalogue, updates = CatalogueCache(db), Updates(db)
        try:
            await catalogue.open()
            await updates.open()
            grants = tuple(Grant(0, company.id, BuiltInRole.OWNER) for company in await find_companies(db))
            yield Desk(db, catalogue, updates, Principal("system", 0, "gateway bulk", grants), console)
        finally:
            await catalogue.close()


class Desk:
    """Somebody at the terminal, who may do in every company what an owner may."""

    def __init__(
        self, db: Database, catalogue: CatalogueCache, updates: Updates, principal: Principal, console: Console
    ) -> None:
        self._db, self._catalogue, self._updates = db, catalogue, updates
        self._principal, self._console = principal, console
        self._engine = Engine(build_schema())

    async def plan(
        self, inn: str, file: Path | None, narrowed: str | None, changes: Sequence[str], **options: Any
    ) -> str:
        """Plans a change, waits for the plan and gives the id."""
        company_id = (await find_company(self._db, inn)).id
        target: dict[str, Any] = {"filter": _json(narrowed or "{}", "--filter")}
        if file is not None:
            content = await asyncio.to_thread(file.read_bytes)
            upload = await store_upload(self._db, self._principal, company_id, name=file.name, content=content)
            target = {"uploadId": encode(Kind.UPLOAD, upload)}
        asked = {"companyId": encode(Kind.COMPANY, company_id), "target": target, **options}
        asked["changes"] = [_json(each, "--change") for each in changes]
        id = await self._send("bulkChangePlan", "BulkChangePlanInput", asked)
        await self.follow(id, BulkChangeStatus.PLANNING)
        return id

    async def step(self, verb: str, id: str, comment: str | None) -> str:
        """Pauses, resumes, cancels; or retries or undoes, which gives the id of a new change, once it is planned."""
        new_id = await self._send(f"bulkChange{verb}", "BulkChangeStepInput", {"id": id, "comment": comment})
        await self.follow(new_id, BulkChangeStatus.PLANNING)
        return new_id

    async def apply(self, id: str) -> None:
        """Applies the plan as it is now, and stays until the change has ended."""
        plan = (await self._find(id))["plan"]
        await self._send(
            "bulkChangeApply", "BulkChangeApplyInput", {"id": id, "planHash": plan["hash"] if plan else ""}
        )
        await self.follow(id, BulkChangeStatus.RUNNING, BulkChangeStatus.CANCELLING)

    async def follow(self, id: str, *statuses: BulkChangeStatus) -> None:
        """Shows how far a change is while it is in one of these states."""
        columns = (
            *(TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn()),
            *(TextColumn("{task.fields[rate]}"), TimeElapsedColumn(), TimeRemainingColumn()),
        )
        stream = await self._engine.subscribe(_FOLLOW, {"id": id}, None, self._context(), self._renew)
        if isinstance(stream, Result):
            raise self._refusal(stream.errors)
        with Progress(*columns, console=self._console, transient=True, disable=not self._console.is_terminal) as bar:
            task = bar.add_task("", total=None, rate="")
            async for result in stream:
                change = self._data(result)["bulkChangeChanged"]
                if change["status"] not in statuses:
                    return
                progress = change["progress"]
                total, done = progress["total"] or None, progress["total"] - progress["pending"]
                rate = said(_RATE, rate=round(progress["rate"])) if progress["rate"] else ""
                bar.update(task, description=change["status"].lower(), total=total, completed=done, rate=rate)

    async def show(self, id: str) -> None:
        change = await self._find(id)
        say = partial(self._console.print, markup=False)
        say(f"{change['id']}  {change['status']}  {change['company']['name']}  {change['comment'] or ''}".rstrip())
        if plan := change["plan"]:
            prices = {"one_off": plan["oneOff"]["amount"], "monthly": plan["monthly"]["amount"]}
            say("  " + said(_PLAN, count=plan["numberCount"], **prices))
            for each in plan["refused"]:
                say("  " + said(_REFUSED, **each))
            for each in (*plan["warnings"], *plan["irreversible"]):
                say(f"  ! {each}")
        if approval := change["approval"]:
            decider = approval["decidedBy"]
            say(f"  {approval['reason']} {said(_DECIDED, name=decider['name'] if decider else _NOBODY)}")
        if error := change["error"]:
            say(f"  {error['message']}")
        counts = {name: change["progress"][name] for name in ("applied", "failed", "skipped", "pending")}
        say("  " + said(_COUNTS, **counts))

    async def result(self, id: str, file: Path) -> None:
        """Writes what became of each number into a file, whose name says how."""
        format = TableFormat.__members__.get(file.suffix.removeprefix(".").upper())
        if format is None:
            raise Refused.because(_NO_FORMAT, formats=", .".join(TableFormat))
        change_id = decode(id, Kind.BULK_CHANGE, ("id",))
        company_id = (await find_result(self._db, self._principal, change_id))["company_id"]
        rows = read_result(self._db, self._principal, company_id, change_id, language())
        with await asyncio.to_thread(file.open, "wb") as target:
            async for piece in write(format, COLUMNS, language(), rows):
                await asyncio.to_thread(target.write, piece)

    async def _find(self, id: str) -> dict[str, Any]:
        change = (await self._ask(_SHOW, {"id": id}))["bulkChange"]
        if change is None:
            raise Refused.because(_NO_CHANGE, id=id)
        return dict(change)

    async def _send(self, mutation: str, kind: str, input: Mapping[str, Any]) -> str:
        """The id of the change that a mutation answers with."""
        document = (
            f"mutation ($input: {kind}!) {{ {mutation}(input: $input) "
            "{ bulkChange { id } userErrors { field message hint } } }"
        )
        answer = (await self._ask(document, {"input": input}))[mutation]
        if errors := answer["userErrors"]:
            raise Refused("; ".join(" ".join(filter(None, (each["message"], each["hint"]))) for each in errors))
        return str(answer["bulkChange"]["id"])

    async def _ask(self, document: str, variables: Mapping[str, Any]) -> Any:
        return self._data(await self._engine.execute(document, variables, None, self._context()))

    def _data(self, result: Result) -> Any:
        if result.errors:
            raise self._refusal(result.errors)
        return orjson.loads(orjson.dumps(result.data))

    def _refusal(self, errors: Sequence[GraphQLError]) -> Refused:
        messages = [each["message"] for each in present_all(errors, language(), "")]
        return Refused("; ".join(_IN_OPTION.sub(r"--\g<option>", message) for message in messages))

    async def _renew(self) -> Context:
        return self._context()

    def _context(self) -> Context:
        return Context(
            principal=self._principal,
            language=language(),
            channel=Channel.OFFICE,
            correlation_id=secrets.token_hex(16),
            db=self._db,
            catalogue=self._catalogue.current(),
            updates=self._updates,
            engine=self._engine,
        )


def _json(given: str, option: str) -> Any:
    try:
        return orjson.loads(given)
    except orjson.JSONDecodeError as error:
        raise Refused.because(_NO_JSON, option=option, why=str(error)) from None
