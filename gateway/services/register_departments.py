"""Departments that a register names: found by their path, or made with all that stand above them."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import ARRAY, BigInteger, String, and_, bindparam, cast, func, insert, literal, select, update

from gateway.loaders.search import fold
from gateway.models import metadata
from gateway.services.batches import Batch
from gateway.services.register_columns import Path
from gateway.services.register_staging import COMPANY, STAGED
from gateway.services.running import Run
from gateway.statements import Statement

_DEPARTMENTS = metadata.tables["departments"]
_READ = Statement(
    select(_DEPARTMENTS.c.id, _DEPARTMENTS.c.path)
    .where(_DEPARTMENTS.c.company_id == COMPANY)
    .order_by(_DEPARTMENTS.c.id.desc())
)
_NEXT_IDS = Statement(
    select(func.nextval(literal("departments_id_seq")).label("id")).select_from(
        func.generate_series(1, bindparam("count", type_=BigInteger))
    )
)
_NEW = Batch(_DEPARTMENTS, ("id", "name", "parent_id"))
_ADD = Statement(
    insert(_DEPARTMENTS).from_select(
        ["company_id", "id", "name", "parent_id", "ancestor_ids", "path"],
        select(
            COMPANY,
            *_NEW.rows.c,
            func.array_append(func.coalesce(_DEPARTMENTS.c.ancestor_ids, cast([], ARRAY(BigInteger))), _NEW.rows.c.id),
            func.array_append(func.coalesce(_DEPARTMENTS.c.path, cast([], ARRAY(String))), _NEW.rows.c.name),
        ).join_from(
            _NEW.rows,
            _DEPARTMENTS,
            and_(_DEPARTMENTS.c.company_id == COMPANY, _DEPARTMENTS.c.id == _NEW.rows.c.parent_id),
            isouter=True,
        ),
        include_defaults=False,
    )
)
_MATCHED = Batch(STAGED, ("department_key", "department_id"))
_MATCH = Statement(
    update(STAGED)
    .values(department_id=_MATCHED.rows.c.department_id)
    .where(_MATCHED.rows.c.department_key == STAGED.c.department_key)
)


async def match_departments(run: Run, company_id: int, paths: Mapping[Path, int]) -> None:
    """Gives the rows that name a department its id, where there is such a one. `paths` holds their keys."""
    await _match(run, paths, await _known(run, company_id))


async def make_departments(run: Run, company_id: int, paths: Mapping[Path, int]) -> None:
    """Makes the departments that are missing, and missing ones above them, and gives the rows their ids."""
    known = await _known(run, company_id)
    for missing in await asyncio.to_thread(_missing, paths, known):
        ids = [row["id"] for row in await run(_NEXT_IDS, count=len(missing))]
        rows = [(each, path[-1], known.get(_key(path[:-1]))) for each, path in zip(ids, missing.values(), strict=True)]
        await run(_ADD, company_id=company_id, **_NEW.parameters(rows))
        known.update(zip(missing, ids, strict=True))
    await _match(run, paths, known)


async def _known(run: Run, company_id: int) -> dict[str, int]:
    """The ids of a company's departments by key; of several with one path that of the oldest."""
    rows = await run(_READ, company_id=company_id)
    return await asyncio.to_thread(lambda: {_key(row["path"]): row["id"] for row in rows})


def _missing(paths: Iterable[Path], known: Mapping[str, int]) -> list[dict[str, Path]]:
    """The departments that have to be made by key, those on top first."""
    levels: defaultdict[int, dict[str, Path]] = defaultdict(dict)
    for path in paths:
        while path and (key := _key(path)) not in known and key not in levels[len(path)]:
            levels[len(path)][key] = path
            path = path[:-1]
    return [levels[depth] for depth in sorted(levels) if levels[depth]]


async def _match(run: Run, paths: Mapping[Path, int], known: Mapping[str, int]) -> None:
    ids = await asyncio.to_thread(lambda: {key: known.get(_key(path)) for path, key in paths.items()})
    await run(_MATCH, **_MATCHED.parameters([pair for pair in ids.items() if pair[1] is not None]))


def _key(path: Sequence[str]) -> str:
    """How a path is compared. As one text, so that a department that has “/” in its name is found too."""
    return fold("/".join(path))
