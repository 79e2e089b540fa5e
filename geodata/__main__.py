"""`python -m geodata --county 330282 --out DIR [--seed N]`."""

from __future__ import annotations

import argparse

from geodata.generate import DEFAULT_SEED, generate


def main() -> None:
    """Read the command line and generate."""
    parser = argparse.ArgumentParser(prog="geodata", description=main.__doc__)
    parser.add_argument("--county", required=True, choices=("330282", "999001"))
    parser.add_argument("--out", required=True)
    parser.add_argument("--seed", type=int, default=DEFAULT_SEED)
    options = parser.parse_args()
    print(generate(options.county, options.out, options.seed))


if __name__ == "__main__":
    main()
