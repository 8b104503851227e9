"""What every script does around its work: logs, and what happens when something goes wrong.

`study_step`: a mistake of the user ends the job with one message, without a traceback.
`video_step`: one bad video stops nothing.

* A VideoError (a known fault of the input, or a table that stands for one) becomes outputs without
  rows whose metadata hold stage and reason.
* Any other exception fails the job, so that it is tried again; on the last attempt it becomes such
  outputs too, with the traceback in the log. A full disk never does, nor one that fails, nor a file
  server that is away, nor a limit of the shell: the job fails. A damaged file of the video does.
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
from typing import Any, NoReturn

from superanimal_core.errors import SuperAnimalError, VideoError
from superanimal_core.jobs import shell_limits
from superanimal_core.jobs.failed_jobs import INTERRUPTED
from superanimal_core.jobs.full_disk import full_disk_sentence, is_full_disk
from superanimal_core.jobs.log import log_to, say_at_last
from superanimal_core.jobs.on_disk import write_through
from superanimal_core.jobs.run_owner import end_with_runner
from superanimal_core.jobs.troubled_place import (
    OF_MAPPED_FILE,
    OF_NETWORK,
    OfVideo,
    Trouble,
    raised_by,
    trouble_of_files,
    trouble_of_place,
)
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


@contextmanager
def study_step(snakemake: Any) -> Iterator[dict[str, Any]]:
    """Runs the block as a job over the whole study; gives the record for its outputs' metadata.

    A SuperAnimalError goes to the log and to the terminal in its own words, and the job exits 1.
    """
    terminal = os.dup(2)
    log_to(snakemake.log)
    end_with_runner()
    try:
        with _ends_told(snakemake, of_study=True):
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
        with _ends_told(snakemake):
            _write_failure(snakemake, _what_is_known(snakemake), error.stage, error.reason)
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
    begun: dict[str, Any] = {}
    try:
        with _ends_told(snakemake, makes_row=is_last):
            record = step_record(snakemake)
            if is_last:
                _continue_in_child(snakemake, record)
            else:
                end_with_runner()
            begun = record
            yield record
            write_through(snakemake.output)
        return
    except VideoError as error:
        stage, reason = error.stage, error.reason
    except Exception as error:
        traceback.print_exc()
        if not (is_last and begun):
            raise
        stage, reason = snakemake.rule, _one_sentence(error)
    with _ends_told(snakemake):
        _write_failure(snakemake, begun or _named(snakemake), stage, reason)
    if not begun:
        sys.exit(0)  # there is no work that could end


@contextmanager
def _ends_told(
    snakemake: Any, *, of_study: bool = False, makes_row: bool = False
) -> Iterator[None]:
    """What is no fault of a video ends the job with one sentence, and makes no row.

    A full disk, one that fails, a file server that is away, a limit of the shell; and somebody who
    ends the run. What `makes_row`: VideoError for a damaged file, and that FFmpeg stopped early.
    """
    try:
        yield
    except KeyboardInterrupt:
        print(INTERRUPTED, file=sys.stderr, flush=True)
        os._exit(128 + signal.SIGINT)
    except Exception as error:
        if why := _limit_sentence(error, snakemake):
            _end(why)
        trouble = _trouble(error, snakemake, of_study=of_study)
        if trouble is None or (makes_row and not trouble.number):
            raise
        if not (trouble.is_damage and makes_row):
            _end(trouble.sentence())
        raise VideoError(snakemake.rule, trouble.sentence()) from error


def _end(sentence: str) -> NoReturn:
    say_at_last(sentence)
    os._exit(1)


def _limit_sentence(error: Exception, snakemake: Any) -> str:
    """The sentence of a full disk, or of a limit of the shell; '' where the error is another."""
    if is_full_disk(error):
        return full_disk_sentence(next(iter(snakemake.output)))
    return shell_limits.limit_of_error(error)


def _trouble(error: Exception, snakemake: Any, *, of_study: bool) -> Trouble | None:
    """The trouble of a place or a file; None where the error is another, or told in its own words.

    So are a network that is away, by jobs over the study, and what a table says of its video.
    """
    if isinstance(error, VideoError) and raised_by(error) == raise_failure_in.__module__:
        return None
    of_video = None if of_study else _of_video(snakemake)
    trouble = trouble_of_place(error, map(str, snakemake.input), of_video)
    is_told = of_study and isinstance(error, SuperAnimalError)
    is_away = trouble is not None and not trouble.file and trouble.number in OF_NETWORK
    return None if is_told and is_away else trouble


def _of_video(snakemake: Any) -> OfVideo:
    folder, inputs = f"results/videos/{snakemake.wildcards.video}", snakemake.input
    return OfVideo(folder, str(inputs.get("video", "")), bool(inputs.get("frames")))


def step_record(snakemake: Any) -> dict[str, Any]:
    """Rule, wildcards, settings, source digest and digests of the inputs of a job.

    What is known by its content only has no place in it: a path that leads out of the study is
    there by its last part, `Places` are not. OSError where an input cannot be read.
    """
    inputs = _digests_of(Path(str(path)) for path in snakemake.input)
    return {**_named(snakemake), "inputs": inputs}


def _what_is_known(snakemake: Any) -> dict[str, Any]:
    """The same, without digests where an input cannot be read."""
    try:
        return step_record(snakemake)
    except OSError:
        return _named(snakemake)


def _named(snakemake: Any) -> dict[str, Any]:
    """The same without digests."""
    given = dict(snakemake.params.items())
    settings = {name: value for name, value in given.items() if not isinstance(value, Places)}
    return {
        "rule": snakemake.rule,
        **dict(snakemake.wildcards.items()),
        "source_digest": settings.pop("code", ""),
        "settings": settings,
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
    if (child := os.fork()) == 0:
        _die_with_parent(parent)
        shell_limits.be_told_of_time()
        return
    end_with_runner()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda received, _: os.kill(child, received))
    _, status = os.waitpid(child, 0)
    number = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
    if number and (why := shell_limits.limit_of_death(number)):
        _end(why)
    if number not in (0, signal.SIGTERM, signal.SIGINT):
        _write_failure(snakemake, record, snakemake.rule, _why_died(number, snakemake))
        status = 0
    os._exit(os.waitstatus_to_exitcode(status) & 0xFF)


def _why_died(number: int, snakemake: Any) -> str:
    """The reason of the row of a video whose work a signal killed.

    SIGBUS says that a file in memory could not be read, which ends the job: but for a damaged one.
    """
    if number == signal.SIGBUS:
        files = map(str, snakemake.input)
        trouble = trouble_of_files(files, _of_video(snakemake), with_folders=True)
        if not (trouble and trouble.is_damage):
            _end(trouble.sentence() if trouble else OF_MAPPED_FILE)
        return trouble.sentence()
    hint = "; it may have run out of memory" if number == signal.SIGKILL else ""
    return f"the process died with {shell_limits.name_of_signal(number)}{hint}"


def _die_with_parent(parent: int) -> None:
    """Linux: a killed parent takes the child with it. Elsewhere the child ends by itself."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)
