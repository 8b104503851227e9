"""What a run will cost: jobs, hours of the processor or GPU, memory and disk, before it begins.

    superanimal plan ~/my-study
    superanimal plan ~/my-study --seconds 10
    superanimal plan ~/my-study --slurm

It asks Snakemake which jobs are left, tries the networks of the study and one of its videos on this
machine for half a minute, and takes what the study's own jobs took before where there were some
(its folder benchmarks). Nothing is written. With --slurm a job tries them where the profile sends
predictions, and waits its turn there.
"""

import argparse
import math
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from contextlib import chdir, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import NoReturn

from superanimal_core.commands.cache_home import find_cache_home
from superanimal_core.commands.plan_costs import (
    MEASURED,
    PROBED_RULES,
    TRAININGS,
    Paces,
    RuleCost,
    measured_cost,
    unmeasured_cost,
    unmeasured_memory,
)
from superanimal_core.commands.plan_disk import measured_mb, usual_mb
from superanimal_core.commands.plan_load import DRAWS, frames_of, load_of, looks_at_videos
from superanimal_core.commands.plan_weights import owner_of, weights_here
from superanimal_core.commands.profile_requests import installed_profile, read_profile
from superanimal_core.commands.room import refuse_unwritable
from superanimal_core.commands.run import snakemake_command
from superanimal_core.commands.study_checks import space_of
from superanimal_core.commands.study_folder import checked_study, read_here, to_type
from superanimal_core.errors import SuperAnimalError
from superanimal_core.media.quick_look import VideoLook
from superanimal_core.report.cells import told_size, told_time
from superanimal_core.settings import AugmentSettings
from superanimal_core.study.graph import Graph
from superanimal_core.study.identities import Identities
from superanimal_core.study.rule_settings import RuleSettings
from superanimal_core.study.shipped import WORKFLOW
from superanimal_core.study.study import Study

