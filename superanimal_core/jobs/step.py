"""What every script does around its work: logs, and what happens when something goes wrong.

`study_step`: a mistake of the user ends the job with one message, without a traceback.
`video_step`: one bad video stops nothing.

* A VideoError (a known fault of the input, or a table that stands for one) becomes outputs without
  rows whose metadata hold stage and reason.
* Any other exception fails the job, so that it is tried again; on the last attempt it becomes such
  outputs too, with the traceback in the log. A full disk never does, nor one that fails, nor a file
  server that is away, nor a limit of the shell: the job fails.
* On the last attempt the work runs in a child process. When the child dies without a word
  (segmentation fault, out of memory), the parent writes the outputs.

Both end with the Snakemake that started the script, and wait until what was made is on the disk:
after a power cut Snakemake makes again what it was not told is done, and nothing else.
"""

import ctypes
import os
import signal
import sys
import traceback
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from superanimal_core.errors import SuperAnimalError, VideoError
from superanimal_core.jobs.failed_jobs import INTERRUPTED
from superanimal_core.jobs.full_disk import full_disk_sentence, is_full_disk
from superanimal_core.jobs.log import log_to, say_at_last
from superanimal_core.jobs.on_disk import write_through
from superanimal_core.jobs.run_owner import end_with_runner
from superanimal_core.jobs.shell_limits import limit_of_death, limit_of_error
from superanimal_core.jobs.troubled_place import trouble_of_place, trouble_sentence
from superanimal_core.study.places import Places
from superanimal_core.study.spread_contents import spread_digest
from superanimal_core.tables.contents import DOCUMENT_BYTES, content_digest
from superanimal_core.tables.parquet import (
    raise_failure_in,
    read_parquet,
    read_record,
    write_failure,
)

PR_SET_PDEATHSIG = 1
_Kinds = type[Exception] | tuple[type[Exception], ...]


@contextmanager
def study_step(snakemake: Any) -> Iterator[dict[str, Any]]:
    """Runs the block as a job over the whole study; gives the record for its outputs' metadata.

    A SuperAnimalError goes to the log and to the terminal in its own words, and the job exits 1.
    """
    terminal = os.dup(2)
    log_to(snakemake.log)
    end_with_runner()
    try:
        with _ends_told(snakemake, told=SuperAnimalError):
            yield step_record(snakemake)
            write_through(snakemake.output)
    except SuperAnimalError as error:
        print(error, file=sys.stderr, flush=True)
        os.write(terminal, f"\n{snakemake.rule}: {error}\n\n".encode())
        os._exit(1)
    finally:
        os.close(terminal)


def pass_failure_on(snakemake: Any) -> None:
    """Ends a job whose video has failed before, with outputs that say so.

    `video_step` would do the same; called before torch is imported, this spares a failed video some
    seconds per job. A table that cannot be read fails the job, on its last attempt the video.
    """
    try:
        for path in map(str, snakemake.input):
            if path.endswith(".parquet") and "failure" in read_record(path):
                read_parquet(path)
            raise_failure_in(path)
    except VideoError as error:
        log_to(snakemake.log)
        _write_failure(snakemake, step_record(snakemake), error.stage, error.reason)
        sys.exit(0)
    except SuperAnimalError:
        with video_step(snakemake):
            raise
        sys.exit(0)


@contextmanager
def video_step(snakemake: Any) -> Iterator[dict[str, Any]]:
    """Runs the block as one step of one video; gives the record for the metadata of its outputs.

    `snakemake` is the object that Snakemake gives to scripts; its `resources.last_attempt` says
    whether a failure is final.
    """
    log_to(snakemake.log)
    is_last = bool(snakemake.resources.get("last_attempt", 1))
    with _ends_told(snakemake):
        record = step_record(snakemake)
        if is_last:
            _continue_in_child(snakemake, record)
        else:
            end_with_runner()
        try:
            yield record
            write_through(snakemake.output)
        except Exception as error:
            if _why_ended(error, snakemake):
                raise
            if isinstance(error, VideoError):
                _write_failure(snakemake, record, error.stage, error.reason)
                return
            traceback.print_exc()
            if not is_last:
                raise
            _write_failure(snakemake, record, snakemake.rule, _one_sentence(error))


