"""A real Slurm of several virtual nodes on one host, for tests: no systemd, own key, own folder.

python tests/slurm/cluster.py start|stop FOLDER     (Debian packages: slurm-wlm munge)

Everything lives in FOLDER, so that several clusters can be up side by side: FOLDER/bin comes first
in the PATH of those who use one, and has Slurm's commands for it (jobs keep their PATH, while a
SLURM_CONF is taken from the environment by those who start a job within a job).
"""

import getpass
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

NODES, CPUS, MEMORY_MB, GPUS = 3, 4, 16000, 2
FIRST_PORT, PORTS_OF_ONE = 16817, 100
JOBS_OF_ONE = 100_000  # no two clusters have jobs of the same number
NEEDED = ("munged", "slurmctld", "slurmd", "sbatch", "srun", "squeue", "scancel", "scontrol")
COMMANDS = ("sbatch", "srun", "squeue", "sacct", "scancel", "scontrol", "sinfo")
PATH = os.pathsep.join([os.environ["PATH"], "/usr/sbin", "/sbin"])
START_WITHIN_S = 60
REQUEUE_AFTER_S = 20  # a requeued job starts when its credential has run out; Slurm's own is 120

CONFIGURATION = """\
ClusterName=test
SlurmctldHost={host}(127.0.0.1)
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket,cred_expire={requeue}
SlurmctldPort={port}
SlurmctldPidFile={folder}/slurmctld.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdPidFile={folder}/slurmd-%n.pid
SlurmdLogFile={folder}/slurmd-%n.log
SlurmdSpoolDir={folder}/spool-%n
StateSaveLocation={folder}/state
FirstJobId={first_job}
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=task=1
JobAcctGatherParams=OverMemoryKill,UsePss
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
DefMemPerCPU=200
SlurmdParameters=config_overrides
SchedulerParameters=sched_interval=1,bf_interval=1,batch_sched_delay=0
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
JobRequeue=1
KillWait=3
SlurmdTimeout=15
ReturnToService=2
MinJobAge=300
MpiDefault=none
SwitchType=switch/none
AccountingStorageType=accounting_storage/none
GresTypes=gpu
{nodes}
PartitionName=main Nodes=ALL Default=YES MaxTime=1-0 State=UP PriorityTier=10 PreemptMode=OFF
PartitionName=short Nodes=ALL MaxTime=10 State=UP PriorityTier=10 PreemptMode=OFF
PartitionName=gpu Nodes=ALL MaxTime=1-0 State=UP PriorityTier=20 PreemptMode=OFF
PartitionName=requeueing Nodes=ALL MaxTime=1-0 State=UP PriorityTier=1 PreemptMode=REQUEUE
PartitionName=cancelling Nodes=ALL MaxTime=1-0 State=UP PriorityTier=1 PreemptMode=CANCEL
"""


def missing() -> str:
    """Why no cluster can be started here; empty where one can."""
    lacking = [name for name in NEEDED if shutil.which(name, path=PATH) is None]
    if lacking:
        return f"no {', '.join(lacking)} (Debian packages slurm-wlm and munge)"
    return ""


