"""Which file an adaptation needs that several videos share.

What a video teaches comes from its first predictions, and what networks have learned of all comes
before its last ones. So nothing goes round, and a set of videos waits for those of its list alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from superanimal_core.study.graph import Graph
from superanimal_core.study.shared_adaptations import (
    folder_of,
    learned_from,
    offered,
    set_of,
    videos_by_set,
)


@dataclass(frozen=True)
class AdaptationGraph:
    """The files of adaptations that videos share. `videos` is the name of a set of videos."""

    graph: Graph

    @cached_property
    def _sets(self) -> Mapping[tuple[str, str], Sequence[str]]:
        return videos_by_set(self.graph.study.settings, self.graph.study.videos)

    def listed(self, model: str, videos: str) -> list[str]:
        """The videos that a set learns from."""
        study, own = self.graph.study, self._sets.get((model, videos), [])
        return learned_from(study.settings.adaptation, model, videos, own, study.videos)

    def offered(self, model: str, videos: str) -> list[str]:
        """What each of them teaches."""
        return [offered(model, videos, video) for video in self.listed(model, videos)]

    def seer(self, model: str) -> list[str]:
        """The network to which animals look alike or not, where frames are chosen by that."""
        is_asked = self.graph.study.settings.adaptation.frames == "kinds"
        return self.graph.members(model)[:1] if is_asked else []

    def networks_of_video(self, video: str) -> list[str]:
        """The networks that learned of a video's set; none where it is adapted to alone."""
        row = self.graph.study.videos[video]
        name = set_of(self.graph.study.settings, row)
        seeds = self.graph.model(row.model).seeds if name else []
        return [f"{folder_of(row.model, name or '')}/member-{seed}" for seed in seeds]

    def sharing_of_true_videos(self) -> list[list[str | bool]]:
        """Of each video whose truth is known its model and set, and if its networks learn from it.

        One that is adapted to alone has no set.
        """
        study, told = self.graph.study, []
        for video in self.graph.true_videos:
            row = study.videos[video]
            name = set_of(study.settings, row)
            is_listed = name is None or video in self.listed(row.model, name)
            told.append([f"{row.model}/{name}" if name else "", is_listed])
        return told

    def sets(self) -> str:
        """Wildcard constraint: the names of all sets of videos."""
        return "|".join(dict.fromkeys(name for _, name in self._sets)) or "(?!)"

    def videos_that_share(self) -> str:
        """Wildcard constraint: videos of the sheet that share an adaptation.

        One that has left the sheet cannot be looked at again, and what it taught stays as it is.
        """
        return "|".join(video for videos in self._sets.values() for video in videos) or "(?!)"
