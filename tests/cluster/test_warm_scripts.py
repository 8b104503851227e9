"""A forked script behaves like one that Python started, and dies with those who wait for it."""

import os
import signal
import socket
import subprocess
import sys
import time

import pytest

from superanimal_core.cluster import warm_client

SNAKEMAKE = """
import subprocess, sys
from superanimal_core.cluster.warm_scripts import start_warm_scripts
start_warm_scripts()
print(sys.executable, flush=True)
sys.stdin.read()
"""


@pytest.fixture
def python(tmp_path):
    """What a Snakemake in a job takes for Python."""
    (tmp_path / "noisy.py").write_text("open('imported', 'a').write('once ')\n")
    process = subprocess.Popen(
        [sys.executable, "-c", SNAKEMAKE],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": f"{tmp_path}:{os.environ.get('PYTHONPATH', '')}"},
    )
    yield process.stdout.readline().strip()
    process.kill()
    process.wait()


@pytest.fixture
def start(python, tmp_path):
    """Starts a script in a folder of its own."""
    (tmp_path / "work").mkdir()

    def begin(text, **environment):
        script = tmp_path / "script.py"
        script.write_text(f"import noisy, os, signal, sys, time\n{text}\n")
        return subprocess.Popen(
            [python, script],
            cwd=tmp_path / "work",
            env=os.environ | {"OMP_NUM_THREADS": "1"} | environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    return begin


def imports(folder):
    return (folder / "imported").read_text().count("once")


def test_modules_are_imported_once_for_all_scripts(start, tmp_path):
    for _ in range(3):
        assert start("pass").wait() == 0
    assert imports(tmp_path) == 1


def test_a_script_has_its_folder_environment_files_and_name(start, tmp_path):
    start("pass").wait()
    text = "print(os.getcwd(), os.environ['COLOR'], sys.argv, __name__, input())"
    told, errors = start(text, COLOR="green").communicate("typed\n")
    assert told.split() == [
        *(str(tmp_path / "work"), "green"),
        *(f"['{tmp_path}/script.py']", "__main__", "typed"),
    ]
    assert "MiB" in errors


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("sys.exit(3)", 3),
        ("sys.exit('no')", 1),
        ("raise ValueError('said')", 1),
        ("os._exit(4)", 4),
        ("os.kill(os.getpid(), signal.SIGKILL)", -signal.SIGKILL),
    ],
)
def test_a_script_ends_as_it_would(start, text, status):
    assert start(text).wait() == status


def test_a_failed_script_says_why(start):
    assert "ValueError: said" in start("raise ValueError('said')").communicate()[1]


def test_another_number_of_threads_needs_another_python(start, tmp_path):
    assert start("pass").wait() == 0
    assert start("pass", OMP_NUM_THREADS="2").wait() == 0
    assert imports(tmp_path) == 1  # in the server
    assert (tmp_path / "work/imported").exists()  # in the script's own Python


def lives(process):
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def wait_for_end(process):
    until = time.monotonic() + 20
    while lives(process):
        assert time.monotonic() < until
        time.sleep(0.05)


SLEEP = "print(os.getpid(), os.getppid(), flush=True); time.sleep(60)"


def test_a_script_dies_with_its_client(start):
    client = start(SLEEP)
    script = int(client.stdout.readline().split()[0])
    client.kill()
    wait_for_end(script)


def test_a_client_ends_when_what_runs_its_script_dies(start):
    client = start(SLEEP)
    script, server = map(int, client.stdout.readline().split())
    os.kill(server, signal.SIGKILL)
    assert client.wait(20) == -signal.SIGKILL
    wait_for_end(script)


def test_a_script_that_was_started_is_not_run_again_when_its_server_is_lost(tmp_path):
    """A server that dies with something unread resets the connection."""
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / warm_client.SOCKET))
        listening.listen()
        command = [sys.executable, "-SE", warm_client.__file__, tmp_path, sys.executable]
        client = subprocess.Popen([*command, "-c", "raise SystemExit(3)"])
        server, _ = listening.accept()
        server.recv(1)  # what comes with the open files
        server.recv(1)  # of the request
        server.sendall(warm_client.STARTED)
        server.close()
        assert client.wait(60) == -signal.SIGKILL


def test_a_script_can_answer_signals_that_the_whole_job_gets(start):
    client = start(
        "signal.signal(signal.SIGUSR2, lambda *_: sys.exit(7));"
        "print(os.getpid(), os.getppid(), flush=True); time.sleep(60)"
    )
    for process in (*map(int, client.stdout.readline().split()[::-1]), client.pid):
        os.kill(process, signal.SIGUSR2)
    assert client.wait(20) == 7
