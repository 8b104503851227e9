"""Scripts of a batch that share one start of Python.

A Slurm job runs dozens of short scripts, one per rule and video, and most of the time of a short
one is spent on imports (torch and timm: 5 s). Here the Snakemake of the job starts one process that
imports what the scripts import, and forks for each. A script is still a process of its own: when it
dies, or eats its memory, the others do not notice.

    Snakemake ── server ── script            and for each script its client, which Snakemake takes
              └─ shell ── client             for Python and waits for

The client (`warm_client`) ends as the script ends. Scripts that want another number of threads than
the libraries were loaded with get an ordinary Python. CUDA is not touched before the fork.

Run as a module: standard library only.
"""

import array
import ast
import atexit
import contextlib
import ctypes
import gc
import importlib
import marshal
import os
import runpy
import select
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from superanimal_core.cluster.warm_client import SOCKET, STARTED, handle_signals

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]  # this package, whatever is installed
LAUNCHER = "python"
THREADS = "OMP_NUM_THREADS"  # read by numerical libraries when they are loaded
LATE = ("pandas", "pyarrow.dataset")  # pyarrow imports them at its first array and table
LOOK_EVERY_S = 1.0
PR_SET_PDEATHSIG = 1


def start_warm_scripts() -> None:
    """From now on this Snakemake's scripts are forked from one process, where that is possible."""
    if sys.platform != "linux" or not hasattr(os, "pidfd_open"):
        return
    folder = Path(tempfile.mkdtemp(prefix="superanimal-"))
    launcher, python = folder / LAUNCHER, sys.executable
    client = shlex.join([python, "-SE", str(HERE / "warm_client.py"), str(folder), python])
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listening:
        try:
            launcher.write_text(f'#!/bin/sh\nexec {client} "$@"\n', encoding="utf-8")
            launcher.chmod(0o700)
            listening.bind(str(folder / SOCKET))  # fails where the name is too long
            listening.listen(64)
        except OSError:
            shutil.rmtree(folder)
            return
        if not os.access(launcher, os.X_OK):  # nothing may be run from this folder
            shutil.rmtree(folder)
            return
        server = [python, "-P", "-m", __name__, str(folder)]
        server += [str(listening.fileno()), str(os.getpid())]
        paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
        subprocess.Popen(
            server,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(paths)},
            pass_fds=[listening.fileno()],
            stdin=subprocess.DEVNULL,
        )
    sys.executable = str(launcher)


def serve(folder: str, listening: socket.socket, snakemake: int) -> None:
    """The server: fork for every client, until Snakemake has ended."""
    handle_signals(signal.SIG_IGN)
    running: dict[int, Running] = {}  # by the descriptor of the process
    threads: str | None = None
    try:
        while os.getppid() == snakemake:
            clients = [each.client for each in running.values()]
            ready = select.select([listening, *running, *clients], [], [], LOOK_EVERY_S)[0]
            for process in [each for each in running if each in ready]:
                running.pop(process).end()
                os.close(process)
            for each in running.values():
                if each.client in ready:  # it has nothing more to say: it has died
                    os.kill(each.script, signal.SIGKILL)
                    os.waitid(os.P_PID, each.script, os.WEXITED | os.WNOWAIT)
            if listening in ready:
                client = listening.accept()[0]
                files, request = _receive(client)
                wanted = request["environment"].get(THREADS, "") if request else None
                threads = wanted if threads is None else threads
                if request and wanted == threads and len(request["script"]) == 1:
                    if threads:
                        os.environ[THREADS] = threads
                    _import_for(request["script"][0])
                    gc.freeze()  # or each script looks through the objects of all imports
                    script = _fork(client, files, request)
                    running[os.pidfd_open(script)] = Running(client, script, files)
                else:
                    client.close()
                    for each in files:
                        os.close(each)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@dataclass(frozen=True)
class Running:
    """A script: its client's socket, its process, its open files."""

    client: socket.socket
    script: int
    files: list[int]

    def end(self) -> None:
        """Tell the client how it ended, and the log what it cost.

        Snakemake's benchmark cannot know it: the script is no child of its client.
        """
        _, status, used = os.wait4(self.script, 0)
        cpu_s = used.ru_utime + used.ru_stime
        with contextlib.suppress(OSError):
            os.write(self.files[2], f"{cpu_s:.1f} s of CPU, {used.ru_maxrss >> 10} MiB\n".encode())
        with contextlib.suppress(OSError):
            self.client.sendall(f"{os.waitstatus_to_exitcode(status)}\n".encode())
        self.client.close()
        for each in self.files:
            os.close(each)


def _receive(client: socket.socket) -> tuple[list[int], dict[str, Any]]:
    """Open files and request of a client; nothing from one that died while it asked."""
    files = array.array("i")
    try:
        _, passed, _, _ = client.recvmsg(1, socket.CMSG_SPACE(3 * files.itemsize))
        files.frombytes(passed[0][2])
        with client.makefile("rb") as asked:
            return list(files), marshal.load(asked)
    except (OSError, ValueError, EOFError, IndexError):
        return list(files), {}


def _import_for(script: str) -> None:
    """Import what a script's own import statements name; what fails is left to the script."""
    with contextlib.suppress(Exception):
        for name in LATE:
            importlib.import_module(name)
        for node in ast.parse(Path(script).read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ImportFrom) and node.module and not node.level:
                importlib.import_module(node.module)
            if isinstance(node, ast.Import):
                for name in node.names:
                    importlib.import_module(name.name)


def _fork(client: socket.socket, files: list[int], request: dict[str, Any]) -> int:
    """Start a script, and say so to its client. The process."""
    script = os.fork()
    if script == 0:
        client.close()
        _become(request, files)
    with contextlib.suppress(OSError):
        client.sendall(STARTED)
    return script


def _become(request: dict[str, Any], files: list[int]) -> NoReturn:
    """Be the script."""
    _die_with_parent()
    handle_signals(signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number, file in enumerate(files):
        os.dup2(file, number)
        os.close(file)
    os.chdir(request["folder"])
    os.environ.clear()
    os.environ.update(request["environment"])
    sys.argv = request["script"]
    sys.path.insert(0, str(Path(sys.argv[0]).parent))
    os._exit(_status_of(sys.argv[0]))


def _status_of(script: str) -> int:
    """Run a script as Python does. Its exit status."""
    status = 0
    try:
        runpy.run_path(script, run_name="__main__")
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
        if isinstance(end.code, str):
            print(end.code, file=sys.stderr)
    except BaseException:
        traceback.print_exc()
        status = 1
    with contextlib.suppress(Exception):
        for thread in threading.enumerate():
            if thread is not threading.current_thread() and not thread.daemon:
                thread.join()
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
    return status


def _die_with_parent() -> None:
    """Linux: a killed parent takes this process with it."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


if __name__ == "__main__":
    serve(sys.argv[1], socket.socket(fileno=int(sys.argv[2])), int(sys.argv[3]))
