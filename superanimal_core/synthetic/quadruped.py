"""A four-legged animal seen from its side: trunk, two-link legs, neck, head and tail.

Unit: body length (nose to tail base when it stands). In its own frame it looks along +x with y up,
the ground at y = 0 and its right side near the viewer; `figure` turns it to the left, where its
left side is near, and lets y point down. The keypoints are 26 of the 39 of superanimal_quadruped;
'thai' is upstream's spelling.
"""

from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Bool, Float
from numpy import ndarray

from superanimal_core.synthetic.coats import Coat
from superanimal_core.synthetic.drawing import Canvas
from superanimal_core.synthetic.figure import Figure, is_covered, middle_joint, rotate
from superanimal_core.synthetic.gait_generator import (
    FRONT_LIMBS,
    LIMBS,
    Progress,
    Timeline,
    footfalls_of,
    foothold_distances_bl,
    paw_track,
)
from superanimal_core.synthetic.quadruped_drawing import (
    LEG_RADII,
    TRUNK_RADII,
    draw_quadruped,
)

QUADRUPED_KEYPOINTS = (
    "nose", "right_eye", "right_earbase", "right_earend", "left_eye", "left_earbase",
    "left_earend", "neck_base", "back_base", "back_end", "back_middle", "tail_base", "tail_end",
    "front_left_thai", "front_left_knee", "front_left_paw", "front_right_thai",
    "front_right_knee", "front_right_paw", "back_left_paw", "back_left_thai", "back_right_thai",
    "back_left_knee", "back_right_knee", "back_right_paw", "belly_bottom",
)  # fmt: skip
HIP_HEIGHT = 0.415
ANKLE_HEIGHT = 0.032  # of the paw keypoint above the ground
UPPER_LINK, LOWER_LINK = 0.210, 0.230
SWING_HEIGHT = 0.085
REARED_RAD = 0.85
SNIFF_HZ = 2.9
STAND_APART = 0.035  # left and right feet do not stand exactly beside each other
FAR_SHIFT = np.array([0.030, 0.022])  # the far side, seen slightly from above
HIP = np.array([-0.27, -0.015])
SHOULDER = np.array([0.20, -0.035])
NECK_ROOT = np.array([0.22, 0.06])
TAIL_ROOT = np.array([-0.405, 0.06])
TRUNK = np.array([[-0.36, -0.005], [-0.27, 0.02], [-0.10, 0.02], [0.06, 0.005], [0.19, 0.005],
                  [0.275, 0.01]])  # fmt: skip
ON_TRUNK = {
    "back_base": np.array([0.17, 0.150]),
    "back_middle": np.array([-0.06, 0.138]),
    "back_end": np.array([-0.27, 0.150]),
    "belly_bottom": np.array([-0.03, -0.115]),
}
ON_HEAD = {
    "nose": np.array([0.195, -0.028]),
    "near_eye": np.array([0.062, 0.035]),
    "far_eye": np.array([0.094, 0.040]),
    "near_earbase": np.array([-0.035, 0.082]),
    "near_earend": np.array([-0.070, 0.195]),
    "far_earbase": np.array([0.030, 0.092]),
    "far_earend": np.array([0.030, 0.200]),
    "neck_base": np.array([-0.090, 0.035]),
}
MUZZLE = np.array([[0.0, 0.0], [0.06, -0.022], [0.13, -0.030], [0.185, -0.030]])


@dataclass(frozen=True)
class QuadrupedBuild:
    """How one animal differs from another: factors on its proportions."""

    girth: float = 1.0
    ears: float = 1.0
    tail: float = 1.0
    neck: float = 1.0


@dataclass(frozen=True)
class Trunk:
    """The trunk's middle, and how far it is turned about the hip when the animal rears (rad)."""

    middle: Float[ndarray, "time 2"]
    pitch: Float[ndarray, "time"]

    def at(self, places: Float[ndarray, "place 2"]) -> Float[ndarray, "time place 2"]:
        """Points fixed to the trunk."""
        return self.middle[:, None] + rotate((places - HIP)[None], self.pitch[:, None]) + HIP


