"""Where the guards stand in the source, and modules compiled without one of them."""

import ast
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType

ROOT = Path(__file__).parents[2]
ROOMS = ("gateway/services", "gateway/loaders", "schema")
ANSWERS = {"holds", "holds_throughout", "covers"}
"""Calls that say whether something is allowed: without the guard they say yes."""
RAISES = {"require", "require_no_more", "require_owner", "require_owner_left"}
"""Calls, or functions given to `check`, that raise what is refused: without the guard they do nothing."""
SCOPES = {"companies"}
"""`x not in <…>.companies`: without the guard it is."""


@dataclass(frozen=True, order=True)
class Site:
    """A guard: the file below the root, where its expression begins, and its text."""

    path: str
    line: int
    column: int
    text: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}  {self.text}"


def sites() -> list[Site]:
    """All guards of the services, the loaders and the schema."""
    found: list[Site] = []
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            source = path.read_text("utf-8")
            name = str(path.relative_to(ROOT))
            for node in ast.walk(ast.parse(source)):
                if _without(node) is not None and isinstance(node, ast.expr):
                    text = " ".join((ast.get_source_segment(source, node) or "").split())
                    found.append(Site(name, node.lineno, node.col_offset, text))
    return sorted(found)


def _without(node: ast.AST) -> ast.expr | None:
    """What stands there without the guard; None for what is none."""
    match node:
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)) if name in ANSWERS:
            return ast.Constant(True)
        case ast.Call(func=ast.Attribute(value=ast.Name(id="giving"), attr=name)) if name in RAISES:
            return ast.Constant(None)
        case ast.Call(func=ast.Name(id="check"), args=[ast.Attribute(value=ast.Name(id="giving"), attr=name), *_]) if (
            name in RAISES
        ):
            return ast.Constant(None)
        case ast.Compare(ops=[ast.NotIn()], comparators=[ast.Attribute(attr=name)]) if name in SCOPES:
            return ast.Constant(False)
        case ast.Compare(ops=[ast.In()], comparators=[ast.Attribute(attr=name)]) if name in SCOPES:
            return ast.Constant(True)
    return None


class Without(ast.NodeTransformer):
    """Takes one guard out of a module."""

    def __init__(self, line: int, column: int) -> None:
        self._place = (line, column)
        self.done = False

    def visit(self, node: ast.AST) -> ast.AST:
        instead = _without(node)
        if instead is not None and (getattr(node, "lineno", 0), getattr(node, "col_offset", -1)) == self._place:
            self.done = True
            return ast.copy_location(instead, node)
        visited: ast.AST = super().visit(node)
        return visited


class _Loader(SourceFileLoader):
    place: tuple[int, int]

    def get_code(self, fullname: str) -> CodeType:
        transformer = Without(*self.place)
        tree = transformer.visit(ast.parse(self.get_data(self.path)))
        if not transformer.done:
            raise ImportError(f"there is no guard at {self.path}:{self.place}")
        assert isinstance(tree, ast.Module)
        code = compile(ast.fix_missing_locations(tree), self.path, "exec", flags=0, dont_inherit=True)
        assert isinstance(code, CodeType)
        return code


class Finder(MetaPathFinder):
    """Imports one module without one of its guards; to be put first into `sys.meta_path`."""

    def __init__(self, path: str, line: int, column: int) -> None:
        self._module = path.removesuffix(".py").replace("/", ".")
        self._place = (line, column)

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname != self._module:
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        assert spec is not None
        assert spec.origin is not None
        loader = _Loader(fullname, spec.origin)
        loader.place = self._place
        spec.loader = loader
        return spec


def install(place: str) -> None:
    """From now on this process imports the module of `path:line:column` without that guard."""
    path, line, column = place.rsplit(":", 2)
    sys.meta_path.insert(0, Finder(path, int(line), int(column)))


def chosen(words: Sequence[str]) -> Iterator[Site]:
    """The guards whose path or text holds one of these words; all of them without words."""
    return (site for site in sites() if not words or any(word in str(site) for word in words))
