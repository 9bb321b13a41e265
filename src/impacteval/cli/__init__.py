"""The commands."""

from __future__ import annotations


def main() -> None:
    """Run the command line; errors that a person can act on come without a traceback."""
    from impacteval.cli.run import run

    run()
