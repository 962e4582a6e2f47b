"""The documents in the files of a client: put together over files, or listed by the client's own tools."""

from pathlib import Path

import orjson
import pytest
from graphql import build_schema, parse, validate

from gateway.commands.document_files import read
from gateway.commands.terminal import Refused
from gateway.services.trusted_documents import id_of

BOOKS = """#import "./fragments/book.graphql"

query Books {  # the first page
  books { ...Book ...Price }
}
mutation Lend { lend { ...Book } }
"""
BOOK = "fragment Book on Book { title author { ...Person } }\n"
PEOPLE = "fragment Person on Person { name }\n\nfragment Nobody on Person { name }\n"
PRICE = "fragment Price on Book { price }"
BODY = "query Titles {\n  books {\n    title\n  }\n}"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name, text in [("books", BOOKS), ("book", BOOK), ("people", PEOPLE), ("price", PRICE)]:
        (tmp_path / f"{name}.graphql").write_text(text)
    return tmp_path


def files(*names: str) -> list[Path]:
    return [Path(name if "." in name else f"{name}.graphql") for name in names]


def write(name: str, content: object) -> list[Path]:
    Path(name).write_bytes(content if isinstance(content, bytes) else orjson.dumps(content))
    return [Path(name)]


def manifest(*operations: object, **more: object) -> dict[str, object]:
    return {"format": "apollo-persisted-query-manifest", "version": 1, "operations": operations} | more


def test_operations_find_their_fragments_in_any_file(here: Path) -> None:
    documents = read(files("price", "books", "book", "people"))

    assert [(document.name, document.text) for document in documents] == [
        (
            "Books",
            "query Books {  # the first page\n  books { ...Book ...Price }\n}\n\n"
            "fragment Book on Book { title author { ...Person } }\n\n"
            "fragment Person on Person { name }\n\n"
            "fragment Price on Book { price }",
        ),
        (
            "Lend",
            "mutation Lend { lend { ...Book } }\n\n"
            "fragment Book on Book { title author { ...Person } }\n\n"
            "fragment Person on Person { name }",
        ),
    ]


def test_the_order_of_files_and_their_line_ends_change_no_document(here: Path) -> None:
    documents = read(files("books", "book", "people", "price"))
    (here / "books.graphql").write_bytes(b"\xef\xbb\xbf" + BOOKS.replace("\n", "\r\n").encode())

    again = read(files("people", "price", "book", "./books.graphql", "books"))

    assert [document.text for document in again] == [document.text for document in documents]


def test_what_is_at_fault_is_found_in_its_own_file(here: Path) -> None:
    (here / "price.graphql").write_text("\n\nfragment Price on Book {\n  cost\n}")
    schema = build_schema(
        "type Query { books: [Book] } type Book { title: String, author: Person } type Person { nam: String }"
    )
    document, _ = read(files("books", "book", "people", "price"))

    errors = validate(schema, parse(document.text))

    assert [(document.place(error), error.message) for error in errors] == [
        ("people.graphql:1:29", "Cannot query field 'name' on type 'Person'. Did you mean 'nam'?"),
        ("price.graphql:4:3", "Cannot query field 'cost' on type 'Book'."),
    ]


def test_fragments_that_are_nowhere_or_go_round_are_left_to_validation(here: Path) -> None:
    (here / "book.graphql").write_text(
        "fragment Book on Book { ...Person ...Gone } fragment Person on Book { ...Book }"
    )

    (_, lend) = read(files("books", "book"))

    assert lend.text == (
        "mutation Lend { lend { ...Book } }\n\n"
        "fragment Book on Book { ...Person ...Gone }\n\n"
        "fragment Person on Book { ...Book }"
    )


def test_operations_without_a_name_stand_side_by_side(here: Path) -> None:
    (here / "a.graphql").write_text("{ version }")
    (here / "b.graphql").write_text("{ books { ...Price } }")

    documents = read(files("a", "b", "price"))

    assert [(document.name, document.text) for document in documents] == [
        ("", "{ version }"),
        ("", f"{{ books {{ ...Price }} }}\n\n{PRICE}"),
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("\nfragment Book on Book { id }", "the fragment Book stands in book.graphql:1:1 and in more.graphql:2:1: "),
        ("query Books { a }", "the operation Books stands in books.graphql:3:1 and in more.graphql:1:1: "),
        ("query A { a } query A { b }", "the operation A stands in more.graphql:1:1 and in more.graphql:1:15: "),
        ("query A {", "more.graphql:1:10: Syntax Error: Expected Name, found <EOF>."),
        ("", "more.graphql:1:1: Syntax Error: Unexpected <EOF>."),
        ("type A { b: C }", "more.graphql defines a schema: only operations and fragments are registered"),
        (b"\xff", "more.graphql is not UTF-8"),
    ],
)
def test_files_that_cannot_be_put_together_are_refused(here: Path, text: str | bytes, message: str) -> None:
    (here / "more.graphql").write_bytes(text if isinstance(text, bytes) else text.encode())

    with pytest.raises(Refused) as caught:
        read(files("books", "book", "people", "price", "more"))

    assert str(caught.value).removesuffix("rename one of them") == message


def test_fragments_alone_are_no_document(here: Path) -> None:
    with pytest.raises(Refused, match="there is no operation in these files"):
        read(files("book", "price"))


def test_lists_of_clients_are_taken_as_they_are(here: Path) -> None:
    operation = {"id": id_of(BODY), "name": "Titles", "type": "query", "body": BODY}

    documents = read(
        [*write("apollo.json", manifest(operation)), *write("relay.json", {f"sha256:{id_of(PRICE)}": PRICE})]
    )

    assert [(document.name, document.text) for document in documents] == [("Titles", BODY), ("", PRICE)]
    (error,) = validate(build_schema("type Query { books: [Query] }"), parse(BODY))
    assert documents[0].place(error) == "apollo.json#Titles:3:5"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (manifest({"id": "7", "name": "Titles", "body": BODY}), "list.json: Titles has the id 7, but its text has "),
        ({"c0ffee": BODY}, f"list.json: a document has the id c0ffee, but its text has the SHA-256 {id_of(BODY)}, "),
        (manifest({"id": "7", "body": BODY}), "list.json: an operation of the manifest lacks its id, name or body"),
        (manifest(version=2), "list.json: apollo-persisted-query-manifest of version 2 is not known, "),
        ({"c0ffee": 7}, "list.json: c0ffee is no text of a document"),
        ([BODY], "list.json: neither a manifest of Apollo nor a map of documents by id"),
        (b"{", "list.json is not JSON: "),
    ],
)
def test_lists_with_other_ids_or_of_another_form_are_refused(here: Path, content: object, message: str) -> None:
    with pytest.raises(Refused) as caught:
        read(write("list.json", content))

    assert str(caught.value).startswith(message)
