"""The client of `warm_scripts`, which Snakemake takes for Python.

It gives the server its folder, environment and open files, and ends as the script ends. It runs the
script in an ordinary Python when no server answers, or when the server does not want the script.

Run as a file, once for each script: it imports as little as it can.
"""

import array
import io
import marshal
import os
import signal
import socket
import sys

SOCKET = "socket"
STARTED = b"started\n"
# Slurm and terminals send them to all processes of a job; they are the script's to answer
SIGNALS = tuple(getattr(signal, f"SIG{name}") for name in ("INT", "TERM", "HUP", "USR1", "USR2"))


def run(folder: str, python: str, arguments: list[str]) -> None:
    """Run a script as `python arguments` would, and end as it ends; never returns.

    The script may run, and be sent a signal with all its job, before this process knows of it:
    until then signals wait here.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    try:
        with socket.socket(socket.AF_UNIX) as server:
            server.connect(os.path.join(folder, SOCKET))
            request = {"script": arguments, "folder": os.getcwd(), "environment": dict(os.environ)}
            files = array.array("i", [0, 1, 2])
            server.sendmsg([b"?"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, files)])
            server.sendall(marshal.dumps(request))
            with server.makefile("rb") as answers:
                if answers.readline() == STARTED:
                    handle_signals(signal.SIG_IGN)
                    signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
                    _end_like(_status_from(answers))
    except (OSError, ValueError):
        pass  # no server, or one that is gone
    signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
    os.execv(python, [python, *arguments])


def handle_signals(handler: signal.Handlers) -> None:
    """Answer `SIGNALS` in this way."""
    for number in SIGNALS:
        signal.signal(number, handler)


def _status_from(answers: io.BufferedIOBase) -> int:
    """What the server says; when it dies, the script does."""
    try:
        return int(answers.readline())
    except (OSError, ValueError):
        return -signal.SIGKILL


def _end_like(status: int) -> None:
    """End with this exit code, or by this signal where it is negative."""
    if status < 0:
        if -status not in (signal.SIGKILL, signal.SIGSTOP):  # they cannot be handled anyway
            signal.signal(-status, signal.SIG_DFL)
        os.kill(os.getpid(), -status)
    os._exit(status & 0xFF)


if __name__ == "__main__":
    run(sys.argv[1], sys.argv[2], sys.argv[3:])
