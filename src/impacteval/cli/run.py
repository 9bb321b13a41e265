"""From what the program raises to what a person sees, and the exit code."""

from __future__ import annotations

import os
import sys
import traceback

from impacteval.cli.app import app
from impacteval.cli.show import complain
from impacteval.errors import EXIT_INTERNAL, ImpactEvalError

DEBUG = "IMPACTEVAL_DEBUG"


def run(arguments: list[str] | None = None) -> None:
    """Run the command and leave with its exit code.

    Parameters
    ----------
    arguments : list of str, optional
        What stands after the program's name; by default what was typed.
    """
    try:
        app(arguments)
    except ImpactEvalError as error:
        complain(error)
        sys.exit(error.exit_code)
    except BrokenPipeError:
        # Whoever reads our output has read enough.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except Exception as error:
        if os.environ.get(DEBUG):
            traceback.print_exc()
        complain(
            f"Internal error: {type(error).__name__}: {error}. Nothing was written. "
            f"Please report it with what you typed; {DEBUG}=1 shows where it happened."
        )
        sys.exit(EXIT_INTERNAL)
