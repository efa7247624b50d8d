"""Writes the docstrings of the compiled module into its stub, where editors look for them.

The signatures in the stub are written by hand; the docstrings are written once, beside the code.
Run with the package installed: ``python resil-py/stub_docs.py``, or with ``--check`` to only compare.
"""

import ast
import inspect
import sys
from pathlib import Path
from types import ModuleType

STUB = Path(__file__).parent / "python" / "resil" / "_resil.pyi"


Definition = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def with_docstrings(stub: str, module: ModuleType) -> str:
    """The stub with the docstrings that the module has, in place of any it had."""
    lines = stub.splitlines()
    for node in reversed(ast.parse(stub).body):
        if isinstance(node, ast.ClassDef):
            python_class = getattr(module, node.name)
            for member in reversed(node.body):
                if isinstance(member, (ast.FunctionDef, ast.AsyncFunctionDef)) and not _is_special(member.name):
                    _replace(lines, member, inspect.getdoc(getattr(python_class, member.name)))
            _replace(lines, node, inspect.getdoc(python_class))
        elif isinstance(node, ast.FunctionDef):
            _replace(lines, node, inspect.getdoc(getattr(module, node.name)))
    return "\n".join(lines) + "\n"


def _is_special(name: str) -> bool:
    return name.startswith("__")


def _replace(lines: list[str], node: Definition, doc: str | None) -> None:
    if doc is None:
        raise SystemExit(f"{node.name} has no docstring")
    indent = " " * (node.col_offset + 4)
    quoted = [f'{indent}"""{doc}"""'] if "\n" not in doc else _block(indent, doc)
    first = node.body[0]
    if not isinstance(first, ast.Expr) or not isinstance(first.value, ast.Constant):
        decorators = getattr(first, "decorator_list", [])
        top = min(line.lineno for line in (first, *decorators))
        lines[top - 1 : top - 1] = [*quoted, ""]
    elif first.value.value is ...:
        head = lines[first.lineno - 1].removesuffix("...").rstrip()
        lines[first.lineno - 1 : first.end_lineno] = [head, *quoted]
    else:
        lines[first.lineno - 1 : first.end_lineno] = quoted


def _block(indent: str, doc: str) -> list[str]:
    first, *rest = doc.splitlines()
    return [f'{indent}"""{first}', *(f"{indent}{line}".rstrip() for line in rest), f'{indent}"""']


def main() -> int:
    """Writes the stub, or says that it is out of date."""
    from resil import _resil

    now = STUB.read_text()
    wanted = with_docstrings(now, _resil)
    if wanted == now:
        return 0
    if "--check" in sys.argv[1:]:
        print(f"{STUB.name} is out of date; run: python resil-py/stub_docs.py", file=sys.stderr)
        return 1
    STUB.write_text(wanted)
    return 0


if __name__ == "__main__":
    sys.exit(main())
