"""The Python examples of the pages in `docs`, and of the package's own page, run."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [*sorted((ROOT / "docs").glob("*.md")), ROOT / "resil-py" / "README.md"]
EXAMPLES = [
    pytest.param(example, id=page.stem)
    for page in PAGES
    for example in re.findall(r"^```python\n(.*?)^```$", page.read_text(), re.MULTILINE | re.DOTALL)
]


def test_the_pages_have_examples() -> None:
    """A fence that is written otherwise would be no success."""
    assert {"leaky_bucket", "period_limiter", "python", "python_migration", "README"} <= {example.id for example in EXAMPLES}


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_does_what_it_says(example: str) -> None:
    """Each by itself, as it is printed."""
    for module in re.findall(r"^(?:import|from) (\w+)", example, re.MULTILINE):
        # Of the frameworks and peers, where the requirements for them are not installed.
        pytest.importorskip(module)
    exec(compile(example, "example", "exec"), {"__name__": "example"})
