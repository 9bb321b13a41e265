"""From what the program raises to what a person sees, and the exit code."""

from __future__ import annotations

import os
import sys
import traceback
from typing import NoReturn

from impacteval.cli.app import app
from impacteval.cli.show import complain
from impacteval.errors import EXIT_BAD_INPUT, EXIT_INTERNAL, ImpactEvalError

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
    except (PermissionError, NotADirectoryError, IsADirectoryError) as error:
        # A file or folder that may not be read or written is the user's to mend.
        reason = error.strerror or type(error).__name__
        complain(f"{error.filename or 'A file'}: {reason}.")
        sys.exit(EXIT_BAD_INPUT)
    except Exception as error:
        _internal(error)


def _internal(error: Exception) -> NoReturn:
    if os.environ.get(DEBUG):
        traceback.print_exc()
    complain(
        f"Internal error: {type(error).__name__}: {error}. No report was written. "
        f"Please report it with what you typed; {DEBUG}=1 shows where it happened."
    )
    sys.exit(EXIT_INTERNAL)
