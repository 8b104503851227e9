"""Write the JSON Schema of config.yaml from the settings' models. `--check` only compares."""

import json
import sys
from pathlib import Path

from superanimal_core.settings import Settings

TARGET = Path(__file__).with_name("config.schema.json")


def main() -> None:
    """Write the schema, or exit 1 when the one on disk is not the models'."""
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    text = json.dumps(schema | Settings.model_json_schema(), indent=2) + "\n"
    if "--check" in sys.argv:
        sys.exit(0 if TARGET.read_text(encoding="utf-8") == text else "run: make schemas")
    TARGET.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
