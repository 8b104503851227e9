"""What pyproject.toml cannot say: a wheel carries the program beside the library.

Snakefile, workflow, config, profiles and envs become `superanimal_core/program`, where
`superanimal_core.study.shipped` looks for them when no clone lies around the package.
"""

from setuptools import find_packages, setup

PROGRAM = "superanimal_core.program"

setup(
    packages=[
        *find_packages(include=["superanimal_core*", "snakemake_executor_plugin_slurm_steady"]),
        PROGRAM,
    ],
    package_dir={PROGRAM: "."},
    package_data={
        "superanimal_core": ["report/*.html", "report/*.css"],
        PROGRAM: [
            "Snakefile",
            "workflow/*.smk",
            "workflow/rules/*.smk",
            "workflow/scripts/*.py",
            "workflow/report/*.rst",
            "config/*.*",
            "config/keypoints/**/*.*",
            "profiles/*/config.yaml",
            "envs/*",
        ],
    },
)
