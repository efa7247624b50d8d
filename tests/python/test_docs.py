"""The Python examples of the pages in `docs` run."""

import re
from pathlib import Path

import pytest

PAGES = Path(__file__).parents[2] / "docs"
EXAMPLES = [
    pytest.param(example, id=page.stem)
    for page in sorted(PAGES.glob("*.md"))
    for example in re.findall(r"^```python\n(.*?)^```$", page.read_text(), re.MULTILINE | re.DOTALL)
]


def test_the_pages_of_the_limiters_have_examples() -> None:
    """A fence that is written otherwise would be no success."""
    assert {"leaky_bucket", "period_limiter"} <= {example.id for example in EXAMPLES}


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_does_what_it_says(example: str) -> None:
    """Each by itself, as it is printed."""
    exec(compile(example, "example", "exec"), {"__name__": "example"})
