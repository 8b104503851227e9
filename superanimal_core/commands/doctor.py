"""Look whether this machine, this folder and this cluster can run a study, before 5,000 jobs fail.

    superanimal doctor --study ~/my-study --profile ~/.config/snakemake/slurm

One line for each check. Where sbatch is found, every rule's request in the profile is compared with
what the cluster allows. The exit status is 1 when something must be mended first.
"""

import argparse
import getpass
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from superanimal_core.cluster.slurm_limits import (
    SINFO,
    Nodes,
    parse_accounts,
    parse_nodes,
    refusals,
)
from superanimal_core.cluster.slurm_states import answer
from superanimal_core.commands.memory_limit import short_of_memory
from superanimal_core.commands.profile_requests import Profile, installed_profile, read_profile
from superanimal_core.errors import SuperAnimalError
from superanimal_core.jobs.run_owner import name_user
from superanimal_core.study.shipped import WORKFLOW

GIB = 2**30
FEW_FREE_GIB, SOME_FREE_GIB = 1, 20
FEW_FREE_FILES, SOME_FREE_FILES = 10_000, 250_000  # about 50 for each of 5,000 videos
SMALL_FILES, SLOW_FILE_MS = 100, 20.0


@dataclass(frozen=True)
class Finding:
    """One line of the examination."""

    level: Literal["ok", "warning", "problem"]
    subject: str
    text: str


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `doctor`."""
    parser.add_argument("--study", default=".", help="the study's folder (default: this one)")
    parser.add_argument("--profile", help="folder of the profile (default: the installed one)")


def run(options: argparse.Namespace) -> None:
    """Print the findings. SuperAnimalError when there is a problem."""
    folder = Path(options.study)
    if not folder.is_dir():
        raise SuperAnimalError(f"{folder} is no folder; name the study's with --study")
    findings = [python_finding(), accelerator_finding(), decoding_finding()]
    findings += [space_finding(folder), files_finding(folder), writing_finding(folder)]
    findings += cluster_findings(Path(options.profile or installed_profile()))
    for finding in findings:
        print(f"{finding.level:8} {finding.subject}: {finding.text}")
    problems = sum(finding.level == "problem" for finding in findings)
    if problems:
        raise SuperAnimalError(f"{problems} to mend before a run")


def python_finding() -> Finding:
    """The interpreter."""
    version = ".".join(map(str, sys.version_info[:3]))
    return Finding("ok", "python", f"{version} ({sys.executable})")


def accelerator_finding() -> Finding:
    """torch, and what it computes on."""
    try:
        import torch  # seconds; and a broken installation is a finding
    except (ImportError, OSError) as error:
        why = short_of_memory(error) or f"{error}; install requirements.lock again"
        return Finding("problem", "torch", why)
    found = f"torch {torch.__version__}"
    if torch.cuda.is_available():
        return Finding("ok", "accelerator", f"{found}, {torch.cuda.get_device_name()}")
    if torch.backends.mps.is_available():
        return Finding("ok", "accelerator", f"{found}, Apple MPS")
    text = "no GPU on this machine: training and prediction are slow here; look on a GPU node too"
    return Finding("warning", "accelerator", f"{found}, {text}")


def decoding_finding() -> Finding:
    """A clip that is written and decoded."""
    from superanimal_core.media.frame_index import index_frames
    from superanimal_core.report.video_file import write_video

    frames = 10
    try:
        with tempfile.TemporaryDirectory() as folder:
            clip = Path(folder) / "clip.mp4"
            write_video(iter([np.full((48, 64, 3), 99, np.uint8)] * frames), clip, 25.0)
            decoded = int(np.sum(index_frames(clip, None).is_decoded))
    except Exception as error:
        return Finding("problem", "video", f"{type(error).__name__}: {error}; install av again")
    if decoded != frames:
        return Finding(
            "problem", "video", f"{decoded} of {frames} frames decoded; install av again"
        )
    return Finding("ok", "video", f"{frames} frames written and decoded")


def space_finding(folder: Path) -> Finding:
    """Free disk space of a folder."""
    free_gib = shutil.disk_usage(folder).free / GIB
    level = _level(free_gib, FEW_FREE_GIB, SOME_FREE_GIB)
    advice = "" if level == "ok" else "; make room, or put results/ on another disk by a link"
    return Finding(level, "disk space", f"{free_gib:.1f} GiB free in {folder.resolve()}{advice}")


def files_finding(folder: Path) -> Finding:
    """Files that may still be made in a folder's file system; some have no such limit."""
    counts = os.statvfs(folder)
    if counts.f_files == 0:
        return Finding("ok", "files", "no limit on their number")
    level = _level(counts.f_favail, FEW_FREE_FILES, SOME_FREE_FILES)
    advice = "" if level == "ok" else "; Snakemake's --persistence-backend db saves half of them"
    return Finding(level, "files", f"{counts.f_favail} more can be made{advice}")


