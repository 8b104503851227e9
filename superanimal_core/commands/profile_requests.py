"""What the jobs of a Snakemake profile ask a cluster for: rules alone, and groups of videos."""

import math
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from superanimal_core.cluster.slurm_limits import Request
from superanimal_core.errors import SuperAnimalError
from superanimal_core.formats.documents import read_yaml
from superanimal_core.study.shipped import WORKFLOW

BATCH = re.compile(r'^\s*batch\("(\w+)"\)', re.MULTILINE)
PARTITION_CONFIG = re.compile(r"^slurm(-steady)?-partition-config$")
VIDEO_BYTES = 200e6  # some ten minutes, where a request grows with the size of the video's file
# what such an expression may name, as Snakemake has it
EXPRESSION = {
    "input": SimpleNamespace(size_mb=VIDEO_BYTES / 1e6, video=""),
    "shutil": SimpleNamespace(
        os=SimpleNamespace(stat=lambda _: SimpleNamespace(st_size=VIDEO_BYTES))
    ),
    "threads": 1,
}


def installed_profile() -> Path:
    """The site's profile that `make slurm-profile` has installed, else the shipped one."""
    home = os.environ.get("XDG_CONFIG_HOME") or os.path.expanduser("~/.config")
    installed = Path(home) / "snakemake/slurm"
    return installed if installed.is_dir() else WORKFLOW / "profiles/slurm"


@dataclass(frozen=True)
class Profile:
    """A profile's file, and for each rule of the workflow its group of videos ('' for none)."""

    path: Path
    values: Mapping[str, Any]
    group_of: Mapping[str, str]

    @property
    def attempts(self) -> int:
        return 1 + int(self.values.get("retries", 0))

    def accounts(self) -> set[str]:
        """Accounts that the profile names."""
        found = {self._resource(rule, "slurm_account", 1) for rule in self.group_of}
        return {str(account) for account in found if account}

    def requests(self, attempt: int) -> list[Request]:
        """What every rule, and every full group, asks for at an attempt."""
        alone = {rule: self.request(rule, attempt) for rule in self.group_of}
        groups = sorted({group for group in self.group_of.values() if group})
        return [*alone.values(), *(self._of_group(name, alone) for name in groups)]

    def request(self, rule: str, attempt: int = 1) -> Request:
        """What a rule asks for when it is no member of a group."""
        threads = int(dict(self.values.get("set-threads") or {}).get(rule, 1))
        partition = str(self._resource(rule, "slurm_partition", attempt) or "")
        chooses = any(PARTITION_CONFIG.match(key) for key in self.values)
        gpus = self._resource(rule, "gpu", attempt) or 0
        return Request(
            what=f"rule {rule}",
            partition=None if chooses and not partition else partition,
            minutes=float(self._resource(rule, "runtime", attempt) or 0),
            memory_mb=int(self._resource(rule, "mem_mb", attempt) or 0),
            threads=min(threads, int(self.values.get("cores", threads))),
            gpus=int(gpus),
            gpu_model=str(self._resource(rule, "gpu_model", attempt) or ""),
        )

    def _of_group(self, group: str, alone: Mapping[str, Request]) -> Request:
        """Its videos run one after the other, as many at once as `cores` hold."""
        members = [alone[rule] for rule, name in self.group_of.items() if name == group]
        videos = _pairs(self.values.get("group-components")).get(group, 1)
        cores = int(self.values.get("cores", 1))
        minutes = sum(m.minutes * math.ceil(videos / max(cores // m.threads, 1)) for m in members)
        return Request(
            what=f"group {group} of {videos} videos",
            partition=members[0].partition,
            minutes=minutes,
            memory_mb=max(m.memory_mb for m in members),
            threads=max(m.threads for m in members),
            gpus=max(m.gpus for m in members),
            gpu_model=members[0].gpu_model,
        )

    def _resource(self, rule: str, name: str, attempt: int) -> Any:
        """A rule's resource. Expressions are evaluated, as Snakemake does with a profile's."""
        own = dict(self.values.get("set-resources") or {}).get(rule) or {}
        value = own.get(name, dict(self.values.get("default-resources") or {}).get(name))
        if not isinstance(value, str):
            return value
        try:
            return eval(value, {**EXPRESSION, "attempt": attempt})
        except NameError:  # a plain word, such as a partition
            return value
        except Exception as error:
            place = f"{self.path}: {rule}: {name}"
            raise SuperAnimalError(
                f"{place}: read {value!r}, which gives {type(error).__name__}: {error}"
            ) from None


def read_profile(folder: str | Path, rules: str | Path) -> Profile:
    """A profile's folder, and the folder of the workflow's rules that it is for."""
    path = Path(folder) / "config.yaml"
    values = read_yaml(path)
    if not isinstance(values, dict):
        raise SuperAnimalError(f"{path}: no profile; expected settings of Snakemake by name")
    groups = {}
    for file in sorted(Path(rules).glob("*.smk")):
        text = file.read_text(encoding="utf-8")
        if "localrule: True" not in text and file.stem != "common":
            groups[file.stem] = next(iter(BATCH.findall(text)), "")
    return Profile(path, values, groups)


def _pairs(values: Any) -> dict[str, int]:
    """`[gpu=10, tail=20]`, or a mapping, as numbers by name."""
    if isinstance(values, dict):
        return {str(name): int(count) for name, count in values.items()}
    return {name: int(count) for name, _, count in (str(v).partition("=") for v in values or [])}
