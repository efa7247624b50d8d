#!/usr/bin/env python3
"""Proves every lemma, and refutes every wrong variant that is planted beside it. Needs `requirements.txt`."""

import bucket  # noqa: F401
import change  # noqa: F401
import frame  # noqa: F401
import scale  # noqa: F401
import windows  # noqa: F401
from prover import main

if __name__ == "__main__":
    main()
