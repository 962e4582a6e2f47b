"""XLSX workbooks: the parts of the archive, and the rows of the first visible worksheet."""

import posixpath
import struct
import zipfile
import zlib
from collections.abc import Iterator
from typing import IO, BinaryIO

from gateway.sheets.limits import SheetLimits
from gateway.sheets.problems import Problem, SheetError
from gateway.sheets.styles import Show, read_styles
from gateway.sheets.worksheet import Worksheet, read_shared_strings
from gateway.sheets.xml import Attributes, parse_all

_ENCRYPTED = 0x1


def read_xlsx(file: BinaryIO, limits: SheetLimits) -> Iterator[tuple[int, list[str]]]:
    """Row numbers and cells. Raises `SheetError`."""
    try:
        yield from _Workbook(zipfile.ZipFile(file), limits).rows()
    except (
        zipfile.BadZipFile,
        zlib.error,
        struct.error,
        EOFError,
        LookupError,
        ValueError,
        NotImplementedError,
    ) as error:
        if isinstance(error, SheetError):
            raise
        raise SheetError(Problem.DAMAGED) from None


class _Workbook:
    def __init__(self, archive: zipfile.ZipFile, limits: SheetLimits) -> None:
        self._archive = archive
        self._limits = limits
        # Some accounting systems write xl/SharedStrings.xml and refer to xl/sharedStrings.xml; some archivers write \.
        self._parts = {part.filename.replace("\\", "/").lower(): part for part in archive.infolist()}
        # Inflating stops at the size that the directory states, so that this sum is what reading can take at most.
        if sum(part.file_size for part in self._parts.values()) > limits.unpacked_bytes:
            raise SheetError(Problem.TOO_DEMANDING)
        if any(part.flag_bits & _ENCRYPTED for part in self._parts.values()):
            raise SheetError(Problem.PASSWORD)
        if "content.xml" in self._parts:
            raise SheetError(Problem.OTHER_FORMAT, format="OpenDocument")

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        workbook = next((path for kind, path in self._related("").values() if kind == "officeDocument"), None)
        if workbook is None:
            raise SheetError(Problem.NO_TABLE)
        if workbook.endswith(".bin"):
            raise SheetError(Problem.OTHER_FORMAT, format="Excel XLSB")
        related = self._related(workbook)
        sheets: list[str] = []
        since_1904 = False

        def start(name: str, attributes: Attributes) -> None:
            nonlocal since_1904
            if name == "sheet" and attributes.get("state", "visible") == "visible":
                kind, path = next(related[value] for key, value in attributes.items() if key.endswith(":id"))
                if kind == "worksheet":
                    sheets.append(path)
            elif name == "workbookPr":
                since_1904 = attributes.get("date1904") in ("1", "true")

        with self._open(workbook) as part:
            parse_all(part, start)
        if not sheets:
            raise SheetError(Problem.EMPTY)
        paths = dict(related.values())
        styles: list[Show] = []
        strings: list[str] = []
        if "styles" in paths:
            with self._open(paths["styles"]) as part:
                styles = read_styles(part, since_1904=since_1904)
        if "sharedStrings" in paths:
            with self._open(paths["sharedStrings"]) as part:
                strings = read_shared_strings(part, self._limits)
        with self._open(sheets[0]) as part:
            yield from Worksheet(strings, styles, self._limits).read(part)

    def _related(self, path: str) -> dict[str, tuple[str, str]]:
        """What a part refers to: kind and path by the id of the reference."""
        folder, name = posixpath.split(path)
        references: dict[str, tuple[str, str]] = {}

        def start(name: str, attributes: Attributes) -> None:
            if name == "Relationship" and attributes.get("TargetMode") != "External":
                target = posixpath.normpath(posixpath.join("/", folder, attributes["Target"].replace("\\", "/")))
                references[attributes["Id"]] = (attributes["Type"].rpartition("/")[2], target.lstrip("/").lower())

        with self._open(posixpath.join(folder, "_rels", f"{name}.rels")) as part:
            parse_all(part, start)
        return references

    def _open(self, path: str) -> IO[bytes]:
        part = self._parts[path]
        if part.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise SheetError(Problem.DAMAGED)
        return self._archive.open(part)
