"""Run a script of the workflow as Snakemake would: `tail_job.py SCRIPT JOB.json [--profile]`.

The job's document holds `rule`, `video`, `input`, `output` and `params`. Standard library only: the
seconds that are measured are the script's.
"""

import json
import runpy
import sys
from collections.abc import Iterator
from typing import Any

LINES = 45


class Named(dict[str, Any]):
    """Files and settings as Snakemake gives them to a script."""

    __getattr__ = dict.__getitem__

    def __iter__(self) -> Iterator[Any]:
        for one in self.values():
            yield from one if isinstance(one, list) else [one]


class Job:
    """One step of one video, or of all of them, as its script sees it."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.rule, video = document["rule"], document["video"]
        self.input, self.output = Named(document["input"]), Named(document["output"])
        self.params, self.wildcards = Named(document["params"]), Named(video=video)
        self.resources, self.log = {"last_attempt": 0}, [f"logs/{self.rule}/{video}.log"]


def main() -> None:
    """Run it, and print into its log what took longest where that is asked for."""
    script, document, *asked = sys.argv[1:]
    with open(document, encoding="utf-8") as file:
        own = {"snakemake": Job(json.load(file))}
    if not asked:
        runpy.run_path(script, own)
        return
    import cProfile  # here: no part of what is measured
    import pstats

    profile = cProfile.Profile()
    profile.runcall(runpy.run_path, script, own)
    pstats.Stats(profile).sort_stats("cumulative").print_stats(LINES)
    pstats.Stats(profile).sort_stats("tottime").print_stats(LINES // 2)


if __name__ == "__main__":
    main()
