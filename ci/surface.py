"""Compares tests/surface.toml, both ways, with the Rust sources, the C header, the C++ headers, the library's
symbols, the Python module and its stub. Prints what to mend; exit code 1 if anything is.

    ci/surface.py            # with the built package importable and the C library built (make check does both)
"""

import ast
import importlib
import inspect
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TABLE = ROOT / "tests" / "surface.toml"
HEADER = ROOT / "include" / "resil.h"
CPP_HEADERS = sorted((ROOT / "include").glob("**/*.hpp"))
PACKAGE = ROOT / "resil-py" / "python" / "resil"

problems: list[str] = []


def mend(place: str, fault: str, remedy: str) -> None:
    problems.append(f"{place}: {fault}\n    mend: {remedy}")


def rust_operations(type_name: str, crate: str) -> set[str]:
    """The public operations of a type, by the text of its `impl` blocks (and of its clock's trait)."""
    found: set[str] = set()
    opening = re.compile(rf"^impl(?:<[^{{]*?>)?\s+(?:Clock for\s+)?{type_name}(?:<[^{{]*>)?\s*\{{", re.MULTILINE)
    sources = ROOT / crate / "src"
    for path in sorted(sources.rglob("*.rs")):
        # Those of the same names there decide in a store, for transports: users hold others.
        if sources / "remote" in path.parents:
            continue
        text = path.read_text()
        for block in opening.finditer(text):
            body = text[block.end() : text.index("\n}", block.start())]
            public = r"fn" if "Clock for" in block.group() else r"pub (?:const |async )*fn"
            found |= set(re.findall(rf"^    (?:{public}) (\w+)", body, re.MULTILINE))
            if "Clock for" in block.group():
                found.add("sleep")
    return found


def held_types(crate: str) -> set[str]:
    """The types that users hold, as the crate's root offers them: in the core those of `concurrent`, in resil-redis
    all that have operations."""
    root = (ROOT / crate / "src" / "lib.rs").read_text()
    folder = r"concurrent::" if crate == "resil-core" else ""
    names = re.findall(rf"^pub use {folder}\w+::(\{{[^}}]*\}}|\w+);", root, re.MULTILINE)
    types = set(re.findall(r"\b[A-Z]\w+", " ".join(names)))
    return types if folder else {name for name in types if rust_operations(name, crate)}


def code_of(path: Path) -> str:
    """A source of C or C++ without its comments."""
    return re.sub(r"//[^\n]*|/\*.*?\*/", "", path.read_text(), flags=re.DOTALL)


def functions_called_by_cpp() -> set[str]:
    """The functions of the C header that the C++ headers name."""
    named: set[str] = set()
    for path in CPP_HEADERS:
        named |= set(re.findall(r"::(resil_\w+)\b", code_of(path)))
    return named & header_functions()


def header_functions() -> set[str]:
    text = code_of(HEADER)
    return set(re.findall(r"\b(resil_\w+)\s*\([^)]*\)\s*;", text))


def library_symbols() -> set[str]:
    target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    library = target / "debug" / "libresil.so"
    out = subprocess.run(["nm", "-D", "--defined-only", library], check=True, capture_output=True, text=True).stdout
    return {line.split()[-1] for line in out.splitlines()}


def module_names(module: str) -> set[str]:
    try:
        return set(dir(importlib.import_module(module)))
    except ModuleNotFoundError:
        return set()


def module_members(type_name: str, module: str) -> set[str]:
    members = {type_name}
    for name, _ in inspect.getmembers(getattr(importlib.import_module(module), type_name)):
        if not name.startswith("_"):
            members.add(f"{type_name}.{name}")
    return members


