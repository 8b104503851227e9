"""What a cluster's partitions allow, and whether the jobs that a profile asks for fit in.

Formats: the sinfo manual page (`-o "%P|%l|%c|%m|%G|%a"`) and that of sacctmgr (`-n -P`).
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

SINFO = ("sinfo", "--noheader", "-o", "%P|%l|%c|%m|%G|%a")
UNLIMITED_MIN = float("inf")
TIME = re.compile(r"^(?:(\d+)-)?(\d+)(?::(\d+))?(?::(\d+))?$")
GPU = re.compile(r"gpu(?::([A-Za-z][^:(,]*))?:(\d+)")


@dataclass(frozen=True)
class Nodes:
    """Nodes of one kind in one partition: time limit (min), cores, memory (MB), GPUs by model."""

    partition: str
    is_default: bool
    is_up: bool
    limit_min: float
    cpus: int
    memory_mb: int
    gpus: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Request:
    """What a job asks for. `partition` '': the default one; None: whichever fits."""

    what: str
    partition: str | None
    minutes: float
    memory_mb: int
    threads: int
    gpus: int
    gpu_model: str


def parse_nodes(listing: str) -> list[Nodes]:
    """The kinds of nodes in sinfo's lines `partition|limit|cpus|memory|gres|availability`."""
    rows = (line.strip().split("|") for line in listing.splitlines() if line.count("|") == 5)
    return [
        Nodes(
            partition=partition.rstrip("*"),
            is_default=partition.endswith("*"),
            is_up=state == "up",
            limit_min=parse_limit_min(limit),
            cpus=_number(cpus),
            memory_mb=_number(memory),
            gpus=tuple((model, int(count)) for model, count in GPU.findall(gres)),
        )
        for partition, limit, cpus, memory, gres, state in rows
    ]


def parse_limit_min(text: str) -> float:
    """Minutes in a time of Slurm: days-hours:minutes:seconds, minutes:seconds, infinite."""
    match = TIME.match(text)
    if match is None:
        return UNLIMITED_MIN
    days, *parts = match.groups()
    numbers = [int(part) for part in parts if part is not None]
    if days is not None:  # days-hours, days-hours:minutes, days-hours:minutes:seconds
        hours, minutes, seconds = [*numbers, 0, 0][:3]
        return int(days) * 1440 + hours * 60 + minutes + seconds / 60
    if len(numbers) == 1:
        return numbers[0]
    hours, minutes, seconds = [0, *numbers][-3:]
    return hours * 60 + minutes + seconds / 60


def parse_accounts(listing: str) -> set[str]:
    """Accounts in sacctmgr's lines, one each."""
    return {line.strip() for line in listing.splitlines() if line.strip()}


def refusals(request: Request, nodes: Sequence[Nodes]) -> list[str]:
    """Why Slurm would refuse a request, or let it wait for ever; none when it fits."""
    chosen = _nodes_of(request.partition, nodes)
    if not chosen:
        return [f"{_place(request)} does not exist; there are {_names(nodes)}"]
    up = [each for each in chosen if each.is_up]
    if not up:
        return [f"{_place(request)} is down"]
    if any(_fits(request, each) for each in up):
        return []
    return _what_is_too_much(request, up)


def _nodes_of(partition: str | None, nodes: Iterable[Nodes]) -> list[Nodes]:
    if partition is None:
        return list(nodes)
    return [n for n in nodes if (n.partition == partition if partition else n.is_default)]


def _fits(request: Request, nodes: Nodes) -> bool:
    return (
        request.minutes <= nodes.limit_min
        and request.memory_mb <= nodes.memory_mb
        and request.threads <= nodes.cpus
        and request.gpus <= _gpus(request, nodes)
    )


def _gpus(request: Request, nodes: Nodes) -> int:
    wanted = request.gpu_model
    return sum(count for model, count in nodes.gpus if not wanted or model == wanted)


def _what_is_too_much(request: Request, nodes: Sequence[Nodes]) -> list[str]:
    """Every quantity beyond the largest of all nodes; else that no kind of node has all of them."""
    place = _place(request)
    limit = max(each.limit_min for each in nodes)
    memory, cpus = max(each.memory_mb for each in nodes), max(each.cpus for each in nodes)
    gpus = max(_gpus(request, each) for each in nodes)
    model = f" {request.gpu_model}" if request.gpu_model else ""
    known = sorted({model or "unnamed" for each in nodes for model, _ in each.gpus}) or ["none"]
    found = [
        (request.minutes > limit, f"asks for {request.minutes:g} min, {place} allows {limit:g}"),
        (
            request.memory_mb > memory,
            f"asks for {request.memory_mb} MB, the largest node of {place} has {memory}",
        ),
        (
            request.threads > cpus,
            f"asks for {request.threads} cores, the largest node of {place} has {cpus}",
        ),
        (
            request.gpus > gpus,
            f"asks for {request.gpus} GPUs{model}, a node of {place} has {gpus} of them "
            f"(models there: {', '.join(known)})",
        ),
    ]
    return [text for is_wrong, text in found if is_wrong] or [
        f"no node of {place} has its time, memory, cores and GPUs at once"
    ]


def _place(request: Request) -> str:
    if request.partition is None:
        return "any partition"
    return f"partition '{request.partition}'" if request.partition else "the default partition"


def _names(nodes: Iterable[Nodes]) -> str:
    return ", ".join(sorted({each.partition for each in nodes})) or "none"


def _number(text: str) -> int:
    """sinfo writes `16000+` where nodes differ and it was told to group them."""
    return int(text.rstrip("+") or 0)
