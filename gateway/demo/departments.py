"""The trees of departments: who works where, three levels deep."""

from collections.abc import Iterator
from typing import NamedTuple

from gateway.demo.batches import Batch
from gateway.demo.words import words
from gateway.models.departments import Department

MANAGED = "Дирекция по логистике"
"""The subtree of the demo's department manager."""

_NUMBERS_A_BRANCH = 400
_CITIES = words("cities")


class Unit(NamedTuple):
    """A department with the positions in itself, how many people it has against others, and what is below."""

    name: str
    positions: tuple[str, ...]
    weight: int
    below: tuple["Unit", ...] = ()


LOGISTICS = (
    Unit(MANAGED, ("Директор по логистике", "Помощник директора"), 1, (
        Unit("Отдел перевозок", ("Начальник отдела", "Ведущий логист", "Логист"), 4, (
            Unit("Группа дальних рейсов", ("Водитель-экспедитор", "Водитель-экспедитор", "Механик"), 14),
            Unit("Группа городской доставки", ("Курьер", "Курьер", "Водитель", "Экспедитор"), 20),
        )),
        Unit("Складской комплекс", ("Начальник склада", "Инженер по учёту"), 2, (
            Unit("Участок приёмки", ("Кладовщик", "Приёмщик", "Оператор погрузчика"), 7),
            Unit("Участок отгрузки", ("Комплектовщик", "Кладовщик", "Старший смены"), 7),
        )),
    )),
    Unit("Коммерческая дирекция", ("Коммерческий директор", "Аналитик"), 1, (
        Unit("Отдел продаж", ("Начальник отдела", "Менеджер по продажам"), 4, (
            Unit("Группа ключевых клиентов", ("Руководитель группы", "Менеджер по работе с клиентами"), 4),
            Unit("Группа малого бизнеса", ("Менеджер по работе с клиентами",), 5),
        )),
        Unit("Отдел обслуживания", ("Начальник отдела", "Специалист по рекламациям"), 2, (
            Unit("Диспетчерская", ("Диспетчер", "Старший диспетчер"), 5),
        )),
    )),
    Unit("Финансовая дирекция", ("Финансовый директор",), 1, (
        Unit("Бухгалтерия", ("Главный бухгалтер", "Бухгалтер"), 3, (
            Unit("Группа расчётов с поставщиками", ("Бухгалтер", "Экономист"), 2),
            Unit("Группа заработной платы", ("Расчётчик", "Бухгалтер"), 2),
        )),
        Unit("Казначейство", ("Казначей", "Экономист"), 1),
    )),
    Unit("Дирекция по информационным технологиям", ("Директор по ИТ", "Архитектор"), 1, (
        Unit("Отдел разработки", ("Начальник отдела", "Разработчик", "Тестировщик"), 3),
        Unit("Отдел эксплуатации", ("Начальник отдела", "Системный администратор"), 2, (
            Unit("Группа связи", ("Инженер связи", "Сетевой инженер"), 2),
            Unit("Группа поддержки", ("Специалист поддержки",), 3),
        )),
    )),
)  # fmt: skip
BAKERY = (
    Unit("Производство", ("Директор по производству", "Технолог"), 2, (
        Unit("Хлебный цех", ("Начальник цеха", "Мастер смены"), 2, (
            Unit("Тестомесильное отделение", ("Тестовод", "Оператор линии"), 5),
            Unit("Печное отделение", ("Пекарь", "Пекарь", "Укладчик"), 8),
        )),
        Unit("Кондитерский цех", ("Начальник цеха", "Кондитер"), 5),
    )),
    Unit("Сбыт", ("Директор по сбыту",), 1, (
        Unit("Доставка", ("Диспетчер", "Логист"), 2, (
            Unit("Утренние рейсы", ("Водитель", "Экспедитор"), 8),
            Unit("Вечерние рейсы", ("Водитель", "Экспедитор"), 5),
        )),
        Unit("Фирменные магазины", ("Управляющий", "Продавец", "Продавец"), 12),
    )),
    Unit("Администрация", ("Генеральный директор", "Главный бухгалтер", "Бухгалтер", "Специалист по кадрам"), 3),
)  # fmt: skip
OFFICE = (
    Unit("Администрация", ("Директор", "Бухгалтер", "Специалист по кадрам"), 2, (
        Unit("Снабжение", ("Менеджер по закупкам", "Кладовщик"), 2),
    )),
    Unit("Участок работ", ("Начальник участка", "Инженер"), 2, (
        Unit("Выездные бригады", ("Бригадир",), 1, (
            Unit("Бригада № 1", ("Монтажник", "Электрик"), 5),
            Unit("Бригада № 2", ("Монтажник", "Сварщик"), 5),
        )),
    )),
)  # fmt: skip


class Place(NamedTuple):
    """A department with who works there; the fields up to `path` are its row."""

    company_id: int
    id: int
    name: str
    cost_centre: str
    parent_id: int | None
    ancestor_ids: list[int]
    path: list[str]
    positions: tuple[str, ...]
    weight: int


def with_branches(units: tuple[Unit, ...], *, numbers: int) -> tuple[Unit, ...]:
    """The same departments and a branch in another city for every few hundred numbers, while there are cities."""
    return units + tuple(_branch(city) for city in _CITIES[: numbers // _NUMBERS_A_BRANCH])


def _branch(city: str) -> Unit:
    return Unit(f"Филиал «{city}»", ("Директор филиала", "Офис-менеджер"), 1, (
        Unit("Перевозки", ("Логист", "Диспетчер"), 2, (
            Unit("Первая смена", ("Водитель", "Курьер"), 7),
            Unit("Вторая смена", ("Водитель", "Курьер"), 7),
        )),
        Unit("Склад", ("Заведующий складом", "Кладовщик"), 4),
    ))  # fmt: skip


def places(company_id: int, units: tuple[Unit, ...], ids: Iterator[int]) -> list[Place]:
    """The departments of a company, each after the one above it."""
    found: list[Place] = []

    def walk(level: tuple[Unit, ...], above: Place | None, code: str) -> None:
        for index, unit in enumerate(level, 1):
            department_id = next(ids)
            place = Place(
                company_id,
                department_id,
                unit.name,
                f"ЦЗ-{code}{index:02}",
                above.id if above else None,
                [*(above.ancestor_ids if above else ()), department_id],
                [*(above.path if above else ()), unit.name],
                unit.positions,
                unit.weight,
            )
            found.append(place)
            walk(unit.below, place, f"{code}{index:02}-")

    walk(units, None, "")
    return found


def tree(departments: list[Place]) -> Batch:
    """The departments' rows."""
    columns = ("company_id", "id", "name", "cost_centre", "parent_id", "ancestor_ids", "path")
    return Batch(Department, columns, [place[: len(columns)] for place in departments])