LONG_S = 24 * 3600
SHOWN_MB = 0.1
PREDICTION = "predict_poses"
AROUND_MINUTES = 15  # of a job that tries a node: planning the study, and importing torch
NO_JOBS = "all"  # the rule that only names what is wanted


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `plan`."""
    parser.add_argument("study", nargs="?", default=".", help="its folder (default: this one)")
    seconds = "how long this machine is tried (default: 30)"
    parser.add_argument("--seconds", type=float, default=30.0, metavar="S", help=seconds)
    slurm = "try a node of the cluster instead, as the profile asks for predictions"
    parser.add_argument("--slurm", action="store_true", help=slurm)


def run(options: argparse.Namespace) -> None:
    """Print the table. SuperAnimalError when the study cannot be planned."""
    folder = checked_study(options.study)
    if options.slurm:
        try_on_cluster(folder, options.seconds)
    with chdir(folder):
        study = read_here()
        jobs = jobs_left()
        if not jobs:
            print("nothing is left to do")
            return
        looks = looks_at_videos(study)
        costs = costs_of(study, jobs, looks, options.seconds)
        lines = plan_lines(costs, os.cpu_count() or 1)
    print(*lines, *warnings(costs, os.cpu_count() or 1, folder), sep="\n")


def try_on_cluster(folder: Path, seconds: float) -> NoReturn:
    """Become srun, which plans on a node. SuperAnimalError: there is no srun here."""
    if not (srun := shutil.which("srun")):
        raise SuperAnimalError("--slurm: there is no srun here; type it where you submit jobs")
    profile = read_profile(installed_profile(), WORKFLOW / "workflow/rules")
    asked = profile.request(PREDICTION)
    options = [f"--mem={asked.memory_mb}M", f"--cpus-per-task={asked.threads}"]
    options += [f"--time={math.ceil(AROUND_MINUTES + seconds / 60)}", "--job-name=plan"]
    options += [f"--partition={asked.partition}" * bool(asked.partition)]
    options += [f"--account={account}" for account in sorted(profile.accounts())[:1]]
    model = f"{asked.gpu_model}:" if asked.gpu_model else ""
    options += [f"--gres=gpu:{model}{asked.gpus}" * bool(asked.gpus)]
    command = [sys.executable, "-m", "superanimal_core", "plan", str(folder.resolve())]
    command = [srun, *filter(None, options), *command, f"--seconds={seconds:g}"]
    print(shlex.join(command), file=sys.stderr, flush=True)
    os.execv(srun, command)


def jobs_left() -> dict[str, int]:
    """The jobs that Snakemake would run in this folder, by rule. SuperAnimalError: it cannot."""
    command = snakemake_command(Path(), ["-n"], is_slurm=False)
    find_cache_home(Path())
    told = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    if told.returncode:
        refuse_unwritable(Path())  # which Snakemake tells as a property of one file
        raise SuperAnimalError(f"Snakemake cannot plan it: {last_words(told.stdout)}")
    return jobs_in(told.stdout)


def last_words(told: str) -> str:
    """Why Snakemake could not plan: what it says after its last announcement, in one line."""
    _, is_announced, after = told.rpartition("Building DAG of jobs...")
    said = after if is_announced and after.strip() else told.strip().rpartition("\n")[2]
    return " ".join(said.split())[:500]


def jobs_in(told: str) -> dict[str, int]:
    """The table of jobs in what a dry run prints; none where nothing is to be done."""
    _, _, table = told.partition("Job stats:")
    rows = re.findall(r"^(\w+) +(\d+)$", table.partition("\ntotal")[0], re.MULTILINE)
    return {rule: int(count) for rule, count in rows if rule != NO_JOBS}


def costs_of(
    study: Study,
    jobs: Mapping[str, int],
    looks: Mapping[str, VideoLook],
    limit_s: float,
) -> list[RuleCost]:
    """What each rule costs, the dearest first; the networks are tried where nothing else tells."""
    load = load_of(study, looks)
    whole, drawn = frames_of(looks), frames_of(looks, study.settings.report.labeled_video)
    frames = {rule: drawn if rule == DRAWS else whole for rule in jobs}
    known = {r: measured_cost(Path(), r, frames[r], load.frames_of(r)) for r in jobs}
    asked = [rule for rule in jobs if known[rule] is None and rule in PROBED_RULES]
    paces = paces_of(study, whole, limit_s) if asked else {}
    models = [(study.settings.models[name], own) for name, own in paces.items()]
    costs = []
    for rule, count in jobs.items():
        one, memory_mb = known[rule] or (None, unmeasured_memory(rule, [*paces.values()]))
        how = MEASURED
        if one is None:
            one, how = unmeasured_cost(rule, study.settings, models, load)
        made = measured_mb(Path(), rule, frames[rule], load.frames_of(rule))
        made = made or usual_mb(rule, load, [*paces.values()])
        costs.append(RuleCost(rule, count, one, memory_mb, how, made))
    return sorted(costs, key=lambda cost: -cost.cpu_s)


def paces_of(study: Study, videos: Iterable[str], limit_s: float) -> dict[str, Paces]:
    """What the networks of each model cost here, by trying those that are not alike."""
    from superanimal_core.commands import plan_probe  # torch: only where networks are asked
    from superanimal_core.network.devices import use_device

    with redirect_stdout(StringIO()):  # jobs tell it their logs
        device = use_device(1, seed=0)  # what a job gets unless the profile says otherwise
    settings = RuleSettings(Graph(study, Identities()))
    chosen = study.settings
    models = {n: m for n, m in chosen.models.items() if m.predictions is None}
    begun = {n: weights_here(study, n) for n in models}
    kinds = {n: str((settings.network(n), settings.detector_network(n), begun[n])) for n in models}
    different = {kind: n for n, kind in kinds.items()}
    part_s = limit_s / (6 * max(1, len(different)))
    video = next((study.videos[name].path for name in videos), None)
    decode, picture = plan_probe.pace_of_decoding(video, part_s)
    augment = AugmentSettings.of_params(settings.augment())
    of_detector = AugmentSettings.of_params(settings.detector_augment())
    found = {}
    for key, name in different.items():
        space = space_of(study, models[name].space)
        networks = plan_probe.Networks.new(
            space, settings.network(name), settings.detector_network(name), picture, device
        )
        networks = networks.begun_with(
            *begun[name],
            space_of(study, owner_of(chosen, name).space),
            is_subpixel=chosen.network.subpixel,
            normalize_twice=chosen.detector.normalize_twice,
        )
        detect, pose = networks.prediction(chosen.inference, 2 * part_s)
        predicting_mb = plan_probe.peak_mb()
        step = networks.training(chosen.training, augment, 2 * part_s)
        detector_step = networks.detector_training(chosen.detector.batch, of_detector, part_s)
        peaks_mb = predicting_mb, plan_probe.peak_mb()
        paces = decode, detect, pose, step, detector_step
        found[key] = Paces(*paces, *networks.sizes_mb(), *peaks_mb)
    return {name: found[kind] for name, kind in kinds.items()}


def plan_lines(costs: Sequence[RuleCost], cores: int) -> list[str]:
    """The table, dearest first, and its sums."""
    lines = [
        f"{'rule':22} {'jobs':>6} {'of one':>10} {'of all':>10} {'memory':>9} {'disk':>9}  "
        "how it is known"
    ]
    lines += [
        f"{cost.rule:22} {cost.jobs:6} {told_time(cost.one_s):>10} {told_time(cost.cpu_s):>10} "
        f"{cost.memory_mb:6.0f} MB {told_disk(cost.disk_mb):>9}  {cost.known_by}"
        for cost in costs
    ]
    total = sum(cost.cpu_s for cost in costs)
    alone = max(total / cores, *(cost.one_s for cost in costs))  # a job has one core
    jobs = sum(cost.jobs for cost in costs)
    disk = told_disk(sum(cost.disk_mb for cost in costs))
    return [
        *lines,
        f"{'in all':22} {jobs:6} {'':10} {told_time(total):>10} {'':9} {disk:>9}",
        f"Times are of the processor; on {cores} cores that have nothing else to do, "
        f"{told_time(alone)} or more. Disk: of the results that stay.",
    ]


def told_disk(megabytes: float) -> str:
    """As a size; nothing below a tenth of a megabyte."""
    return told_size(megabytes * 1e6) if megabytes >= SHOWN_MB else ""


def warnings(costs: Sequence[RuleCost], cores: int, folder: Path) -> list[str]:
    """What to do instead where a processor would train for more than a day; nothing otherwise."""
    trainings = [cost for cost in costs if cost.rule in TRAININGS]
    longest = max((cost.one_s for cost in trainings), default=0.0)
    training = max(longest, sum(cost.cpu_s for cost in trainings) / cores)
    if training < LONG_S or _has_gpu():
        return []
    config = folder / "config/config.yaml"
    return [
        f"The trainings alone would take {told_time(training)} on this processor. Instead:",
        "  take a network that there is: superanimal init NEW --videos … --model "
        "superanimal_topviewmouse_hrnet_w32 (or a folder results/models/mouse of somebody)",
        f"  or look first what a tenth of it gives: training: {{ steps: 2000 }} in {config}",
        f"  or train where there is a GPU: {to_type('run', folder, ' --slurm')}",
    ]


def _has_gpu() -> bool:
    import torch

    return torch.cuda.is_available()
