"""`python -m bot` and the `amends` command."""

from __future__ import annotations


def main() -> None:
    """Run the command line; the import is here so that nothing heavy loads before it is needed."""
    from bot.cli import run_command

    raise SystemExit(run_command())


if __name__ == "__main__":
    main()
