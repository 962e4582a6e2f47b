"""Reading through the confined process: samples, bounds, and that nothing stays behind."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.kit.errors import ErrorCode
from gateway.kit.texts import Language
from gateway.sheets.limits import MEBIBYTE, SheetLimits
from gateway.sheets.problems import Problem, SheetError
from gateway.sheets.reader import open_sheet
from gateway.sheets.table import Row
from tests.unit.sheets.workbook import MAIN, workbook

SAMPLES = Path(__file__).parents[2] / "samples"


async def read(source: Path | bytes, limits: SheetLimits | None = None) -> list[Row]:
    async with open_sheet(source, limits) as rows:
        return [row async for row in rows]


async def refusal(source: Path | bytes, limits: SheetLimits | None = None) -> SheetError:
    with pytest.raises(SheetError) as refused:
        await read(source, limits)
    return refused.value


REGISTER = [
    (1, ["Номер телефона", "ICCID", "ФИО", "Подразделение", "Должность", "Табельный номер", "E-mail"]),
    (2, ["8 (926) 100-00-01", "89701010040000000001", "Иванов Пётр Сергеевич", "Администрация / Бухгалтерия"]),
    (3, ["+7 926 100-00-02", "89701010040000000373", "Ёлкина Анна «Анюта» Юрьевна", "Продажи / Москва / Группа №2"]),
    (4, ["9261000003", "89701010040000000746", "О'Нил Джон", "Продажи / Москва / Группа №2", "Менеджер", "000232"]),
    (5, ["79261000004", "89701010040000001116", "", "Склад", "", "", "", "", 'Шлагбаум,\nворота "Север"']),
    (6, ["8-800-555-01-05", "89701010040000001488", "Сидорова Мария Ивановна", "Склад", "Кладовщик — смена 2"]),
    (7, ["8 926 100 00 06", "89701010040000001850", "", "", "", "", "", "", "Модем банкомата"]),
]


@pytest.mark.parametrize("name", ["register-cp1251.csv", "register-utf8.csv", "register-unicode.txt", "register.xlsx"])
async def test_the_register_is_the_same_however_it_was_saved(name: str) -> None:
    rows = await read(SAMPLES / name)
    # The text inside the quotes of a CSV keeps Windows' newlines.
    rows = [Row(number, [cell.replace("\r\n", "\n") for cell in cells]) for number, cells in rows]
    assert [(row.number, row.cells[: len(start)]) for row, (_, start) in zip(rows, REGISTER, strict=True)] == REGISTER
    birthday = "1979-03-08" if name.endswith("xlsx") else "08.03.1979"
    assert rows[1].cells[4:] == ["Главный бухгалтер", "000107", "p.ivanov@romashka.example", birthday, "Руководство"]


async def test_a_list_of_phones_as_bytes() -> None:
    rows = await read((SAMPLES / "phones.csv").read_bytes())
    assert rows == [
        (1, ["8 926 100-00-01"]),
        (2, ["+7 (926) 100-00-02"]),
        (3, ["9261000003"]),
        (5, ["79261000004.0"]),
    ]


async def test_many_rows_come_in_many_messages() -> None:
    table = "".join(f"{number};Абонент {number}\n" for number in range(1, 20_001))
    rows = await read(table.encode("cp1251"))
    assert rows == [(number, [str(number), f"Абонент {number}"]) for number in range(1, 20_001)]


async def test_trouble_far_down_is_found_on_the_way() -> None:
    seen: list[int] = []

    async def work() -> None:
        async with open_sheet(b"a;b\n" * 50_000 + b"x" * 40_000) as rows:
            async for row in rows:
                seen.append(row.number)  # what was seen matters although it ends badly

    with pytest.raises(SheetError, match="A cell in row 50001"):
        await work()
    assert seen[:20_000] == list(range(1, 20_001))


async def test_refusals_cross_the_process_whole() -> None:
    error = await refusal(b"a\n" + b";" * 300 + b"a")
    assert (error.problem, error.code) == (Problem.TOO_MANY_COLUMNS, ErrorCode.TOO_LARGE)
    assert error.message.render(Language.RU) == "В строке 2 больше 256 столбцов. Удалите всё, что правее таблицы."
    assert error.refusal("input", "uploadId").field == ("input", "uploadId")


async def test_memory_is_bounded() -> None:
    strings = f'<sst xmlns="{MAIN}">{"<si><t>xyz</t></si>" * 1_500_000}</sst>'
    limits = replace(SheetLimits(), memory_bytes=80 * MEBIBYTE)
    assert (await refusal(workbook("", sharedStrings=strings), limits)).problem is Problem.TOO_DEMANDING


async def test_processor_time_is_bounded() -> None:
    limits = replace(SheetLimits(), cpu_seconds=1)
    assert (await refusal(workbook("<a/>" * 12_000_000), limits)).problem is Problem.TOO_DEMANDING


async def test_waiting_is_bounded() -> None:
    assert (await refusal(b"a;b", replace(SheetLimits(), stall_seconds=0))).problem is Problem.TOO_DEMANDING


async def test_a_missing_file_is_said_so() -> None:
    with pytest.raises(FileNotFoundError):
        await read(SAMPLES / "none.csv")


def children() -> set[Path]:
    """Directories in /proc of this process's children."""
    tasks = Path("/proc/self/task").iterdir()
    return {Path("/proc", child) for task in tasks for child in (task / "children").read_text().split()}


def environment(process: Path) -> bytes:
    return (process / "environ").read_bytes()


async def blocked(process: Path) -> None:
    """Waits until the process sleeps for good: nobody takes its rows."""
    asleep = 0
    while asleep < 10:
        asleep = asleep + 1 if (process / "stat").read_text().rpartition(")")[2].split()[0] == "S" else 0
        await asyncio.sleep(0.01)


@pytest.mark.parametrize("leave", ["early", "by an exception", "by cancellation"])
async def test_the_process_ends_with_the_block(leave: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATEWAY_SECRET", "hidden")
    before = children()
    started: set[Path] = set()

    async def work() -> None:
        async with open_sheet(b"a;b\n" * 1_000_000) as rows:
            async for _ in rows:
                started.update(children() - before)
                assert all(b"hidden" not in environment(process) for process in started)
                await blocked(*started)
                if leave == "by an exception":
                    raise LookupError
                if leave == "by cancellation":
                    asyncio.current_task().cancel()  # type: ignore[union-attr]  # a test runs in a task
                    await asyncio.sleep(0)
                return

    task = asyncio.create_task(work())
    await asyncio.wait([task])
    assert task.cancelled() == (leave == "by cancellation")
    assert len(started) == 1
    assert not any(process.exists() for process in started)
    if leave == "by an exception":
        assert isinstance(task.exception(), LookupError)
