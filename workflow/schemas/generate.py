"""Write the JSON Schemas of config.yaml and of the sheets' rows. `--check` only compares."""

import json
import sys
from pathlib import Path

from superanimal_core.settings import Settings
from superanimal_core.study.sheet_schema import BEHAVIOR_LABELS, DATASETS, VIDEOS, schema_of

SCHEMAS = {
    "config": {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    | Settings.model_json_schema(),
    "videos": schema_of(VIDEOS, "A row of config/videos.tsv"),
    "datasets": schema_of(DATASETS, "A row of config/datasets.tsv"),
    "behavior_labels": schema_of(BEHAVIOR_LABELS, "A row of a classifier's sheet of labels"),
}


def main() -> None:
    """Write the schemas, or exit 1 when one on disk is not that of the code."""
    for name, schema in SCHEMAS.items():
        target = Path(__file__).with_name(f"{name}.schema.json")
        text = json.dumps(schema, indent=2) + "\n"
        if "--check" not in sys.argv:
            target.write_text(text, encoding="utf-8")
        elif not target.is_file() or target.read_text(encoding="utf-8") != text:
            sys.exit(f"{target}: run: make schemas")


if __name__ == "__main__":
    main()
