"""The built-in roles, with a name and a line for people."""

from enum import StrEnum
from typing import Self

from gateway.kit.texts import Text


class BuiltInRole(StrEnum):
    """A role that every company has. What it allows is in policy.csv."""

    _value_: str
    label: Text
    description: Text

    def __new__(cls, value: str, label: Text, description: Text) -> Self:
        role = str.__new__(cls, value)
        role._value_ = value
        role.label = label
        role.description = description
        return role

    OWNER = (
        "owner",
        Text(en="Owner", ru="Владелец"),
        Text(en="Everything, also naming other owners.", ru="Всё, в том числе назначение других владельцев."),
    )
    ADMINISTRATOR = (
        "administrator",
        Text(en="Administrator", ru="Администратор"),
        Text(en="Everything but naming owners.", ru="Всё, кроме назначения владельцев."),
    )
    FINANCE = (
        "finance",
        Text(en="Finance", ru="Финансы"),
        Text(
            en="Reads the register, the journal and the money, and sets spending limits.",
            ru="Видит реестр, журнал и деньги, устанавливает лимиты расходов.",
        ),
    )
    APPROVER = (
        "approver",
        Text(en="Approver", ru="Согласующий"),
        Text(
            en="Reads what a bulk change touches and costs, and decides on it as the second person.",
            ru="Видит, что затрагивает и сколько стоит массовое изменение, и решает о нём вторым лицом.",
        ),
    )
    MANAGER = (
        "manager",
        Text(en="Department manager", ru="Руководитель подразделения"),
        Text(
            en="Reads and changes the numbers of departments; sees neither money nor personal data.",
            ru="Видит и меняет номера подразделений; не видит ни денег, ни персональных данных.",
        ),
    )
    AUDITOR = (
        "auditor",
        Text(en="Auditor", ru="Аудитор"),
        Text(
            en="Reads everything but personal data, and changes nothing.",
            ru="Видит всё, кроме персональных данных, и ничего не меняет.",
        ),
    )
    REPORTING = (
        "reporting",
        Text(en="Reporting", ru="Отчётность"),
        Text(
            en="For integrations: reads the register, the journal and the money, and changes nothing.",
            ru="Для интеграций: видит реестр, журнал и деньги и ничего не меняет.",
        ),
    )
