"""Which files the jobs need that read another program's predictions, and for which videos."""

from dataclasses import dataclass

from superanimal_core.formats.project_conversion import conversion_digest
from superanimal_core.study.brought_predictions import conversion_file
from superanimal_core.study.graph import Graph, Original
from superanimal_core.study.labeled_predictions import labeled_predictions


@dataclass(frozen=True)
class BroughtGraph:
    """The part of a study's graph that is about brought predictions."""

    graph: Graph

    def files(self, video: str) -> list[Original]:
        """The predictions of a video, a file for each network."""
        return [self.graph.original(path) for path in self.graph.study.videos[video].predictions]

    def all_files(self) -> list[str]:
        """The predictions of all videos."""
        return [path for row in self.graph.study.videos.values() for path in row.predictions]

    def conversion(self, video: str) -> Original | list[str]:
        """The table from the keypoints of those files to the space's, where there is one."""
        space = self.graph.space_of_video(video)
        table = conversion_file(self.graph.model_of(video), space)
        return Original(table, conversion_digest(table, space)) if table else []

    def space(self, video: str) -> list[Original]:
        """The keypoint space that a video's predictions are read into."""
        return self.graph.space_of_model(self.graph.model_of(video))

    def format(self, video: str) -> str:
        """The format of a video's files."""
        brought = self.graph.model(self.graph.model_of(video)).predictions
        return brought.format if brought else ""

    def videos(self, *, are_brought: bool) -> str:
        """Wildcard constraint: the videos of models without networks, or of those with."""
        graph, names = self.graph, list(self.graph.study.videos)
        chosen = [v for v in names if graph.is_brought(graph.model_of(v)) == are_brought]
        return "[A-Za-z0-9_-]+" if len(chosen) == len(names) else "|".join(chosen) or "(?!)"

    def labeled(self, model: str) -> list[str]:
        """The folders of a model's predictions that may have labels."""
        return [*labeled_predictions(self.graph.study, model).values()]

    def names_in_labels(self, model: str) -> list[str]:
        """What the videos of these folders are called in labels."""
        return [*labeled_predictions(self.graph.study, model)]
