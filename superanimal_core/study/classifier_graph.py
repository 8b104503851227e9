"""Which file a classifier of behavior needs, and which videos it is asked about."""

from dataclasses import dataclass
from typing import Any

from superanimal_core.study.graph import Graph, Original


@dataclass(frozen=True)
class ClassifierGraph:
    """The part of a study's graph that is about learned behaviors."""

    graph: Graph

    def names(self) -> str:
        """Wildcard constraint: the classifiers of the study."""
        return "|".join(self.all()) or "(?!)"

    def all(self) -> list[str]:
        """The classifiers of the study."""
        return [*self.graph.study.settings.classifiers.named]

    def labels(self, classifier: str) -> list[Original]:
        """The files of labels, each once, known by what they hold."""
        return [self.graph.original(path) for path in self._files(classifier)]

    def _files(self, classifier: str) -> list[str]:
        rows = self.graph.study.behavior_labels[classifier]
        return list(dict.fromkeys(row.labels for row in rows))

    def labeled_videos(self, classifier: str) -> list[str]:
        """The videos that have labels."""
        rows = self.graph.study.behavior_labels[classifier]
        return list(dict.fromkeys(row.video for row in rows))

    def features(self, classifier: str) -> list[str]:
        """The features of those videos."""
        return [f"results/videos/{v}/features.parquet" for v in self.labeled_videos(classifier)]

    def rows(self, classifier: str) -> list[dict[str, Any]]:
        """What the sheet of labels says; in place of a file, which of the files it is."""
        files = self._files(classifier)
        rows = self.graph.study.behavior_labels[classifier]
        return [vars(row) | {"labels": files.index(row.labels)} for row in rows]

    def animals(self, classifier: str) -> dict[str, str]:
        """The animal of each labeled video: what the sheet says, or the video itself."""
        column = self.graph.study.settings.classifiers.named[classifier].animal_column
        videos = self.graph.study.videos
        return {v: videos[v].columns.get(column) or v for v in self.labeled_videos(classifier)}

    def settings(self, classifier: str) -> dict[str, Any]:
        """What a classifier learns and how; of two methods the settings of the chosen one."""
        own = self.graph.study.settings.classifiers.named[classifier].model_dump(mode="json")
        return {key: value for key, value in own.items() if key not in ("labels", "animal_column")}

    def videos(self, classifier: str) -> list[str]:
        """The videos that a classifier is asked about: of the keypoint spaces that have labels."""
        spaces = {self.graph.space_of_video(v) for v in self.labeled_videos(classifier)}
        return [v for v in self.graph.study.videos if self.graph.space_of_video(v) in spaces]

    def classified(self, classifier: str) -> list[str]:
        """The bouts of all videos that a classifier is asked about."""
        return [
            f"results/videos/{video}/classified/{classifier}/bouts.parquet"
            for video in self.videos(classifier)
        ]

    def accounts(self, classifier: str) -> list[str]:
        """What is known of those videos."""
        return [f"results/videos/{video}/quality.json" for video in self.videos(classifier)]

    def folders(self) -> list[str]:
        """The classifiers themselves."""
        return [f"results/classifiers/{name}" for name in self.all()]

    def bouts(self) -> list[str]:
        """The bouts that they found in all videos."""
        return [f"results/tables/classified/{name}.parquet" for name in self.all()]

    def tables(self) -> list[str]:
        """What they found, video by video."""
        return [f"results/tables/classified/{name}-videos.parquet" for name in self.all()]
