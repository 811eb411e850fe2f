"""A measuring process as the side that asks sees it."""

from __future__ import annotations

import multiprocessing
import signal
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from typing import Any

from bnn_zoo.deploy.bench_worker import serve


class MeasuringProcess:
    """A process that measures with one number of threads. Where it ends, what is asked next goes to a new one.

    Args:
        threads: how many. TensorFlow's are set once a process, so that each number needs one of its own.
    """

    def __init__(self, threads: int) -> None:
        self._threads = threads
        self._answered = False
        self._process, self._connection = self._started()

    def ask(self, *question: Any) -> Any:
        """The answer to one of the questions of `bench_worker.serve`; a string says why there is none.

        Raises:
            ChildProcessError: if no process of this number of threads has ever come so far as to answer, but failed.
        """
        if not self._process.is_alive():
            self._process, self._connection = self._started()
        try:
            self._connection.send(question)
            answer = self._connection.recv()
        except (EOFError, ConnectionError) as error:
            self.close()
            if self._process.exitcode == 1 and not self._answered:  # as Python ends with an exception
                raise ChildProcessError(
                    "a measuring process could not be started; what it wrote above says why. In a script, measure_latencies must "
                    'stand under `if __name__ == "__main__":`, because each measuring process imports the script anew.'
                ) from error
            return f"the measuring process {_end(self._process.exitcode)}"
        self._answered = True
        return answer

    def close(self) -> None:
        """Ends the process, and waits for its end."""
        self._connection.close()
        self._process.join(timeout=10)
        if self._process.is_alive():
            self._process.terminate()
            self._process.join(timeout=10)

    def _started(self) -> tuple[SpawnProcess, Connection]:
        context = multiprocessing.get_context("spawn")
        here, there = context.Pipe()
        process = context.Process(target=serve, args=(there, self._threads), daemon=True)
        process.start()
        there.close()  # only the process itself holds that end now: if it dies, this one reads the end of the pipe
        return process, here


def _end(code: int | None) -> str:
    if code is None or code >= 0:
        return f"ended with exit code {code}."
    name = signal.Signals(-code).name if -code in set(signal.Signals) else f"signal {-code}"
    memory = "; it may have run out of memory" if name == "SIGKILL" else ""
    return f"was ended by {name}{memory}."
