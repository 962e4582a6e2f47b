"""Requests that mean no good: documents made to take long, and random damage to documents that were good."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from random import Random

from graphql import GraphQLSchema, get_introspection_query

from tests.factories.operations import Operations, Values

LARGEST = 95_000
"""Bytes of a document that still fits into a request."""


def repeated(part: Callable[[int], str], room: int, *, separator: str = " ", most: int = 100_000) -> str:
    """`part(0) part(1) …`, as many as there is room for."""
    parts: list[str] = []
    length = 0
    while length < room and len(parts) < most:
        parts.append(part(len(parts)))
        length += len(parts[-1]) + len(separator)
    return separator.join(parts)


def nested(before: str, after: str, room: int, inner: str = "") -> str:
    times = room // (len(before) + len(after))
    return before * times + inner + after * times


_ID = '"num_{:07}"'
_NUMBER = "id msisdn iccid simKind kind status label activatedAt lastChargedAt"
_MUTATION = 'loginCodeRequest(input: {login: "a"}) { userErrors { code message field } }'

FAMILIES: Mapping[str, Callable[[int], str]] = {
    "aliases": lambda room: f"{{ {repeated(lambda n: f'a{n}: __typename', room)} }}",
    "aliases of a list": lambda room: f"{{ {repeated(lambda n: f'a{n}: companies {{ nodes {{ id }} }}', room)} }}",
    "look-ups": lambda room: f"{{ {repeated(lambda n: f'a{n}: number(by: {{id: 1}}) {{ msisdn }}', room)} }}",
    "look-ups of many fields": lambda room: (
        f"{{ {repeated(lambda n: f'a{n}: number(by: {{id: 1}}) {{ {_NUMBER} tariff {{ id name }} }}', room)} }}"
    ),
    "look-ups of any type": lambda room: (
        f"{{ {repeated(lambda n: f'a{n}: nodes(ids: [{n}]) {{ __typename id ... on Number {{ msisdn }} }}', room)} }}"
    ),
    "entities of any type": lambda room: (
        f"{{ {repeated(lambda n: f'a{n}: _entities(representations: [{n}]) {{ ... on Number {{ id }} }}', room)} }}"
    ),
    "look-ups by variables": lambda room: (
        f"query ({(declared := repeated('$v{}: ID = 1'.format, room // 10))}) {{ "
        + repeated(
            lambda n: f"a{n}: nodes(ids: [$v{n}]) {{ ... on Number {{ {_NUMBER} }} }}", room, most=declared.count(":")
        )
        + " }"
    ),
    "mutations": lambda room: f"mutation {{ {repeated(lambda n: f'a{n}: {_MUTATION}', room)} }}",
    "one field": lambda room: f"{{ {repeated(lambda _: '__typename', room)} }}",
    "overlapping fields": lambda room: f"{{ {repeated(lambda _: 'companies { nodes { id } }', room)} }}",
    "overlapping arguments": lambda room: (
        f"{{ {repeated(lambda n: f'companies(first: {n}) {{ nodes {{ id name }} }}', room)} }}"
    ),
    "overlapping below": lambda room: nested("companies { nodes { subsidiaries { id } ", "} }", room, "id"),
    "directives": lambda room: f"{{ __typename {repeated(lambda _: '@skip(if: false)', room)} }}",
    "unknown directives": lambda room: f"{{ __typename {repeated(lambda n: f'@a{n}', room)} }}",
    "doubling fragments": lambda room: (
        "{ ...F0 } "
        + (chain := repeated(lambda n: f"fragment F{n} on Query {{ ...F{n + 1} ...F{n + 1} }}", room))
        + f" fragment F{chain.count('fragment')} on Query {{ __typename }}"
    ),
    "a chain of fragments": lambda room: (
        "{ ...F0 } " + repeated(lambda n: f"fragment F{n} on Query {{ ...F{n + 1} }}", room)
    ),
    "a circle of fragments": lambda room: (
        "{ ...F0 } " + repeated(lambda n: f"fragment F{n} on Query {{ ...F{n + 1} ...F0 }}", room)
    ),
    "fragments beside each other": lambda room: (
        f"{{ {repeated(lambda n: f'...F{n}', room // 10)} }} "
        + repeated(lambda n: f"fragment F{n} on Query {{ a{n}: __typename }}", room)
    ),
    "a fragment spread often": lambda room: (
        f"{{ {repeated(lambda _: '...F', room)} }} fragment F on Query {{ companies {{ nodes {{ id }} }} }}"
    ),
    "unused fragments": lambda room: (
        "{ __typename } " + repeated(lambda n: f"fragment F{n} on Query {{ companies {{ nodes {{ id }} }} }}", room)
    ),
    "nested fields": lambda room: nested("companies { nodes { ", "} } ", room, "id").join("{}"),
    "nested objects": lambda room: (
        "{ node(id: 1) { ... on Company { " + nested("parent { ", "} ", room, "id") + "} } }"
    ),
    "nested fragments": lambda room: nested("... on Query { ", "} ", room, "__typename").join("{}"),
    "nested lists": lambda room: f"{{ nodes(ids: {nested('[', ']', room)}) {{ id }} }}",
    "nested inputs": lambda room: f"{{ companies(filter: {nested('{search: ', '}', room, '1')}) {{ totalCount }} }}",
    "nested types": lambda room: f"query ($v: {nested('[', ']', room, 'ID')}) {{ nodes(ids: $v) {{ id }} }}",
    "open braces": lambda room: "{a" * (room // 2),
    "operations": lambda room: repeated(lambda n: f"query Q{n} {{ __typename }}", room),
    "operations over a fragment": lambda room: (
        repeated(lambda n: f"query Q{n}($v: ID!) {{ ...F }}", room // 2)
        + " fragment F on Query { "
        + repeated(lambda n: f"a{n}: node(id: $v) {{ id }}", room // 2)
        + " }"
    ),
    "variables": lambda room: f"query ({repeated(lambda n: f'$v{n}: ID!', room)}) {{ __typename }}",
    "one variable": lambda room: f"query ({repeated(lambda _: '$v: ID!', room)}) {{ __typename }}",
    "undefined variables": lambda room: f"{{ nodes(ids: [{repeated(lambda n: f'$v{n}', room)}]) {{ id }} }}",
    "ids": lambda room: f"{{ nodes(ids: [{repeated(lambda n: str(n), room)}]) {{ id }} }}",
    "ids as texts": lambda room: f"{{ nodes(ids: [{repeated(_ID.format, room)}]) {{ id }} }}",
    "input objects": lambda room: (
        f"{{ _entities(representations: [{repeated(lambda n: f'{{__typename: A id: {n}}}', room)}]) {{ __typename }} }}"
    ),
    "arguments": lambda room: f"{{ companies({repeated(lambda n: f'a{n}: 1', room)}) {{ totalCount }} }}",
    "one argument": lambda room: f"{{ companies({repeated(lambda _: 'first: 1', room)}) {{ totalCount }} }}",
    "comments": lambda room: "{ __typename }" + "#\n" * (room // 2),
    "commas": lambda room: "{ __typename }" + "," * room,
    "a block string": lambda room: f'{{ node(id: """{" a" * (room // 2)}""") {{ id }} }}',
    "lines of a block string": lambda room: '{ node(id: """' + "\n  a" * (room // 4) + '""") { id } }',
    "escapes": lambda room: '{ node(id: "' + "\\u0041" * (room // 6) + '") { id } }',
    "a long number": lambda room: f"{{ companies(first: {'9' * room}) {{ totalCount }} }}",
    "a long fraction": lambda room: f"{{ companies(first: 1.{'9' * room}e9) {{ totalCount }} }}",
    "a long name": lambda room: f"{{ {'a' * room} }}",
    "unknown fields": lambda room: f"{{ {repeated(lambda n: f'f{n}', room)} }}",
    "unknown types": lambda room: f"{{ {repeated(lambda n: f'... on T{n} {{ id }}', room)} }}",
    "all types": lambda room: f"{{ node(id: 1) {{ {repeated(lambda _: '... on Number { id }', room)} }} }}",
    "introspection": lambda room: get_introspection_query(),
    "introspection by aliases": lambda room: (
        f"{{ {repeated(lambda n: f'a{n}: __schema {{ types {{ name fields {{ name }} }} }}', room)} }}"
    ),
    "introspection of types of types": lambda room: (
        "{ __schema { types { " + nested("fields { type { ", "} } ", room, "name") + "} } }"
    ),
    "large pages": lambda room: "{ companies(first: 1000) { nodes { numbers(first: 1000) { nodes { id } } } } }",
    "pages of pages": lambda room: nested("companies(first: 9) { nodes { ", "} } ", min(room, 250), "id").join("{}"),
    "lists below lists": lambda room: (
        '{ node(id: "emp_1") { ... on Employee { '
        + nested("numbers { employee { ", "} } ", min(room, 200), "id")
        + "} } }"
    ),
    "lists of a list's objects": lambda room: (
        '{ node(id: "adm_1") { ... on Administrator { '
        + repeated(lambda n: f"a{n}: grants {{ role {{ allows }} }}", room, most=100)
        + " } } }"
    ),
    "lists of a catalogue": lambda room: (
        '{ node(id: "opt_1") { ... on Option { ' + nested("excludes { ", "} ", min(room, 190), "id") + "} } }"
    ),
    "a subscription": lambda room: "subscription { __typename }",
    "deferred": lambda room: f"{{ {repeated(lambda n: f'... @defer {{ a{n}: __typename }}', room)} }}",
}
"""Documents of about so many characters, by what is wrong with them."""


class Hostile:
    """Bodies of requests to a schema; `make(seed)` always makes the same one of the same seed."""

    def __init__(self, schema: GraphQLSchema, values: Values) -> None:
        self._good = Operations(schema, values)

    def make(self, seed: int) -> tuple[str, bytes]:
        """What kind of request it is, and its body."""
        random = Random(seed)
        if random.random() < 0.4:
            name = random.choice(list(FAMILIES))
            return name, body(FAMILIES[name](int(LARGEST ** random.uniform(0.3, 1))))
        good = self._good.make(seed)
        damage = random.choice([_tokens, _tokens, _characters, _doubled, _as_it_is])
        variables: object = good.variables
        if random.random() < 0.2:
            variables = {name: random.choice(_VALUES) for name in good.variables}
        return damage.__name__, body(damage(good.source, random)[:LARGEST], variables, good.operation_name)


def body(document: str, variables: object = None, operation_name: object = None) -> bytes:
    return json.dumps({"query": document, "variables": variables, "operationName": operation_name}).encode()[:100_000]


_VALUES: tuple[object, ...] = (
    *(
        None,
        True,
        -1,
        2**31,
        2**70,
        1.5,
        1e300,
        "",
        "\0",
        "\ud800",
        "9" * 5_000,
        [],
        [[]],
        [None],
        {},
        {"id": {"id": 1}},
    ),
    json.loads(nested('{"and": [', "]}", 4_000)),
)


def _as_it_is(document: str, random: Random) -> str:
    return document


def _tokens(document: str, random: Random) -> str:
    """Words that were left out, put twice, or exchanged."""
    words = document.split(" ")
    for _ in range(random.randint(1, 4)):
        place, other = random.randrange(len(words)), random.randrange(len(words))
        match random.randrange(3):
            case 0:
                words[place] = ""
            case 1:
                words.insert(place, words[other])
            case _:
                words[place], words[other] = words[other], words[place]
    return " ".join(words)


def _characters(document: str, random: Random) -> str:
    """Characters that do not belong there."""
    letters = list(document)
    for _ in range(random.randint(1, 5)):
        letters[random.randrange(len(letters))] = random.choice('{}()[]:!$@"\\#,.…\0\t\n\ufeff\u2028😀0-e')
    return "".join(letters)


def _doubled(document: str, random: Random) -> str:
    """The whole, or a part of it, again and again."""
    start = random.randrange(len(document))
    end = random.randint(start + 1, len(document))
    return document[:start] + document[start:end] * random.randint(2, 200) + document[end:]
