"""Results that cannot be written, and would be made again: somebody else's, or an archive's.

Snakemake names them beside a line of our rules, and names no way on.
"""

from functools import wraps
from typing import Any


def tell_protected(job: Any, refusal: type[Exception], told: type[Exception]) -> None:
    """Let Snakemake say what to do. Patches its class of jobs, which raises `refusal` so far.

    AttributeError where there is no such method.
    """
    check = job.check_protected_output

    @wraps(check)
    async def check_and_tell(self: Any) -> None:
        try:
            await check(self)
        except refusal:
            closed = ", ".join([str(file) for file in self.output if await file.protected()])
            raise told(
                f"{closed} cannot be written by you, and would be made again by {self.rule.name}. "
                "In the study's folder, `chmod -R u+w results` lets you; where it is somebody "
                "else's, copy the study, do this in the copy, and run that one"
            ) from None

    job.check_protected_output = check_and_tell
