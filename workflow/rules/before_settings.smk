"""What must be right before config.yaml is read: the package, the folders, the text itself."""

import sys
from pathlib import Path

from snakemake.exceptions import WorkflowError

WORKFLOW = Path(workflow.basedir).resolve()
# an installed package holds the Snakefile
IS_CLONE = (WORKFLOW / "superanimal_core").is_dir()
sys.path.insert(0, str(WORKFLOW if IS_CLONE else WORKFLOW.parents[1]))

import superanimal_core

PACKAGE = Path(superanimal_core.__file__).resolve().parent
if WORKFLOW not in (PACKAGE.parent, PACKAGE / "program"):
    raise WorkflowError(
        f"{PACKAGE} was imported, and not the package beside the Snakefile, "
        f"{WORKFLOW / 'superanimal_core'}; use the environment of that folder, or the Snakefile "
        f"of this one"
    )

for folder in (Path.cwd(), WORKFLOW):
    if set(str(folder)) & set("{}"):
        raise WorkflowError(
            f"{folder}: Snakemake takes braces in a folder's name for wildcards; rename it"
        )

from superanimal_core.errors import ConfigError
from superanimal_core.study.settings_document import check_text
from superanimal_core.study.shipped import lead_scripts_here

lead_scripts_here()

for settings in {"config/config.yaml", *map(str, workflow.configfiles)}:
    try:
        if Path(settings).is_file():
            check_text(settings)
    except ConfigError as error:
        raise WorkflowError(str(error)) from None
