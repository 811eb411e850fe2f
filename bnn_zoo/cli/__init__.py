"""`bnn-zoo`: every command calls one public function and shows what it gives."""

from __future__ import annotations

import io
import os
import sys

# What shells give a command that Ctrl-C stopped: 128 and the number of the signal.
_INTERRUPTED = 130


class Stopped(Exception):
    """Ctrl-C, for typer would end without a word at a KeyboardInterrupt; with what there is to say of it."""


def main() -> None:
    """Runs the command line; what goes wrong is one line on standard error, and exit code 1."""
    try:
        from bnn_zoo.cli.app import app  # takes long enough for somebody to stop it

        if isinstance(sys.stdout, io.TextIOWrapper):
            # A file's name that the terminal's encoding cannot write must not end a command that tells of a thousand files.
            sys.stdout.reconfigure(errors="backslashreplace")
        app()
    except (KeyboardInterrupt, Stopped) as stop:
        print(f"bnn-zoo: stopped. {stop}".rstrip(), file=sys.stderr)
        sys.exit(_INTERRUPTED)
    except BrokenPipeError:
        # A reader that had enough, such as `head`: standard output is gone, and flushing it at exit would complain.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except (ValueError, OSError, ImportError) as error:
        _fail(error)
    except Exception as error:
        from bnn_zoo.hub.errors import WeightsError

        if not isinstance(error, WeightsError):
            raise
        _fail(error)


def _fail(error: Exception) -> None:
    text = str(error)
    if isinstance(error, OSError) and error.strerror:  # the system's, which begin with "[Errno 2]"
        text = error.strerror.lower() if error.filename is None else f"{error.filename}: {error.strerror.lower()}"
    print(f"bnn-zoo: {text}", file=sys.stderr)
    sys.exit(1)