def classes(type_name: str, module: str) -> list[ast.ClassDef]:
    """The classes of that name in the stubs and typed sources of a module, each after the one it extends there."""
    everything = sorted(PACKAGE.glob("**/*.py*"))
    in_a_store = [path for path in everything if path.stem.startswith("store_")]
    paths = [path for path in everything if path not in in_a_store]
    if module == "resil.redis":
        # What these have not is written in Rust.
        paths = in_a_store if any(f"\nclass {type_name}" in path.read_text() for path in in_a_store) else paths
    there = [node for path in paths for node in ast.parse(path.read_text()).body if isinstance(node, ast.ClassDef)]
    found = [node for node in there if node.name == type_name]
    bases = {base.id for node in found for base in node.bases if isinstance(base, ast.Name)} - {type_name}
    return [node for node in there if node.name in bases and module == "resil.redis"] + found


def stub_members(type_name: str, module: str) -> set[str]:
    """The public members of a class in the stubs and typed sources, with those of the class it extends there."""
    members = {type_name}
    for node in classes(type_name, module):
        for item in node.body:
            if isinstance(item, ast.FunctionDef | ast.AsyncFunctionDef) and not item.name.startswith("_"):
                members.add(f"{type_name}.{item.name}")
            if isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name):
                members.add(f"{type_name}.{item.target.id}")
    return {m for m in members if not m.split(".")[-1].startswith("_")}


def compare(place: str, listed: set[str], there: set[str], remedy: str) -> None:
    for name in sorted(listed - there):
        mend(place, f"`{name}` is in the table and not there", f"add it, or {remedy}")
    for name in sorted(there - listed):
        mend(place, f"`{name}` is there and not in the table", f"list it in {TABLE.relative_to(ROOT)}, or remove it")


def main() -> int:
    table = tomllib.loads(TABLE.read_text())
    all_c: set[str] = set()
    for row, entry in table.items():
        operations: dict[str, dict[str, str]] = entry.get("operations", {})
        all_c |= set(entry.get("only_c", {}))
        all_c |= {
            spelling.get("c", f"resil_{row}_{operation}")
            for operation, spelling in operations.items()
            if "no_c" not in spelling and "no_c" not in entry
        }
        type_name = entry.get("type")
        if type_name is None:
            continue
        crate, module = entry.get("crate", "resil-core"), entry.get("module", "resil")
        place = type_name if crate == "resil-core" else f"{type_name} of {crate}"
        compare(f"Rust {place}", set(operations), rust_operations(type_name, crate), "take it out of the table")
        if "no_py" in entry:
            compare(f"Python {module}", set(), {type_name} & module_names(module), "take `no_py` out of the table")
            continue
        listed = {
            name
            for operation, spelling in operations.items()
            if "no_py" not in spelling
            and (name := spelling.get("py", f"{type_name}.{operation}")).split(".")[0] == type_name
        }
        listed |= set(entry.get("only_py", {})) | {type_name}
        compare(f"Python {place}", listed, module_members(type_name, module), "write `no_py` with a reason")
        compare(f"stub of {place}", listed, stub_members(type_name, module), "write `no_py` with a reason")
    for crate in ["resil-core", "resil-redis"]:
        rows = [entry for entry in table.values() if entry.get("crate", "resil-core") == crate]
        listed_types = {entry.get("type") for entry in rows}
        compare(f"the types users hold of {crate}", set(), held_types(crate) - listed_types, "")
    compare("include/resil.h", all_c, header_functions(), "write `no_c` with a reason")
    compare("symbols of libresil.so", all_c, library_symbols(), "write `no_c` with a reason")
    without = set(table["cpp"]["without"])
    for name in sorted(header_functions() - without - functions_called_by_cpp()):
        mend("include/resil.hpp", f"nothing calls `{name}`", "wrap it, or list it with a reason under [cpp]")
    for name in sorted(without - (header_functions() - functions_called_by_cpp())):
        mend("include/resil.hpp", f"`{name}` is listed under [cpp] and is called, or not there", "take it out")
    for problem in problems:
        print(problem)
    counted = sum(len(entry.get("operations", {})) for entry in table.values())
    print(f"surface: {counted} operations compared in Rust, C, C++ and Python, {len(problems)} differences")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
