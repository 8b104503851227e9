"""Sheets of labels of behavior, and what the graph makes of them."""

from pathlib import Path

import pytest
import yaml

from superanimal_core.errors import ConfigError
from superanimal_core.study.classifier_graph import ClassifierGraph
from superanimal_core.study.graph import Graph
from superanimal_core.study.study import read_study

WORKFLOW = Path(__file__).resolve().parents[2]
SPACE = "superanimal_topviewmouse"
HEADER = "video\tlabels\tformat\trater\n"


class ByName:
    """Contents that are known by the names of the files."""

    def of_file(self, path):
        return f"content of {path}"

    def of_dataset(self, row):
        return row.dataset


@pytest.fixture
def config(tmp_path, monkeypatch):
    """A study of three videos of two animals, two of them labeled; its settings."""
    monkeypatch.chdir(tmp_path)
    for name in (
        "raw/a.mp4",
        "raw/b.mp4",
        "raw/c.mp4",
        "marks/a.csv",
        "marks/a2.csv",
        "marks/b.csv",
    ):
        Path(name).parent.mkdir(exist_ok=True)
        Path(name).touch()
    Path("config").mkdir()
    Path("raw/lab").mkdir()
    Path("raw/lab/annotations.json").touch()
    Path("config/videos.tsv").write_text(
        "path\tsubject\nraw/a.mp4\tm1\nraw/b.mp4\tm2\nraw/c.mp4\t\n"
    )
    Path("config/datasets.tsv").write_text("dataset\tpath\tformat\tspace\trole\n")
    sheet("a\tmarks/a.csv\tboris\tanna", "a\tmarks/a2.csv\tboris\tben", "b\tmarks/b.csv\tcsv\t")
    model = {"space": SPACE, "predictions": {"format": "deeplabcut", "space": SPACE}}
    text = (WORKFLOW / "config/config.yaml").read_text()
    shipped = yaml.safe_load(text)
    assert shipped["classifiers"]["named"] == {}
    for video in "abc":
        Path(f"raw/{video}.csv").touch()
    Path("config/videos.tsv").write_text(
        "path\tsubject\tpredictions\n"
        + "".join(
            f"raw/{v}.mp4\t{m}\traw/{v}.csv\n" for v, m in zip("abc", ("m1", "m2", ""), strict=True)
        )
    )
    learned = {"labels": "config/rear.tsv", "behaviors": ["rear"]}
    return {"models": {"theirs": model}, "classifiers": {"named": {"rearing": learned}}}


def sheet(*rows):
    Path("config/rear.tsv").write_text(HEADER + "\n".join(rows) + "\n")


def mistakes_of(config):
    with pytest.raises(ConfigError) as told:
        read_study(config, WORKFLOW)
    return told.value.mistakes


def test_a_classifier_takes_what_holds_for_every_one_and_says_what_differs(config):
    config["classifiers"]["named"]["rearing"] |= {"method": "network", "network": {"epochs": 3}}
    own = read_study(config, WORKFLOW).settings.classifiers.named["rearing"]
    assert (own.method, own.network.epochs, own.network.batch, own.folds) == ("network", 3, 32, 5)


def test_the_graph_knows_labels_by_content_and_asks_about_every_video(config):
    graph = ClassifierGraph(Graph(read_study(config, WORKFLOW), ByName()))
    assert graph.names() == "rearing"
    assert [each.identity for each in graph.labels("rearing")] == [
        f"content of marks/{name}.csv" for name in ("a", "a2", "b")
    ]
    assert graph.features("rearing") == [f"results/videos/{v}/features.parquet" for v in "ab"]
    assert [row["labels"] for row in graph.rows("rearing")] == [0, 1, 2]
    assert "marks" not in str(graph.rows("rearing"))  # a moved study trains nothing again
    assert graph.animals("rearing") == {"a": "m1", "b": "m2"}
    assert graph.videos("rearing") == ["a", "b", "c"]
    assert len(graph.classified("rearing")) == 3


def test_a_column_of_animals_that_the_sheet_lacks_is_told(config):
    """Else the parts that are left out would be videos, and one animal stand in several."""
    config["classifiers"]["named"]["rearing"]["animal_column"] = "sbject"
    with pytest.raises(ConfigError) as told:
        read_study(config, WORKFLOW)
    (mistake,) = told.value.mistakes
    assert "classifiers.named.rearing.animal_column: no column 'sbject'" in mistake
    assert "'subject'" in mistake


def test_a_study_without_classifiers_has_none(config):
    del config["classifiers"]
    graph = ClassifierGraph(Graph(read_study(config, WORKFLOW), ByName()))
    assert (graph.names(), graph.folders(), graph.tables()) == ("(?!)", [], [])


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        (["d\tmarks/a.csv\tboris\t"], "config/rear.tsv: row 2: no video 'd'"),
        (["a\tmarks/x.csv\tboris\t"], "config/rear.tsv: row 2: marks/x.csv does not exist"),
        (["a\tmarks/a.csv\tbris\t"], "row 2: unknown format 'bris'; did you mean 'boris'"),
        (["a\tmarks/a.csv\tboris\t"] * 2, "row 3: 'animal0' of 'a' is labeled in another row"),
        ([], "config/rear.tsv"),
    ],
)
def test_mistakes_in_the_sheet_are_told_with_their_row(config, rows, told):
    sheet(*rows)
    [mistake] = mistakes_of(config)
    assert told in mistake


def test_mistakes_in_the_settings_are_told(config):
    own = config["classifiers"]["named"]["rearing"]
    own |= {"labels": "config/none.tsv", "behaviors": ["rear", "rear", "none"], "ignored": ["rear"]}
    own["folds"] = 1
    assert any("named.rearing.folds" in mistake for mistake in mistakes_of(config))
    own["folds"] = 2
    told = mistakes_of(config)
    where = "config/config.yaml: classifiers.named.rearing"
    assert f"{where}.labels: config/none.tsv does not exist" in told
    assert f"{where}.behaviors: 'rear' stands twice; keep one" in told
    assert f"{where}: 'rear' is in behaviors and in ignored; keep one" in told
    assert len(told) == 4
