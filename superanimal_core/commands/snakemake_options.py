"""What Snakemake does with the options that are passed on to it, as far as they are known here."""

from collections.abc import Sequence
from contextlib import suppress
from itertools import takewhile, zip_longest

CORES = ("-c", "-j", "--cores", "--jobs", "--profile")  # who gives one of these says how many
PROFILES = ("--profile", "--workflow-profile")  # which may say how many, too
RUNNING = (  # with which a run is still a run, and nothing else
    *CORES, "-k", "--keep-going", "-U", "--until", "-O",
    "--omit-from", "-R", "--forcerun", "-f", "--force", "-F", "--forceall", "-T", "--retries",
    "--ri", "--rerun-incomplete", "--rerun-triggers", "--resources", "--config",
    "--group-components", "--latency-wait", "--",
)  # fmt: skip
LOOKING = (  # with which no job runs, whatever else is said
    "--archive", "--cleanup-metadata", "--cleanup-shadow", "--cm", "--conda-cleanup-envs",
    "--conda-create-envs-only", "--containerize", "--d3dag", "--dag", "--delete-all-output",
    "--delete-temp-output", "--detailed-summary", "--dry-run", "--dryrun", "--export-cwl",
    "--filegraph", "--help", "--lc", "--li", "--lint", "--list", "--list-changes",
    "--list-conda-envs", "--list-input-changes", "--list-params-changes", "--list-rules",
    "--list-target-rules", "--list-untracked", "--lp", "--lt", "--lu", "--print-compilation",
    "--report", "--rulegraph", "--summary", "--touch", "--unlock", "--version",
)  # fmt: skip
BESIDE_STUDY = (  # what asks nothing of the settings and sheets
    "--cleanup-metadata", "--cm", "--help", "--unlock", "--version",
)  # fmt: skip
BESIDE_LETTERS = frozenset("hv")
LOOKING_LETTERS = frozenset("DShlntv")
VALUED_LETTERS = frozenset("COPRTUcdejqsw")  # what follows one of these is its value: -call
IDLE = ("dryrun", "touch")  # executors that run no job
WRITTEN = {  # a letter: its long names, whole and cut short as far as Snakemake knows them
    "c": ("--cores", "--core", "--cor"),
    "j": ("--jobs",),
    "R": ("--forcerun", "--forceru", "--forcer"),
}


def is_run(rest: Sequence[str]) -> bool:
    """Whether Snakemake does nothing else than to run jobs, and says what it always says."""
    return all(
        o in RUNNING or (o[:2] in RUNNING and o[1] in VALUED_LETTERS) for o in _options(rest)
    )


def may_run(rest: Sequence[str]) -> bool:
    """Whether Snakemake may run jobs: no option says that none runs."""
    named = any(word.removeprefix("--executor=").removeprefix("-e") in IDLE for word in rest)
    looks = (_is_one(option, LOOKING, LOOKING_LETTERS) for option in _options(rest))
    return not (named or any(looks))


def is_beside_study(rest: Sequence[str]) -> bool:
    """Whether Snakemake does something that a mistake in the settings or sheets does not touch."""
    return any(_is_one(option, BESIDE_STUDY, BESIDE_LETTERS) for option in _options(rest))


def says_how_many(argument: str) -> bool:
    """Whether an argument is one of CORES, with its value behind or in it: -c4, --cores=all."""
    name = argument.partition("=")[0]
    return name in CORES or (argument[:2] in CORES and _is_count(argument[2:]))


def asks_for_none(rest: Sequence[str]) -> str:
    """The words that ask for no core, or no job at a time (-c0): Snakemake waits for ever; or ''.

    Of several the last counts. Where both are given, or a profile, or less than 0, jobs do run.
    """
    options = _before_targets(rest)
    if any(_is_one(option, PROFILES, frozenset()) for option in _options(options)):
        return ""
    asked = {} if any(map(says_how_many, rest)) else {"c": ("--cores all", "all")}  # as `run` does
    for word, following in zip_longest(options, options[1:], fillvalue=""):
        for letter in "cj":
            if (value := _value_in(word, letter)) is not None:
                asked[letter] = (word if value else f"{word} {following}", value or following)
    if len(asked) != 1:
        return ""
    ((words, count),) = asked.values()
    with suppress(ValueError):
        return words if int(count) == 0 else ""
    return ""


def with_forced(rest: Sequence[str], forced: Sequence[str]) -> list[str]:
    """The same with more to be made anew: of several --forcerun, Snakemake takes only the last."""
    options, kept, more = _before_targets(rest), list[str](), list[str]()
    targets = list(rest)[len(options) :]
    is_forced = False
    for word in options:
        value = _value_in(word, "R")
        if value is not None:
            more += [value] * bool(value)
            letters = "" if word.startswith("--") else word[1:].partition("R")[0]
            kept += [f"-{letters}"] * bool(letters)
            is_forced = not value  # what stands in the same word is all
        elif is_forced and not word.startswith("-"):
            more.append(word)
        else:
            is_forced = False
            kept.append(word)
    return [*kept, "--forcerun", *more, *forced, *targets]


def is_whole(rest: Sequence[str]) -> bool:
    """Whether all is run, and not a part of it, or nothing: no word but on how many cores."""
    return all(says_how_many(word) or _is_count(word) for word in rest)


def _is_count(word: str) -> bool:
    return word == "all" or word.isdigit()


def _before_targets(rest: Sequence[str]) -> list[str]:
    """What stands before --, after which nothing is an option."""
    return list(takewhile(lambda word: word != "--", rest))


def _value_in(word: str, letter: str) -> str | None:
    """The value of one of WRITTEN in a word; '' where it follows, None where it is another's."""
    if word.startswith("--"):
        name, _, value = word.partition("=")
        return value if name in WRITTEN[letter] else None
    if not word.startswith("-"):
        return None
    before = "".join(takewhile(lambda each: each not in VALUED_LETTERS, word[1:]))
    if not word[1 + len(before) :].startswith(letter):
        return None
    return word[2 + len(before) :].removeprefix("=")


def _options(rest: Sequence[str]) -> list[str]:
    return [argument.partition("=")[0] for argument in rest if argument.startswith("-")]


def _is_one(option: str, names: Sequence[str], letters: frozenset[str]) -> bool:
    """Whether an option is among some; it may be cut short, or several letters in one: -np."""
    if option.startswith("--"):
        return len(option) > 3 and any(full.startswith(option) for full in names)
    before_value = takewhile(lambda letter: letter not in VALUED_LETTERS, option[1:])
    return not letters.isdisjoint(before_value)