def writing_finding(folder: Path) -> Finding:
    """How long a small file takes in a folder."""
    try:
        with tempfile.TemporaryDirectory(dir=folder, prefix=".doctor-") as room:
            start_s = time.perf_counter()
            for i in range(SMALL_FILES):
                (Path(room) / str(i)).write_bytes(b"x" * 1000)
            each_ms = (time.perf_counter() - start_s) / SMALL_FILES * 1000
    except OSError as error:
        return Finding("problem", "writing", f"{folder}: {error.strerror}; choose another folder")
    if each_ms > SLOW_FILE_MS:
        advice = "a slow network disk; keep the study on the fastest shared one, use larger groups"
        return Finding("warning", "writing", f"{each_ms:.1f} ms for a small file: {advice}")
    return Finding("ok", "writing", f"{each_ms:.2f} ms for a small file")


def cluster_findings(profile: Path) -> Iterator[Finding]:
    """What Slurm would say to the jobs of a profile."""
    if shutil.which("sbatch") is None:
        yield Finding("ok", "Slurm", "no sbatch on this machine; nothing more to look at")
        return
    listing = answer(list(SINFO))
    if listing is None:
        yield Finding("problem", "Slurm", "sinfo does not answer; is the controller up?")
        return
    known = read_profile(profile, WORKFLOW / "workflow/rules")
    yield account_finding(known.accounts())
    yield from request_findings(known, parse_nodes(listing))


def account_finding(named: set[str]) -> Finding:
    """Whether the user may use the accounts of the profile."""
    name_user()
    question = ["sacctmgr", "-n", "-P", "show", "assoc", f"user={getpass.getuser()}"]
    listing = answer([*question, "format=Account"])
    if not listing:
        return Finding("ok", "account", "no accounting here, or none for you: not looked at")
    known = parse_accounts(listing)
    if named - known:
        wrong = ", ".join(sorted(named - known))
        return Finding(
            "problem", "account", f"not yours: {wrong}; yours: {', '.join(sorted(known))}"
        )
    return Finding("ok", "account", ", ".join(sorted(named)) or "your default one")


def request_findings(profile: Profile, nodes: list[Nodes]) -> Iterator[Finding]:
    """One line for each rule and group: refused at once, refused at a later attempt, or fits."""
    first, last = profile.requests(1), profile.requests(profile.attempts)
    for request, grown in zip(first, last, strict=True):
        wrong = "; ".join(refusals(request, nodes))
        later = "; ".join(refusals(grown, nodes))
        if wrong:
            yield Finding("problem", request.what, f"{wrong}; change {profile.path}")
        elif later:
            yield Finding("warning", request.what, f"attempt {profile.attempts} {later}")
        else:
            asked = f"{request.minutes:g} min, {request.memory_mb} MB, {request.gpus} GPUs fit"
            yield Finding("ok", request.what, asked)


def _level(free: float, few: float, some: float) -> Literal["ok", "warning", "problem"]:
    if free < few:
        return "problem"
    return "warning" if free < some else "ok"
