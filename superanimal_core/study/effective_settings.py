"""The complete settings of a run, written beside its results."""

from pathlib import Path

import yaml

from superanimal_core.settings import Settings
from superanimal_core.tables.atomic import replacing

EFFECTIVE = Path("results/settings.yaml")
HEAD = (
    "# All settings of the last run: the study's config/config.yaml over the workflow's. Every\n"
    "# run writes them; to change one, write it into config/config.yaml.\n"
)


def write_settings(settings: Settings, path: str | Path = EFFECTIVE) -> None:
    """Write all settings as YAML that is itself a config.yaml; a file that says the same stays."""
    values = settings.model_dump(mode="json")
    text = HEAD + yaml.safe_dump(values, sort_keys=False, allow_unicode=True, width=100)
    path = Path(path)
    if path.is_file() and path.read_bytes() == text.encode():
        return
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