@dataclass(frozen=True)
class Quadruped:
    """An animal that walks from `start_bl` along a line, and what it does when."""

    timeline: Timeline
    faces_left: bool
    start_bl: float = 0.0
    build: QuadrupedBuild = field(default_factory=QuadrupedBuild)
    space = "superanimal_quadruped"
    keypoints = QUADRUPED_KEYPOINTS

    def figure(self, time_s: Float[ndarray, "time"]) -> Figure:
        """Where everything is at the given times."""
        near, far = ("left", "right") if self.faces_left else ("right", "left")
        now = self.timeline.progress(time_s)
        trunk = self._trunk(now)
        chains = {"trunk": trunk.at(TRUNK), "tail": self._tail(now, trunk)}
        named = {name: trunk.at(place[None])[:, 0] for name, place in ON_TRUNK.items()}
        head, head_named = self._head(now, trunk, near, far)
        chains |= head
        for limb in LIMBS:
            leg = self._leg(now, trunk, limb, is_far=far in limb)
            chains[("far_" if far in limb else "near_") + limb.split("_")[0]] = leg
            stem = limb.removesuffix("_paw")
            named |= {f"{stem}_{part}": leg[:, i] for i, part in enumerate(("thai", "knee", "paw"))}
        named |= {"tail_base": chains["tail"][:, 0], "tail_end": chains["tail"][:, -1]} | head_named
        keypoints = np.stack([named[name] for name in QUADRUPED_KEYPOINTS], axis=1)
        is_hidden = self._hidden(chains, keypoints, far)
        flip = np.array([-1.0 if self.faces_left else 1.0, -1.0])
        return Figure({k: v * flip for k, v in chains.items()}, keypoints * flip, is_hidden)

    def _trunk(self, now: Progress) -> Trunk:
        bob_hz = 2 * self.timeline.gait.stride_frequency_hz
        bob = 0.010 * now.speed * np.cos(2 * np.pi * bob_hz * now.time_s)
        breath = 0.002 * np.sin(8.0 * now.time_s)
        height = HIP_HEIGHT - HIP[1] + bob + breath
        middle = np.stack([self.start_bl + now.way_bl, height], axis=-1)
        return Trunk(middle, REARED_RAD * self.timeline.engagement(now.time_s, "rear"))

    def _leg(self, now: Progress, trunk: Trunk, limb: str, is_far: bool) -> ndarray:
        """Root (thai), middle joint (knee) and paw of a limb; the links never change length."""
        is_front = limb in FRONT_LIMBS
        joint = SHOULDER if is_front else HIP
        shift = FAR_SHIFT if is_far else np.zeros(2)
        root = trunk.at(joint[None])[:, 0] + shift
        steps = footfalls_of(self.timeline, limb)
        ways = foothold_distances_bl(self.timeline, steps) + self.start_bl + joint[0] + shift[0]
        ways = ways + (STAND_APART if is_far else 0) * (1 if is_front else -1)
        holds = np.stack([ways, np.full(len(ways), ANKLE_HEIGHT + shift[1])], axis=-1)
        paw, lifted = paw_track(now.time_s, steps, holds)
        raised = (trunk.pitch / REARED_RAD)[:, None] * is_front
        lifted = np.where(raised[:, 0] > 0, 0, SWING_HEIGHT * lifted)
        dangling = root + np.array([0.19 if is_far else 0.15, -0.27 if is_far else -0.31])
        paw = paw + np.stack([np.zeros_like(lifted), lifted], axis=-1)
        paw = np.where(raised > 0, paw + raised * (dangling - paw), paw)
        knee, reached = middle_joint(root, paw, UPPER_LINK, LOWER_LINK, -1.0 if is_front else 1.0)
        return np.stack([root, knee, reached], axis=1)

    def _head(
        self, now: Progress, trunk: Trunk, near: str, far: str
    ) -> tuple[dict[str, ndarray], dict[str, ndarray]]:
        """Chains of neck and head, and keypoints. A sniffing animal lowers and bobs its head."""
        sniff = self.timeline.engagement(now.time_s, "sniff")
        stride = 2 * np.pi * self.timeline.gait.stride_frequency_hz * now.time_s
        nod = 0.05 * now.speed * np.cos(stride)
        bob = np.sin(2 * np.pi * SNIFF_HZ * now.time_s)
        neck_angle = 0.90 + 0.55 * trunk.pitch + nod - sniff * (1.75 + 0.05 * bob)
        head_angle = -0.12 + 0.35 * trunk.pitch + nod - sniff * (0.60 + 0.16 * bob)
        root = trunk.at(NECK_ROOT[None])[:, 0]
        neck = np.array([0.245 * self.build.neck, 0.0])
        skull = root + rotate(neck[None], neck_angle)

        def at(places: ndarray) -> ndarray:
            return skull[:, None] + rotate(places[None], head_angle[:, None])

        places = dict(ON_HEAD)
        for side in ("near", "far"):
            base, end = places[f"{side}_earbase"], places[f"{side}_earend"]
            places[f"{side}_earend"] = base + (end - base) * self.build.ears
        face = at(np.stack(list(places.values())))
        names = [name.replace("near", near).replace("far", far) for name in places]
        chains = {
            "neck": np.stack([root, (root + skull) / 2, skull], axis=1),
            "muzzle": at(MUZZLE),
            "face": face,
        }
        return chains, {name: face[:, i] for i, name in enumerate(names)}

    def _tail(self, now: Progress, trunk: Trunk) -> ndarray:
        """10 points from base to tip: it rises behind, and wags with a lag towards the tip."""
        part = np.linspace(0, 1, 9)
        happy = 0.10 + 0.14 * self.timeline.engagement(now.time_s, "sniff")
        wag = happy[:, None] * np.sin(2 * np.pi * (1.3 * now.time_s[:, None] - 0.6 * part))
        angle = 2.75 - 1.35 * part**1.3 + wag * part + 0.6 * trunk.pitch[:, None]
        link = 0.047 * self.build.tail * np.stack([np.cos(angle), np.sin(angle)], axis=-1)
        base = trunk.at(TAIL_ROOT[None])
        return np.concatenate([base, base + np.cumsum(link, axis=1)], axis=1)

    def _hidden(self, chains: dict, keypoints: ndarray, far: str) -> Bool[ndarray, "time keypoint"]:
        """What the near side covers: the far eye and joints behind the trunk, legs behind legs."""
        is_far = np.array([far in name for name in QUADRUPED_KEYPOINTS])
        behind = is_far & np.array(["ear" not in name for name in QUADRUPED_KEYPOINTS])
        hidden = np.zeros(keypoints.shape[:2], bool)
        hidden |= is_covered(keypoints, chains["trunk"], TRUNK_RADII * self.build.girth) & behind
        belly = np.array([name == "belly_bottom" for name in QUADRUPED_KEYPOINTS])
        for end in ("front", "back"):
            cover = is_covered(keypoints, chains[f"near_{end}"], LEG_RADII[end])
            hidden |= cover & (behind | belly)
        return hidden | np.array([name == f"{far}_eye" for name in QUADRUPED_KEYPOINTS])

    def draw(
        self, canvas: Canvas, points: dict[str, ndarray], px_per_bl: float, coat: Coat
    ) -> None:
        """Draw one moment; `points` are the figure's chains in pixels of the frame."""
        draw_quadruped(canvas, points, px_per_bl, self.build.girth, coat)
