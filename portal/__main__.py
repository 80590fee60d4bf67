"""`python -m portal ...`: the same as `./run portal ...`."""

from portal.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
