"""A file of vectors is what the script of its name writes."""

import sys
from pathlib import Path


def write(script, text):
    """Writes the script's file; with --check, ends the program unless `text` stands there already."""
    script = Path(script)
    file = script.with_suffix(".toml")
    if sys.argv[1:] == ["--check"]:
        if not file.exists() or file.read_text(encoding="utf-8") != text:
            sys.exit(f"{file.name} is not what {script.name} writes; mend it: python3 tests/vectors/{script.name}")
    elif sys.argv[1:]:
        sys.exit(f"usage: {script.name} [--check]")
    else:
        file.write_text(text, encoding="utf-8")
        print(f"{file.name}: {text.count('[[timeline]]')} timelines")
