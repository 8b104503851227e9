"""Makes a study look finished: python finish_study.py SNAKEFILE STUDY

The scheduler of a real run is replaced: in order of the graph, every output is made (empty) and
Snakemake's own record of the job is written by Snakemake's own function.
"""

import sys
from pathlib import Path
from typing import Any

from snakemake.cli import main
from snakemake.scheduling.job_scheduler import JobScheduler


def schedule(scheduler: Any) -> bool:
    """Make outputs and records of all jobs instead of running them."""
    workflow = scheduler.workflow
    for level in workflow.dag.toposorted():
        for job in level:
            for path in job.output:
                make(Path(path), is_folder=path.is_directory)
            workflow.async_run(workflow.persistence.finished(job))
    return True


def make(path: Path, *, is_folder: bool) -> None:
    """An empty file or folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.mkdir(exist_ok=True) if is_folder else path.touch()


if __name__ == "__main__":
    JobScheduler.schedule = schedule
    snakefile, study = sys.argv[1:]
    main(["-s", snakefile, "-d", study, "--cores", "1", "--no-hooks", "--quiet", "all"])
