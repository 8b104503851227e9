"""Copied as sitecustomize.py onto PYTHONPATH by tests: functions fail as plan.txt says."""

import functools
import importlib.abc
import importlib.machinery
import os
import signal
import sys
from pathlib import Path

FOLDER = Path(os.environ.get("SABOTAGE", "."))
PLAN = FOLDER / "plan.txt"
LINES = [line.split() for line in PLAN.read_text().splitlines()] if PLAN.is_file() else []


def failing(function, word, action):
    @functools.wraps(function)
    def call(*arguments, **keywords):
        if not any(word in str(a) for a in (*arguments, *keywords.values())):
            return function(*arguments, **keywords)
        with (FOLDER / "calls.txt").open("a") as calls:
            calls.write(f"{word} {os.getpid()}\n")
        is_first = (FOLDER / "calls.txt").read_text().split().count(word) == 1
        if action.startswith("kill") and (is_first or action == "kill"):
            os.kill(os.getpid(), signal.SIGKILL)
        if action.startswith("raise") and (is_first or action == "raise"):
            raise RuntimeError(f"sabotaged {word}")
        return function(*arguments, **keywords)

    return call


class Saboteur(importlib.abc.MetaPathFinder):
    """Finds the planned modules as everybody does, and replaces functions once they are loaded."""

    def find_spec(self, name, path=None, target=None):
        planned = [line for line in LINES if line[0] == name]
        spec = importlib.machinery.PathFinder.find_spec(name, path, target) if planned else None
        if spec is not None:
            execute = spec.loader.exec_module

            def exec_module(module):
                execute(module)
                for _, function, word, action in planned:
                    whole = getattr(module, function)
                    setattr(module, function, failing(whole, word, action))

            spec.loader.exec_module = exec_module
        return spec


sys.meta_path.insert(0, Saboteur())