@contextmanager
def _ends_told(snakemake: Any, told: _Kinds = ()) -> Iterator[None]:
    """What is no fault of a video ends the job with one sentence, and makes no row.

    A full disk, one that fails, a file server that is away, a limit of the shell (but for errors
    that have been `told` in words of their own); and somebody who ends the run.
    """
    try:
        yield
    except KeyboardInterrupt:
        print(INTERRUPTED, file=sys.stderr, flush=True)
        os._exit(128 + signal.SIGINT)
    except Exception as error:
        if not (why := _why_ended(error, snakemake, told)):
            raise
        say_at_last(why)
        os._exit(1)


def _why_ended(error: Exception, snakemake: Any, told: _Kinds = ()) -> str:
    """The sentence of a full disk, a limit, a place in trouble; '' where the error is another."""
    if is_full_disk(error):
        return full_disk_sentence(next(iter(snakemake.output)))
    if isinstance(error, told):
        return ""
    if limit := limit_of_error(error):
        return limit
    trouble = trouble_of_place(error, map(str, snakemake.input))
    return trouble_sentence(trouble) if trouble else ""


def step_record(snakemake: Any) -> dict[str, Any]:
    """Rule, wildcards, settings, source digest and digests of the inputs of a job.

    What is known by its content only has no place in it: a path that leads out of the study is
    there by its last part, `Places` are not.
    """
    given = dict(snakemake.params.items())
    settings = {name: value for name, value in given.items() if not isinstance(value, Places)}
    return {
        "rule": snakemake.rule,
        **dict(snakemake.wildcards.items()),
        "source_digest": settings.pop("code", ""),
        "settings": settings,
        "inputs": _digests_of(Path(str(path)) for path in snakemake.input),
    }


def _digests_of(inputs: Iterable[Path]) -> dict[str, str]:
    """Digests of the inputs that are there, by name; several of one name stand side by side.

    A large file has that of its blocks beside: work that a killed job left is named by the record,
    and must not go on with a mended copy of a video (study.identities).
    """
    found: dict[str, str] = {}
    for path in filter(Path.exists, inputs):
        parts = content_digest(path), spread_digest(str(path), DOCUMENT_BYTES)
        digest = "-".join(filter(None, parts))
        name = _portable(path)
        found[name] = f"{found[name]} {digest}" if name in found else digest
    return found


def _portable(path: Path) -> str:
    return path.name if path.is_absolute() else str(path)


def _one_sentence(error: Exception) -> str:
    text = " ".join(str(error).split()) or "no message"
    if isinstance(error, SuperAnimalError):
        return text
    return f"{type(error).__name__}: {text[:300]} (traceback in the log)"


def _write_failure(snakemake: Any, record: dict[str, Any], stage: str, reason: str) -> None:
    print(f"{snakemake.rule}: {stage}: {reason}", file=sys.stderr)
    for path in map(str, snakemake.output):
        if path.endswith(".mp4"):
            from superanimal_core.jobs.failure_card import write_failure_card

            write_failure_card(path, stage, reason)
        else:
            write_failure(path, {**record, "failure": {"stage": stage, "reason": reason}})
    write_through(snakemake.output)


def _continue_in_child(snakemake: Any, record: dict[str, Any]) -> None:
    """Returns in a forked child. The parent waits, reports a death by signal, and leaves."""
    sys.stdout.flush()
    sys.stderr.flush()
    parent = os.getpid()
    child = os.fork()
    if child == 0:
        _die_with_parent(parent)
        return
    end_with_runner()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda received, _: os.kill(child, received))
    _, status, used = os.wait4(child, 0)
    number = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
    if number and (why := limit_of_death(number, used.ru_utime + used.ru_stime)):
        say_at_last(why)
        os._exit(1)
    if number not in (0, signal.SIGTERM, signal.SIGINT):
        name = signal.Signals(number).name
        hint = "; it may have run out of memory" if name == "SIGKILL" else ""
        reason = f"the process died with {name}{hint}"
        _write_failure(snakemake, record, snakemake.rule, reason)
        status = 0
    os._exit(os.waitstatus_to_exitcode(status) & 0xFF)


def _die_with_parent(parent: int) -> None:
    """Linux: a killed parent takes the child with it. Elsewhere the child ends by itself."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)
