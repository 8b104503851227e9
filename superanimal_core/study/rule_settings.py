"""Which settings each rule is given: plain values, so that a changed one re-runs what reads it.

Snakemake compares params of built-in types only. Those that several rules share, or that depend on
a video's or a model's space, are put together here; others stand in the rule itself.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from superanimal_core.settings import CONTEXT, INT8, OFF_IN_AUGMENT, ModelSettings
from superanimal_core.settings.behavior import groups_of
from superanimal_core.settings.lessons import lesson
from superanimal_core.study.arenas import behaviors_told, plain_arena
from superanimal_core.study.context_mistakes import has_context
from superanimal_core.study.graph import Graph
from superanimal_core.study.shipped import PACKAGE
from superanimal_core.study.students import origin_of
from superanimal_core.study.transfer_cells import WITH_NEW_HEAD
from superanimal_core.study.video_sheet import users_columns
from superanimal_core.tables.contents import content_digest

AUDIT_LIMITS = ("box_margin", "bone_ratio", "bone_deviations", "min_side_evidence")
TRAINED_DETECTOR = "fcos"  # the architecture of detectors that are trained here


@dataclass(frozen=True)
class RuleSettings:
    """The settings of a study as the rules hand them on."""

    graph: Graph

    @cached_property
    def all(self) -> dict[str, Any]:
        """All of them."""
        return self.graph.study.settings.model_dump()

    def of(self, section: str, *keys: str) -> dict[str, Any]:
        """A section of the configuration, or some keys of it.

        Of inference: as all jobs compute. Those in int8 are told so by study.quantized_graph.
        """
        whole = self.all[section]
        if whole.get("precision") == INT8:
            whole = whole | {"precision": "float32"}
        return {key: whole[key] for key in keys} if keys else whole

    # ── which code ───────────────────────────────────────────────────────────────────────────────
    # of tables of choices, which entry is used: see provenance

    def code_of_dataset(self, dataset: str) -> dict[str, str]:
        """The parser of a data set."""
        return {"PARSERS": self.graph.study.datasets[dataset].format}

    def code_of_model(self, model: str) -> dict[str, str]:
        """The architectures of a model's networks, where they are not those of foreign weights."""
        models = self.graph.study.settings.models
        own = models[model]
        if own.student_of:
            return self._code_of_student(own, models[origin_of(self.graph.study.settings, model)])
        owner = models[own.fine_tune.parent] if own.fine_tune else own
        chosen: dict[str, str] = {}
        if owner.pose_weights is None:
            chosen["ARCHITECTURES"] = owner.architecture
        if owner.detector_weights is None:
            chosen["DETECTORS"] = TRAINED_DETECTOR
        looks = has_context(self.graph.study.settings, model)
        learns = bool(self.graph.study.unlabeled_of(model))
        return chosen | {"LESSONS": lesson(has_context=looks, has_videos=learns)}

    def _code_of_student(self, own: ModelSettings, origin: ModelSettings) -> dict[str, str]:
        """Those of a student and of its teacher, which sees its videos, too."""
        chosen = {"LESSONS": "labels"}
        if origin.pose_weights is None and origin.architecture == own.architecture:
            chosen["ARCHITECTURES"] = own.architecture
        if origin.detector_weights is None:
            chosen["DETECTORS"] = TRAINED_DETECTOR
        return chosen

    def code_of_video(self, video: str) -> dict[str, str]:
        """Those of the model that a video is given."""
        return self.code_of_model(self.graph.model_of(video))

    def code_of_prediction(self, video: str) -> dict[str, str]:
        """Beside those, who may see the video; of a student, how its probes are smoothed."""
        code = self.code_of_video(video) | {"SEERS": self.seers(video)}
        return code | (self.code_of_smoothing() if self.seers(video) == "student" else {})

    def code_of_smoothing(self) -> dict[str, str]:
        """The smoother that is chosen."""
        return {"SMOOTHERS": self.all["smoothing"]["method"]}

    # ── models ───────────────────────────────────────────────────────────────────────────────────

    def network(self, model: str) -> dict[str, Any]:
        """What defines the network of a model, and its crops."""
        own, shared = self.all["models"][model], self.all["network"]
        size_px = [own["input_size_px"], own["input_size_px"]]
        parameters = {
            "backbone": own["backbone"],
            "sigma_px": shared["sigma_px"],
            "is_subpixel": shared["subpixel"],
        }
        of_architecture = {
            "pyramid": self.of("network", "stride_px", "decoder_channels"),
            "hrnet": {},
            "tokenpose": {"size_px": size_px},
            "vit": self.of("network", "stride_px", "decoder_channels") | {"size_px": size_px},
        }
        crop = {
            "size_px": size_px,
            "margin": shared["crop_margin"],
            "mean": own["mean"],
            "std": own["std"],
            "in_whole_pixels": False,
        }
        return {
            "architecture": own["architecture"],
            "parameters": parameters | of_architecture[own["architecture"].removesuffix(CONTEXT)],
            "crop": crop,
        }

    def detector_network(self, model: str) -> dict[str, Any]:
        """What defines the detector of a model."""
        own = self.all["models"][model]
        shared = {key: own[key] for key in ("detector_size_px", "mean", "std")}
        return {"backbone": own["detector_backbone"] or own["backbone"], **shared}

    def augment(self) -> dict[str, Any]:
        """The random changes of crops with labels; masks and edges only where there are some."""
        own = self.of("augment").items()
        return {k: v for k, v in own if k not in OFF_IN_AUGMENT or v != OFF_IN_AUGMENT[k]}

    def plain_augment(self) -> dict[str, Any]:
        """Those without masks, whose law is that of a long training on labels."""
        return {key: v for key, v in self.augment().items() if key != "patch_mask"}

    def detector_augment(self) -> dict[str, Any]:
        """The random changes of a detector's pictures: upright, and of many sizes."""
        own = {key: v for key, v in self.augment().items() if key not in OFF_IN_AUGMENT}
        return own | {"rotation_deg": 0.0, "scale": self.all["detector"]["scale"]}

    def fine_tuning(self, mode: str) -> dict[str, Any]:
        """Settings of a training in this mode; a new head learns as in pretraining.

        So does a network that is kept, unless `fine_tuning` says otherwise.
        """
        own = () if mode in WITH_NEW_HEAD else ("learning_rate", "frozen_batch_norm")
        chosen = self.of("fine_tuning", "steps", "batch", *own)
        return self.of("training") | {k: v for k, v in chosen.items() if v is not None}

    def mode(self, model: str) -> str:
        """How a fine-tuned model starts."""
        return self.all["models"][model]["fine_tune"]["mode"]

    def pretraining_of(self, model: str) -> dict[str, Any]:
        """Settings of the training of a model on data sets of its space."""
        return self.of("training") | self._unlabeled(model)

    def fine_tuning_of(self, model: str) -> dict[str, Any]:
        """Settings of the training of a fine-tuned model."""
        return self.fine_tuning(self.mode(model)) | self._unlabeled(model)

    def _unlabeled(self, model: str) -> dict[str, Any]:
        """How it learns from unlabeled video; nothing where it does not, which changes nothing."""
        if not self.graph.study.unlabeled_of(model):
            return {}
        mirrors = self.all["smoothing"]["views"]["mirrors"]
        own = mirrors.get(self.all["models"][model]["space"], [])
        return {"unlabeled": self.of("unlabeled") | {"mirrors": own}}

    # ── videos ───────────────────────────────────────────────────────────────────────────────────

    def detection(self, video: str) -> dict[str, Any]:
        """How the animals of a video are found."""
        return {
            "max_individuals": self.graph.study.videos[video].max_individuals,
            **self.of("detector", "min_score", "every_frames", "max_gap_s"),
            "batch": self.all["inference"]["batch"],
        }

    def seers(self, video: str) -> str:
        """Who may see a video: its model, or where that is a student, its teacher, too."""
        own = self.graph.model(self.graph.model_of(video))
        return "student" if own.student_of else "model"

    def redetects(self) -> bool:
        """Whether poses are doubted: of frames that were all looked at, none is."""
        return self.all["detector"]["redetect"] and self.all["detector"]["every_frames"] != 1

    def inference(self) -> dict[str, Any]:
        """How networks are run; the length of chunks changes no result."""
        return {key: v for key, v in self.of("inference").items() if key != "chunk_frames"}

    def smoother(self) -> dict[str, Any]:
        """What every method needs and the settings of the chosen one: the others re-run nothing."""
        own = self.all["smoothing"].get(self.all["smoothing"]["method"], {})
        return self.of("smoothing", "center", "min_score") | own

    def views(self, video: str) -> dict[str, Any]:
        """How views are smoothed together, and the mirrors that the video's space knows."""
        return self.views_of_model(self.graph.model_of(video))

    def views_of_model(self, model: str) -> dict[str, Any]:
        """The same of a model's space."""
        views = self.all["smoothing"]["views"]
        space = self.graph.model(model).space
        return views | {"mirrors": views["mirrors"].get(space, [])}

    def cameras(self, video: str) -> list[str]:
        """The cameras of a video's session, its own first."""
        return [*self.graph.study.views_of(video)]

    def gait(self, video: str) -> dict[str, Any]:
        """How strides are measured on the video's animal; no limbs for a space without feet."""
        gait, space = self.all["gait"], self.graph.space_of_video(video)
        feet = {key: gait[key].get(space, []) for key in ("limbs", "body")}
        left = (*feet, "draws", "seen_from_above")
        others = {key: value for key, value in gait.items() if key not in left}
        row = self.graph.study.videos[video]
        told = {"belt_speed_px_per_s": row.belt_speed_px_per_s}
        own = told if row.belt_speed_px_per_s is not None else {}
        own |= {"cm_per_px": row.cm_per_px, "leg_length_cm": row.leg_length_cm}
        return feet | others | own | {"is_from_above": space in gait["seen_from_above"]}

    def trajectory_draws(self, video: str) -> dict[str, Any]:
        """Of which keypoints trajectories are drawn, how many, and by which random numbers."""
        own = self.gait(video)
        draws = self.all["gait"]["draws"]
        return {"keypoints": [*own["limbs"], *own["body"]], "draws": draws, "seed": 0}

    def behavior_draws(self) -> dict[str, Any]:
        """How many trajectories are drawn for the bouts, and by which random numbers."""
        return {"draws": self.all["behavior"]["draws"], "seed": 0}

    def anatomy(self, video: str) -> dict[str, str]:
        """Which keypoints are the parts of the body that features are about."""
        return self.all["features"]["anatomy"].get(self.graph.space_of_video(video), {})

    def behaviors(self, video: str) -> dict[str, Any]:
        """The behaviors that are defined for a video's animal, and that the video can tell."""
        own = self.all["behavior"]["definitions"].get(self.graph.space_of_video(video), {})
        return behaviors_told(self.graph.study.videos[video], own)

    def feature_groups(self, video: str) -> list[str]:
        """The groups of features that are asked for, and those that behaviors rest on."""
        behaviors = self.behaviors(video).values()
        needed = groups_of(c["feature"] for of in behaviors for c in of["conditions"])
        return list(dict.fromkeys([*self.all["features"]["groups"], *needed]))

    def arena(self, video: str) -> dict[str, Any] | None:
        """The outline of a video's arena and its zones (px), if the sheet tells them."""
        return plain_arena(self.graph.study.videos[video])

    def cm_per_px(self, video: str) -> float | None:
        """The scale of a video, if the sheet tells it."""
        return self.graph.study.videos[video].cm_per_px

    def account(self) -> dict[str, Any]:
        """From where on something about a video is doubtful."""
        limits = {k: v for k, v in self.of("quality").items() if k != "max_failed_fraction"}
        return limits | {"max_gap_s": self.all["smoothing"]["eks"]["max_gap_s"]}

    def users_columns(self, video: str) -> Mapping[str, str]:
        """The columns of the sheet that are the user's own."""
        return dict(users_columns(self.graph.study.videos[video]))

    def datasets(self) -> dict[str, dict[str, Any]]:
        """What the sheet says of each data set, but for where its files lie."""
        return {
            name: {k: v for k, v in vars(row).items() if k not in ("path", "conversion")}
            for name, row in self.graph.study.datasets.items()
        }

    def page(self) -> dict[str, str]:
        """The parts of the report's page that are no Python, by what they hold."""
        parts = sorted((PACKAGE / "report").glob("page.[hc]*"))
        return {path.name: content_digest(path) for path in parts}