def start(folder: Path, number: int = 0) -> None:
    """Brings the cluster up, for this process and those it starts; waits until every node is idle.

    Clusters that are up at a time have different numbers (0, 1, ...). RuntimeError where none can
    be started.
    """
    if why_not := missing():
        raise RuntimeError(why_not)
    port = FIRST_PORT + number * PORTS_OF_ONE
    for name in ("state", "dev", *(f"spool-n{i}" for i in range(NODES))):
        (folder / name).mkdir(parents=True, exist_ok=True)
    folder.chmod(0o755)
    nodes, gpus = [], []
    for i in range(NODES):
        for gpu in range(GPUS):  # a GPU is a character device
            device = folder / f"dev/n{i}-gpu{gpu}"
            device.unlink(missing_ok=True)
            device.symlink_to("/dev/null")
        gpus.append(f"NodeName=n{i} Name=gpu File={folder}/dev/n{i}-gpu[0-{GPUS - 1}]")
        nodes.append(
            f"NodeName=n{i} NodeHostname={socket.gethostname().split('.')[0]} NodeAddr=127.0.0.1 "
            f"Port={port + 10 + i} CPUs={CPUS} RealMemory={MEMORY_MB} Gres=gpu:{GPUS}"
        )
    text = CONFIGURATION.format(
        host=socket.gethostname().split(".")[0],
        user=getpass.getuser(),
        folder=folder,
        port=port,
        requeue=REQUEUE_AFTER_S,
        first_job=(number + 1) * JOBS_OF_ONE,
        nodes="\n".join(nodes),
    )
    (folder / "slurm.conf").write_text(text)
    (folder / "gres.conf").write_text("\n".join(gpus) + "\n")
    (folder / "cgroup.conf").write_text("CgroupPlugin=cgroup/v1\n")
    _use(folder)
    key = folder / "munge.key"
    if not key.exists():
        key.touch(mode=0o600)
        key.write_bytes(os.urandom(1024))
    munge = {"key-file": "key", "socket": "socket", "pid-file": "pid", "log-file": "log"}
    options = [f"--{option}={folder}/munge.{end}" for option, end in munge.items()]
    _run("munged", *options, f"--seed-file={folder}/munge.seed", "--force")
    start_controller()
    for i in range(NODES):
        start_node(i)
    deadline = time.monotonic() + START_WITHIN_S
    while (
        _run("sinfo", "-h", "-N", "-p", "main", "-o", "%T", check=False).split().count("idle")
        < NODES
    ):
        if time.monotonic() > deadline:
            log = (folder / "slurmctld.log").read_text()[-2000:]
            raise RuntimeError(f"Slurm's nodes are not idle after {START_WITHIN_S} s:\n{log}")
        time.sleep(0.2)


def start_controller(*, forget: bool = True) -> None:
    """Starts slurmctld; `forget` drops jobs of an earlier one."""
    _run("slurmctld", *(["-c"] if forget else []))
    deadline = time.monotonic() + START_WITHIN_S
    while "UP" not in _run("scontrol", "ping", check=False):
        if time.monotonic() > deadline:
            raise RuntimeError("slurmctld does not answer")
        time.sleep(0.2)


def start_node(i: int) -> None:
    """Starts the slurmd of one node."""
    _run("slurmd", "-N", f"n{i}")


def kill(folder: Path, daemon: str, how: signal.Signals = signal.SIGTERM) -> None:
    """Ends one daemon (slurmctld, slurmd-n0, munge) and waits for it."""
    pid_file = folder / f"{daemon}.pid"
    try:
        pid = int(pid_file.read_text())
        os.kill(pid, how)
    except (FileNotFoundError, ValueError, ProcessLookupError):
        return
    deadline = time.monotonic() + START_WITHIN_S
    while _lives(pid) and time.monotonic() < deadline:
        time.sleep(0.1)
    pid_file.unlink(missing_ok=True)


def stop(folder: Path) -> None:
    """Ends all daemons."""
    _use(folder)
    if (folder / "slurmctld.pid").exists():
        _run("scancel", "-u", getpass.getuser(), check=False)
        time.sleep(1)
    for daemon in (*(f"slurmd-n{i}" for i in range(NODES)), "slurmctld", "munge"):
        kill(folder, daemon)


def _use(folder: Path) -> None:
    """This process and those it starts speak to the cluster of a folder."""
    configuration, programs = folder / "slurm.conf", folder / "bin"
    programs.mkdir(exist_ok=True)
    for name in COMMANDS:
        if found := shutil.which(name, path=PATH):
            program = programs / name
            program.write_text(f'#!/bin/sh\nSLURM_CONF={configuration} exec {found} "$@"\n')
            program.chmod(0o755)
    os.environ |= {
        "SLURM_CONF": str(configuration),  # for the daemons
        "PATH": os.pathsep.join([str(programs), PATH]),
    }


def _lives(pid: int) -> bool:
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False


def _run(*command: str, check: bool = True) -> str:
    # daemons keep the pipes open: their words go to their logs, the commands' to a pipe
    done = subprocess.run(
        command,
        text=True,
        timeout=START_WITHIN_S,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL
        if command[0] in {"munged", "slurmctld", "slurmd"}
        else subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        check=check,
    )
    return done.stdout or ""


if __name__ == "__main__":
    {"start": start, "stop": stop}[sys.argv[1]](Path(sys.argv[2]).absolute())
