"""A small sound study of a DeepLabCut project and brought predictions, to be spoiled by tests."""

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import yaml

from superanimal_core.media.images import write_image
from superanimal_core.report.video_file import write_video

SPACE = "superanimal_topviewmouse"
PARTS = {"snout": "nose", "leftear": "left_ear", "rightear": "right_ear", "tailbase": "tail_base"}
KEYPOINTS = tuple(PARTS.values())
HEIGHT, WIDTH, FRAMES = 48, 64, 6
CONFIG = f"models:\n  mouse:\n    space: {SPACE}\n    seeds: [0]\n"
BROUGHT = f"models:\n  theirs:\n    predictions: {{ format: deeplabcut, space: {SPACE} }}\n"
DATASETS = f"dataset\tpath\tformat\tspace\trole\nlab\tproject\tdeeplabcut\t{SPACE}\tpretrain\n"


def write_study(study):
    """A project, its conversion table, two videos, two networks' predictions of each."""
    rng = np.random.default_rng(0)
    write_project(study / "project", rng)
    (study / "raw").mkdir()
    for name, gray in (("m1", 100), ("m2", 110)):
        frames = [np.full((HEIGHT, WIDTH, 3), gray + i, np.uint8) for i in range(FRAMES)]
        write_video(iter(frames), study / f"raw/{name}.mp4", 25.0)
        for net in range(2):
            write_predictions(study / f"theirs/{name}_net{net}.csv", rng)
    (study / "config/keypoints" / SPACE).mkdir(parents=True)
    rows = [f"{source}\t{unified}" for source, unified in PARTS.items()]
    texts = {
        "config.yaml": CONFIG,
        "datasets.tsv": DATASETS,
        "videos.tsv": "path\tgroup\nraw/m1.mp4\ta\nraw/m2.mp4\tb\n",
        f"keypoints/{SPACE}/lab.tsv": "\n".join(["source\tunified", *rows, ""]),
    }
    for name, text in texts.items():
        (study / "config" / name).write_text(text)
    return study


def write_project(project, rng):
    """A DeepLabCut project with six labeled pictures of one video."""
    folder = project / "labeled-data/m1"
    folder.mkdir(parents=True)
    names = [f"img{i:03}.png" for i in range(FRAMES)]
    for name in names:
        picture = rng.integers(0, 255, (HEIGHT, WIDTH, 3)).astype(np.uint8)
        write_image(picture, folder / name)
    columns = pd.MultiIndex.from_product(
        [["me"], PARTS, ["x", "y"]], names=["scorer", "bodyparts", "coords"]
    )
    values = rng.uniform(5, 40, (FRAMES, len(columns)))
    rows = pd.MultiIndex.from_tuples([("labeled-data", "m1", name) for name in names])
    pd.DataFrame(values, rows, columns).to_csv(folder / "CollectedData_me.csv")
    document = {"Task": "open field", "bodyparts": [*PARTS], "video_sets": {"/gone/m1.mp4": {}}}
    (project / "config.yaml").write_text(yaml.safe_dump(document))


def predictions(rng, animals=("",), frames=FRAMES, names=KEYPOINTS):
    """What DeepLabCut's `analyze_videos` writes, as pandas has it."""
    levels = ["scorer", *(["individuals"] if animals != ("",) else []), "bodyparts", "coords"]
    parts = [["net"], *([animals] if animals != ("",) else []), names, ["x", "y", "likelihood"]]
    columns = pd.MultiIndex.from_product(parts, names=levels)
    values = rng.uniform(5, 40, (frames, len(columns)))
    values[:, 2::3] = 0.9
    return pd.DataFrame(values, columns=columns)


def write_predictions(path, rng, **more):
    """A table of predictions as .csv."""
    path.parent.mkdir(exist_ok=True)
    predictions(rng, **more).to_csv(path)


class Spoiled:
    """A copy of the study, with short words for what beginners do to its files."""

    def __init__(self, sound, folder):
        self.folder = Path(shutil.copytree(sound, folder))

    def write(self, name, text, encoding="utf-8"):
        """Write a file."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode(encoding))

    def more(self, text):
        """Add settings to config.yaml."""
        self.write("config/config.yaml", CONFIG + text)

    def model(self, text):
        """Add a key to the model."""
        self.write("config/config.yaml", f"{CONFIG}    {text}\n")

    def videos(self, *rows, header="path"):
        """Another sheet of videos."""
        self.write("config/videos.tsv", "\n".join([header, *rows, ""]))

    def datasets(self, old, new):
        """Change the sheet of data sets."""
        self.change("config/datasets.tsv", old, new)

    def table(self, old, new):
        """Change the conversion table."""
        self.change(f"config/keypoints/{SPACE}/lab.tsv", old, new)

    def labels(self, old, new):
        """Change the table of labels."""
        self.change("project/labeled-data/m1/CollectedData_me.csv", old, new)

    def change(self, name, old, new):
        """Exchange the first of some words in a file."""
        text = (self.folder / name).read_text()
        assert old in text
        self.write(name, text.replace(old, new, 1))

    def marked(self, text, format="csv", individual=""):
        """Let a classifier learn to tell rearing from what somebody marked in a video of 0.24 s."""
        self.more(
            "classifiers: { named: { rears: { labels: config/rears.tsv, behaviors: [rear] } } }"
        )
        self.write(
            "config/rears.tsv",
            f"video\tlabels\tformat\tindividual\nm1\tmarks.csv\t{format}\t{individual}\n",
        )
        self.write("marks.csv", text, "utf-8-sig")

    def act(self, feature="speed_px_per_s", above="1.0", below="null"):
        """Define a behavior of one condition."""
        condition = f"[{{ feature: {feature}, above: {above}, below: {below} }}]"
        own = f"{{ conditions: {condition}, min_duration_s: 0.1, max_gap_s: 0.1 }}"
        self.more(f"behavior: {{ definitions: {{ {SPACE}: {{ act: {own} }} }} }}")

    def brought(self, cell="theirs/m1_net0.csv; theirs/m1_net1.csv", format="deeplabcut"):
        """Make it a study of brought predictions, of one video."""
        self.write("config/config.yaml", BROUGHT.replace("deeplabcut", format))
        (self.folder / "config/datasets.tsv").unlink(missing_ok=True)
        self.videos(f"raw/m1.mp4\t{cell}", header="path\tpredictions")

    def given(self, change=lambda text: text, encoding="utf-8", **more):
        """Make it a study of one file of predictions, changed."""
        self.brought("theirs/one.csv")
        rng = np.random.default_rng(1)
        self.write("theirs/one.csv", change(predictions(rng, **more).to_csv()), encoding)
