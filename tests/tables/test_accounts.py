"""quality.json is JSON for every program, and the same account when it is read again."""

import json
import math

import numpy as np

from superanimal_core.tables.accounts import read_quality, write_quality


def refused(constant):
    raise ValueError(f"{constant} is no JSON")


def test_unknown_figures_are_null_for_others_and_nan_for_us(tmp_path):
    verdict = {"member": "member-0", "is_kept": False, "jitter_ratio": math.nan, "response": 0.5}
    figures = {"frames": np.int64(3), "mean_score": math.nan, "doubt": np.float32(np.inf)}
    account = {"status": "ok", "figures": figures, "adaptation": [verdict], "smoother": {"a": 1}}
    path = tmp_path / "quality.json"
    write_quality(account, path, {"version": "1", "limits": (1.0, math.nan)})
    strict = json.loads(path.read_text(), parse_constant=refused)
    assert strict["figures"] == {"frames": 3, "mean_score": None, "doubt": None}
    assert strict["adaptation"][0] == verdict | {"jitter_ratio": None}
    assert strict["made_by"]["limits"] == [1.0, None]
    [read] = read_quality([path])
    assert math.isnan(read["figures"]["mean_score"])
    assert math.isnan(read["adaptation"][0]["jitter_ratio"])
    assert read["adaptation"][0]["response"] == 0.5
    assert read["smoother"] == {"a": 1}
