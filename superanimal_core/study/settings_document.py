"""The parsed config.yaml as settings; every mistake in it is told at once, with its key path."""

import codecs
import copy
import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from superanimal_core.errors import ConfigError, DatasetError
from superanimal_core.formats.documents import read_text, read_yaml
from superanimal_core.pose.keypoints import did_you_mean
from superanimal_core.settings import Settings
from superanimal_core.settings.section import Section

EXPONENT = re.compile(r"[+-]?[0-9.]+[eE][+-]?[0-9]+")
GROUPED = re.compile(r"^[1-9][0-9]{0,2}\.000$")


def _sections(section: type[Section] = Section) -> Iterator[type[Section]]:
    for below in section.__subclasses__():
        yield below
        yield from _sections(below)


COUNTS = {
    name
    for section in _sections()
    for name, field in section.model_fields.items()
    if field.annotation is int
}


def check_text(path: str | Path) -> None:
    """ConfigError when config.yaml is not what it seems: another encoding, a key that stands twice.

    Snakemake's own reader would end in a traceback, or take the last of two.
    """
    head = Path(path).read_bytes()[:2]
    if head in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        raise ConfigError([f"{path}: is UTF-16; save it as UTF-8"])
    try:
        holds_nothing = read_yaml(path) is None
    except DatasetError as mistake:
        raise ConfigError([str(mistake)]) from None
    if holds_nothing:
        one = "'videos: config/videos.tsv' will do"
        raise ConfigError([f"{path}: holds no setting, but Snakemake wants one: {one}"])
    grouped = _grouped_counts(read_text(path))
    if grouped:
        raise ConfigError([f"{path}: {each}" for each in grouped])


def _grouped_counts(text: str) -> list[str]:
    """Counts such as `steps: 20.000`: twenty thousand to many who write it, 20 to YAML."""
    found, key = [], ""
    for token in yaml.scan(text):
        if isinstance(token, yaml.ScalarToken):
            if key in COUNTS and GROUPED.match(token.value):
                whole = token.value.partition(".")[0]
                found.append(
                    f"line {token.start_mark.line + 1}: {key}: '{token.value}': "
                    f"write {whole}000 or {whole}"
                )
            key = token.value
    return found


def settings_from_mapping(mapping: Any, where: str) -> Settings:
    """Settings from a complete config.yaml (see study.overlay), parsed.

    ConfigError lists every mistake with its key path.
    """
    if not isinstance(mapping, dict):
        raise ConfigError([f"{where}: expected a mapping of sections, read {mapping!r}"])
    try:
        settings = _validated(mapping)
    except ValidationError as error:
        raise ConfigError(
            [f"{where}: {_mistake(dict(e), mapping)}" for e in error.errors()]
        ) from None
    taken = list(_truths_taken_for_numbers(mapping, settings.model_dump()))
    if taken:
        raise ConfigError([f"{where}: {each}" for each in taken])
    return settings


def _validated(mapping: dict[str, Any]) -> Settings:
    """The settings; counts such as 1e4, which YAML leaves a text, are numbers."""
    try:
        return Settings.model_validate(mapping)
    except ValidationError as error:
        texts = [e for e in error.errors() if e["type"] == "int_parsing"]
    mended = copy.deepcopy(mapping)
    for place, text in ((e["loc"], e["input"]) for e in texts):
        section: Any = mended
        for key in place[:-1]:
            section = section[key]
        if EXPONENT.fullmatch(text):
            section[place[-1]] = float(text)
    return Settings.model_validate(mended)


def _truths_taken_for_numbers(given: Any, read: Any, path: str = "") -> Iterator[str]:
    """Where `yes` or `true` stands in place of a number: pydantic reads 1."""
    if isinstance(given, bool) > isinstance(read, bool):
        yield f"{path}: read {given}; a number belongs there, no yes or no"
    pairs = given.items() if isinstance(given, dict) else ()
    if isinstance(given, list):
        pairs = enumerate(given)
    for key, value in pairs:
        yield from _truths_taken_for_numbers(value, read[key], f"{path}.{key}".strip("."))


def _mistake(error: dict[str, Any], mapping: dict[str, Any]) -> str:
    path = ".".join(str(part) for part in error["loc"])
    if error["type"] == "extra_forbidden":
        known = _known_keys(error["loc"][:-1], mapping)
        return f"{path}: unknown key{did_you_mean(str(error['loc'][-1]), known)}"
    if error["type"] == "missing":
        return (
            f"{path}: missing; add it (the config/config.yaml beside the Snakefile shows every "
            "setting, with what it means)"
        )
    given = error.get("input")
    if error["type"] == "model_type":
        keys = ", ".join(_known_keys(error["loc"], mapping))
        return f"{path}: read {given!r}; a section belongs there, with {keys}"
    shown = "NaN" if isinstance(given, float) and math.isnan(given) else repr(given)
    message = error["msg"][0].lower() + error["msg"][1:]
    return f"{path}: read {shown}; {message}"


def _known_keys(path: tuple[Any, ...], mapping: dict[str, Any]) -> list[str]:
    """Names of the settings that the section at `path` has."""
    model: Any = Settings
    for part in path:
        fields = getattr(model, "model_fields", {})
        annotation = fields[part].annotation if part in fields else model
        model = _section_within(annotation) or model
    return list(getattr(model, "model_fields", {}))


def _section_within(annotation: Any) -> type[Section] | None:
    """The Section inside dict[str, Section], list[Section] or Section itself, if any."""
    if isinstance(annotation, type) and issubclass(annotation, Section):
        return annotation
    for part in getattr(annotation, "__args__", ()):
        found = _section_within(part)
        if found:
            return found
    return None
