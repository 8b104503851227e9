import asyncio
from types import SimpleNamespace

from snakemake_executor_plugin_slurm_steady import Executor


def test_an_executor_that_is_still_being_made_can_be_asked_about_no_jobs():
    """Snakemake's waiting thread starts before the constructor has ended; it must not die."""
    executor = object.__new__(Executor)
    settings = SimpleNamespace(init_seconds_before_status_checks=3)
    executor.workflow = SimpleNamespace(executor_settings=settings)

    async def look():
        return [job async for job in executor.check_active_jobs([])]

    assert asyncio.run(look()) == []
    assert executor.next_seconds_between_status_checks == 3
