"""Russian names with their forms by gender, and what is made of a name."""

from random import Random
from typing import NamedTuple

from gateway.demo.words import words

_SURNAMES = words("surnames")
_MALE = words("male_names"), words("male_patronymics")
_FEMALE = words("female_names"), words("female_patronymics")
_LATIN = {
    ord(letter): latin
    for letter, latin in zip(
        "абвгдеёжзийклмнопрстуфхцчшщъыьэюя",
        "a b v g d e e zh z i y k l m n o p r s t u f kh ts ch sh shch _ y _ e yu ya".replace("_", "").split(" "),
        strict=True,
    )
}


class Person(NamedTuple):
    """A person; `surname` is in the form of their gender."""

    surname: str
    given: str
    patronymic: str

    @property
    def name(self) -> str:
        """As in a staff list: Иванова Мария Петровна."""
        return f"{self.surname} {self.given} {self.patronymic}"

    @property
    def mailbox(self) -> str:
        """The part of a work e-mail before the @: m.ivanova."""
        return f"{self.given[0]}.{self.surname}".lower().translate(_LATIN)


def draw(random: Random) -> Person:
    """Anybody."""
    surname, female = random.choice(_SURNAMES), random.random() < 0.42
    names, patronymics = _FEMALE if female else _MALE
    return Person(feminine(surname) if female else surname, random.choice(names), random.choice(patronymics))


def feminine(surname: str) -> str:
    """The form of a surname for a woman: Белов → Белова, Вишневский → Вишневская; Черных and Шевченко stay."""
    if surname.endswith("ский"):
        return surname.removesuffix("ий") + "ая"
    return surname + "а" if surname.endswith(("ов", "ев", "ёв", "ин", "ын")) else surname
