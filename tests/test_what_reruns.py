"""Every module is edited once, in a copy; what counts it is what docs/reference says."""

import re
import shutil
import sys
from functools import cache
from pathlib import Path

import pytest

from superanimal_core import provenance

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs/reference/what-reruns.md"
SCRIPTS = sorted((ROOT / "workflow/scripts").glob("*.py"))
RULES = {script.stem for script in SCRIPTS}
CHOICES = {
    "PARSERS": "convert_dataset",
    "ARCHITECTURES": "pretrain",
    "DETECTORS": "evaluate_model",
    "LESSONS": "fine_tune",
    "SEERS": "predict_poses",
}

EDITED = set()  # the module that differs at the moment


def told_by_the_page():
    """Module -> rules, as a reader finds them."""
    told = {}
    for line in PAGE.read_text().splitlines():
        if line.startswith("| `"):
            modules, rules = line.strip("| ").split(" | ")
            named = set(re.findall(r"\w+", re.sub(r"\(.*?\)", "", rules)))
            if named & {"all"}:
                named = RULES - named
            told |= dict.fromkeys(re.findall(r"`([^`]+)`", modules), named)
    return told


@pytest.fixture(scope="module")
def copied(tmp_path_factory):
    """A copy of the package in the place of ours; digests that know at once which file changed.

    An edit imports nothing, so what a module leads to is found once.
    """
    patch = pytest.MonkeyPatch()
    root = tmp_path_factory.mktemp("copy") / "superanimal_core"
    shutil.copytree(provenance.ROOT, root, ignore=shutil.ignore_patterns("__pycache__"))
    names = [path.relative_to(provenance.ROOT) for path in provenance.WITHOUT_RESULTS]

    @cache
    def digest_of(path, chosen, text):
        provenance._syntax_tree.cache_clear()
        return provenance._digest_of(provenance._syntax_tree(path, chosen))

    def tree_digest(path, chosen=frozenset()):
        return digest_of(path, chosen, path.read_text() if path in EDITED else "")

    patch.setattr(provenance, "ROOT", root)
    patch.setattr(provenance, "WITHOUT_RESULTS", {root / name for name in names})
    patch.setattr(provenance, "_tree_digest", tree_digest)
    closure, counted = cache(provenance.closure), cache(provenance.counted)
    patch.setattr(
        provenance, "closure", lambda of, chosen=frozenset(): frozenset(closure((*of,), chosen))
    )
    patch.setattr(provenance, "counted", counted)
    provenance._package_imports.cache_clear()
    yield root
    patch.undo()
    provenance._syntax_tree.cache_clear()
    provenance._package_imports.cache_clear()


def digests(chosen=None, rules=RULES):
    return {s.stem: provenance.script_digest(s, chosen) for s in SCRIPTS if s.stem in rules}


def changed_by_an_edit(root, module, before, chosen=None, rules=RULES):
    path = root / module
    text = path.read_text()
    path.write_text(text + "\n\nEDITED = 1\n")
    EDITED.add(path)
    try:
        after = digests(chosen, rules)
    finally:
        EDITED.clear()
        path.write_text(text)
    return {rule for rule in after if after[rule] != before[rule]}


@pytest.mark.slow
def test_an_edit_of_each_module_reruns_the_rules_that_the_page_names(copied):
    before, told = digests(), told_by_the_page()
    modules = {path.relative_to(copied).as_posix() for path in copied.rglob("*.py")}
    assert told.keys() <= modules
    found = {module: changed_by_an_edit(copied, module, before) for module in sorted(modules)}
    assert {m: rules for m, rules in found.items() if rules} == told


@pytest.mark.parametrize(
    ("module", "table", "entry", "others"),
    [
        ("datasets/coco.py", "PARSERS", "coco", ["deeplabcut", "sleap"]),
        ("datasets/sleap.py", "PARSERS", "sleap", ["coco", "sleap_analysis"]),
        ("network/hrnet.py", "ARCHITECTURES", "hrnet", ["pyramid", "dilated_resnet"]),
        ("network/context_networks.py", "ARCHITECTURES", "pyramid_context", ["pyramid", "hrnet"]),
        ("network/torchvision_detectors.py", "DETECTORS", "ssdlite", ["fcos"]),
        ("training/semisupervised.py", "LESSONS", "labels_and_videos", ["labels"]),
        ("models/student_trust.py", "SEERS", "student", ["model"]),
    ],
)
def test_an_edited_choice_reruns_only_what_chooses_it(copied, module, table, entry, others):
    rule = CHOICES[table]
    for name in (entry, *others):
        before = digests({table: name}, {rule})
        expected = {rule} if name == entry else set()
        assert changed_by_an_edit(copied, module, before, {table: name}, {rule}) == expected


@pytest.mark.parametrize(
    ("module", "never"),
    [
        ("smoothing/calibration.py", ["pretrain", "predict_poses", "convert_dataset"]),
        ("jobs/log.py", RULES),
        ("jobs/chunked_poses.py", RULES),
        ("cluster/slurm_states.py", RULES),
        ("inference/predict.py", ["pretrain", "smooth_poses"]),
        ("evaluation/metrics.py", ["pretrain", "predict_poses", "smooth_poses"]),
    ],
)
def test_what_is_far_from_a_rule_never_reruns_it(copied, module, never):
    """In words, beside the page: nobody trains or predicts again for these; students apart."""
    plain = {"SEERS": "model"}
    assert not changed_by_an_edit(copied, module, digests(plain), plain) & set(never)


def test_the_page_is_what_the_generator_makes():
    sys.path.insert(0, str(ROOT / "docs"))
    try:
        import generate
    finally:
        sys.path.pop(0)
    text = "\n".join([generate.MADE, "", *generate.reruns_page()]).rstrip() + "\n"
    assert PAGE.read_text() == text
