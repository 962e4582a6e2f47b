"""What is asked: four documents, PostGraphile's equivalents, and variables that change from request to request."""

from dataclasses import dataclass
from random import Random
from typing import Any, TypeAlias

from tests.benchmarks.data import Company

Variables: TypeAlias = dict[str, Any]

_ALIASES = range(100)
_FEW = "id msisdn employee { name }"
_MANY = (
    "id msisdn status label employee { name } department { name } tariff { code name monthlyFee { amount } } "
    "options { option { code name fee { amount } } }"
)
# PostGraphile names fields after tables and columns; aliases bring its answers into the same shape.
_FEW_OF_POSTGRAPHILE = "id: rowId msisdn employee: companyEmployee { name }"
_MANY_OF_POSTGRAPHILE = (
    "id: rowId msisdn status label employee: companyEmployee { name } department: companyDepartment { name } "
    "tariff: tariffToday { code name monthlyFee: monthlyFeeKopecks } "
    "options: connectedOptionsByCompanyIdAndNumberIdList { option: optionToday { code name fee: feeKopecks } }"
)
_ORDER = "orderBy: [MSISDN_ASC, ROW_ID_ASC]"


@dataclass(frozen=True)
class Request:
    """One request: whose API key it carries, and the values of the document's variables."""

    key: str
    variables: Variables


@dataclass(frozen=True)
class Question:
    """A document and the requests that are sent with it, one after another."""

    name: str
    about: str
    document: str
    postgraphile: str
    requests: tuple[Request, ...]


def page(name: str, fields: str, company_fields: str = "name") -> str:
    """The document of a company and the first `$n` of its numbers."""
    return (
        f"query {name}($id: ID!, $n: Int!) {{ company(by: {{id: $id}}) "
        f"{{ {company_fields} numbers(first: $n) {{ nodes {{ {fields} }} }} }} }}"
    )


def full_page(name: str) -> str:
    """The document of Q2 and Q3: numbers with everything that a report shows."""
    return page(name, _MANY)


def questions(companies: list[Company]) -> tuple[Question, ...]:
    """Q1 to Q4, in turn for all companies."""

    def pages(size: int) -> tuple[Request, ...]:
        return tuple(Request(company.key, {"id": f"com_{company.id}", "n": size}) for company in companies)

    declared = ", ".join(f"$i{alias}: ID!" for alias in _ALIASES)
    return (
        Question(
            "Q1",
            "a company and 10 of its numbers with their employees",
            page("Q1", _FEW, "name inn"),
            _postgraphile_page("Q1", _FEW_OF_POSTGRAPHILE, "name inn"),
            pages(10),
        ),
        Question(
            "Q2",
            "a company and 50 of its numbers with employee, department, tariff and options",
            full_page("Q2"),
            _postgraphile_page("Q2", _MANY_OF_POSTGRAPHILE, "name"),
            pages(50),
        ),
        Question(
            "Q3",
            "the same with 1,000 numbers",
            full_page("Q3"),
            _postgraphile_page("Q3", _MANY_OF_POSTGRAPHILE, "name"),
            pages(1_000),
        ),
        Question(
            "Q4",
            "100 numbers by alias, each with its tariff",
            _aliased(declared, "number(by: {id: $i%d}) { id msisdn tariff { code name } }"),
            _aliased(
                declared.replace("ID!", "BigInt!"),
                "numberByRowId(rowId: $i%d) { id: rowId msisdn tariff: tariffToday { code name } }",
            ),
            tuple(_hundred(company, Random(turn)) for turn in range(4) for company in companies),
        ),
    )


def _postgraphile_page(name: str, fields: str, company_fields: str) -> str:
    return (
        f"query {name}($id: BigInt!, $n: Int!) {{ company(rowId: $id) "
        f"{{ {company_fields} numbers(first: $n, {_ORDER}) {{ nodes {{ {fields} }} }} }} }}"
    )


def _aliased(declared: str, field: str) -> str:
    return f"query Q4({declared}) {{ {' '.join(f'n{alias}: {field % alias}' for alias in _ALIASES)} }}"


def _hundred(company: Company, random: Random) -> Request:
    ids = random.sample(company.number_ids, len(_ALIASES))
    return Request(company.key, {f"i{alias}": f"num_{ids[alias]}" for alias in _ALIASES})
