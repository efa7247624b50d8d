"""Writes docs/python_api.md from the stub and the sources of the package, where the docstrings stand.

Reads text only, so it needs no built package: ``python resil-py/api_docs.py``, or with ``--check`` to compare.
"""

import ast
import inspect
import sys
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).parent
PACKAGE = HERE / "python" / "resil"
PAGE = HERE.parent / "docs" / "python_api.md"
OPTIONAL = ("asgi", "httpx", "requests", "prometheus", "opentelemetry", "redis")

Function = ast.FunctionDef | ast.AsyncFunctionDef


def page() -> str:
    """The whole page."""
    out = [
        "# Python API",
        "",
        "Made from the docstrings by `resil-py/api_docs.py`. What each operation means, and when not to use it, is on",
        "the pages of the primitives; how they fit together is in [Python](python.md).",
    ]
    offered = _all(ast.parse((PACKAGE / "__init__.py").read_text()))
    definitions = {
        node.name: node
        for path in (*sorted(PACKAGE.glob("*.py")), PACKAGE / "_resil.pyi")
        if path.stem not in OPTIONAL and not path.stem.startswith("store_")
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.ClassDef | Function)
    }
    out += _section("resil", None, [definitions[name] for name in offered if not name.startswith("__")])
    for module in ("keyed", *OPTIONAL):
        tree = ast.parse((PACKAGE / f"{module}.py").read_text())
        named = _defined_in(tree) | _imported_by(tree)
        chosen = [named[name] for name in _all(tree) if name in named]
        out += _section(f"resil.{module}", ast.get_docstring(tree), chosen)
    return "\n".join(out) + "\n"


def _defined_in(tree: ast.Module) -> dict[str, ast.ClassDef | Function]:
    """Classes and functions by name; a class has what a private one gives it."""
    named = {node.name: node for node in tree.body if isinstance(node, ast.ClassDef | Function)}
    for node in named.values():
        for base in node.bases if isinstance(node, ast.ClassDef) else ():
            parent = named.get(ast.unparse(base))
            if isinstance(node, ast.ClassDef) and isinstance(parent, ast.ClassDef) and parent.name.startswith("_"):
                node.body += [item for item in parent.body if isinstance(item, Function) and item.name[0] != "_"]
    return named


def _imported_by(tree: ast.Module) -> dict[str, ast.ClassDef | Function]:
    """What a module has from others of the package."""
    found: dict[str, ast.ClassDef | Function] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("resil."):
            place = PACKAGE / f"{node.module.removeprefix('resil.')}.py"
            defined = _defined_in(ast.parse((place if place.exists() else place.with_suffix(".pyi")).read_text()))
            names = {alias.name for alias in node.names}
            found |= {name: item for name, item in defined.items() if name in names}
    return found


def _section(name: str, doc: str | None, nodes: list[ast.ClassDef | Function]) -> Iterator[str]:
    yield from ("", f"## `{name}`")
    yield from _text(doc)
    for node in sorted(nodes, key=lambda node: node.name.lower()):
        if isinstance(node, ast.ClassDef):
            yield from _class(node)
        else:
            yield from ("", f"### {node.name}", "", f"`{_signature(node)}`")
            yield from _text(ast.get_docstring(node))


def _class(node: ast.ClassDef) -> Iterator[str]:
    yield from ("", f"### {node.name}")
    functions = [item for item in node.body if isinstance(item, Function)]
    for item in functions:
        if item.name in ("__new__", "__init__") and len(item.args.args) + len(item.args.kwonlyargs) > 1:
            yield from ("", f"`{_signature(item, called=node.name)}`")
    bases = [base for base in map(ast.unparse, node.bases) if base not in ("Exception", "Protocol") and base[0] != "_"]
    if bases:
        yield from ("", f"Extends `{'`, `'.join(bases)}`.")
    yield from _text(ast.get_docstring(node))
    for member, doc in _members(node):
        yield from ("", f"**`{member}`**  ")
        yield from list(_text(doc))[1:]
    told = ""
    for item in functions:
        if item.name.startswith("_"):
            continue
        yield from ("", f"**`{_signature(item)}`**  ")
        doc = ast.get_docstring(item)
        # Overloads share one docstring.
        if item.name != told:
            yield from list(_text(doc))[1:]
        told = item.name


def _members(node: ast.ClassDef) -> Iterator[tuple[str, str | None]]:
    """An enum's members, each with the string that follows it."""
    for item, after in zip(node.body, [*node.body[1:], None], strict=True):
        if isinstance(item, ast.Assign) and isinstance(item.targets[0], ast.Name):
            name = item.targets[0].id
            if not name.startswith("_"):
                told = isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant)
                yield name, inspect.cleandoc(str(after.value.value)) if told else None  # type: ignore[union-attr]


def _signature(node: Function, called: str | None = None) -> str:
    decorators = {ast.unparse(decorator) for decorator in node.decorator_list}
    returned = "" if node.returns is None or called else f" -> {ast.unparse(node.returns)}"
    if "property" in decorators:
        return node.name + returned.replace(" ->", ":")
    arguments = ast.parse(f"def f({ast.unparse(node.args)}): ...").body[0]
    assert isinstance(arguments, ast.FunctionDef)
    for given in (arguments.args.posonlyargs, arguments.args.args):
        if given and given[0].arg in ("self", "cls"):
            del given[0]
    before = "async " if isinstance(node, ast.AsyncFunctionDef) else ""
    return f"{before}{called or node.name}({ast.unparse(arguments.args)}){returned}"


def _text(doc: str | None) -> Iterator[str]:
    """A docstring's lines, its examples fenced, after an empty one."""
    if not doc:
        return
    yield ""
    fenced = False
    for line in doc.splitlines():
        if line.startswith(">>>") and not fenced:
            yield "```pycon"
            fenced = True
        elif not line and fenced:
            yield "```"
            fenced = False
        yield line
    if fenced:
        yield "```"


def _all(tree: ast.Module) -> list[str]:
    for node in tree.body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            return [str(name) for name in ast.literal_eval(node.value)]
    raise SystemExit("a module says in __all__ what it offers")


def main() -> int:
    """Writes the page, or says that it is out of date."""
    wanted = page()
    if PAGE.exists() and PAGE.read_text() == wanted:
        return 0
    if "--check" in sys.argv[1:]:
        print(f"{PAGE.name} is out of date; run: python resil-py/api_docs.py", file=sys.stderr)
        return 1
    PAGE.write_text(wanted)
    return 0


if __name__ == "__main__":
    sys.exit(main())
