"""Every column of the tables of behavior (features, bouts), with its meaning.

Standard library only, as video_columns, where units and endings are explained. Names in angle
brackets stand for keypoints, zones, windows and the like.
"""

from superanimal_core.tables.video_columns import DRAWS, FRAME, INDIVIDUAL, NO_INTERVAL, SELDOM

FEATURES = (
    FRAME
    | INDIVIDUAL
    | {
        "center_x_px": "of the keypoint that is the center of the body (features.anatomy)",
        "center_y_px": "the same",
        "speed_px_per_s": "of the center, over features.window_s",
        "acceleration_px_per_s2": "slope of that speed",
        "motion_px_per_s": "mean of the middle half of all known keypoints' speeds",
        "slow_speed_px_per_s": "speed of the center over 0.28 s, of an animal that hardly moves",
        "slow_head_speed_rad_per_s": "how fast the direction neck to front turns, over 0.28 s",
        "bridged_keypoints": "keypoints whose position was a jump that no animal makes; features "
        "are about a straight line there",
        "speed_<keypoint>_px_per_s": "of each keypoint",
        "hull_area_px2": "of the convex hull of the keypoints",
        "body_length_px": "rear to front",
        "trunk_length_px": "rear to neck",
        "head_height_px": "how much higher in the picture the front is than the rear",
        "heading_rad": "of the trunk, rear to neck, counterclockwise as seen from 0 = right",
        "turn_rate_rad_per_s": "how fast the heading turns",
        "turn_speed_rad_per_s": "its size",
        "body_pitch_rad": "elevation of the trunk above the picture's horizontal",
        "head_pitch_rad": "elevation of the head, neck to front",
        "head_angle_rad": "of the head against the trunk",
        "head_turn_speed_rad_per_s": "how fast that angle turns",
        "nearest_other_px": "distance to the center of the nearest other animal",
        "speed_bl_per_s": "speed in body lengths, of the animal's median",
        "motion_bl_per_s": "the same for the motion",
        "slow_speed_bl_per_s": "the same for slow_speed",
        "body_length_ratio": "body length over the animal's median: low where it rears, from above",
        "elongation": "1 - minor / major axis of the keypoints' spread: 0 round, 1 a line",
        "border_px": "distance of the center to the arena's border, negative outside; with `arena` "
        "in the sheet, and so are the next three",
        "zone_center": "1: the center is in the arena scaled to one half (Sturman et al. 2020)",
        "zone_periphery": "1: outside of the arena scaled to 0.8",
        "zone_corner": "1: in the arena scaled to 0.4 around one of its corners",
        "zone_<name>": "1: in a zone of the sheet's column `zones`",
    }
    | {
        "distance_<keypoint>_<keypoint>_px": "group distances: of the bones, and between front, "
        "neck, center and rear",
        "segment_<keypoint>_<keypoint>_rad": "group angles: of a bone against the trunk, "
        "counterclockwise as seen",
        "joint_<keypoint>_<keypoint>_at_<keypoint>_rad": "group angles: between two bones, 0 to pi",
        "acceleration_<keypoint>_px_per_s2": "group accelerations: slope of a keypoint's speed",
        "ego_<keypoint>_ahead_px": "group egocentric: how far ahead of the center, along the trunk",
        "ego_<keypoint>_left_px": "group egocentric: how far to the left, as the animal goes",
        "social_front_to_front_px": "group social: the own front to that of the nearest other "
        "animal",
        "social_front_to_center_px": "to its center",
        "social_front_to_rear_px": "to its rear",
        "social_direction_rad": "in which direction it is, from the own heading, counterclockwise",
        "social_heading_rad": "its heading against the own",
        "social_approach_px_per_s": "how fast its center comes nearer",
        "mean_<window>_<feature>": "group windows: mean of speed, motion, turn_speed and hull_area "
        "over 0.2, 0.5, 1 and 2 s around a frame",
        "spread_<window>_<feature>": "their standard deviation there",
        "sturman_acceleration_<part>_px_per_s2": "group sturman: the set of Sturman et al. 2020 "
        "(DLCAnalyzer), per second; 11 keypoints",
        "sturman_distance_<part>_<part>_px": "10 lengths",
        "sturman_angle_<part>_<part>_<part>_<part>_rad": "6 angles between two segments, 0 to pi",
        "sturman_area_<parts>_px2": "4 areas",
        "sturman_border_<part>_px": "4 distances to the arena's border, without sign",
        "sturman_inside_<part>": "1: nose or headcentre is in the arena",
        "simba_movement_<keypoint>_px_per_s": "group simba: the one-animal set of SimBA, per "
        "second; `all` is the sum",
        "simba_nose_to_tail_px": "front to rear",
        "simba_ear_distance_px": "between the ears",
        "simba_width_px": "between the flanks",
        "simba_hull_px2": "area of the convex hull",
        "simba_hull_change_px2_per_s": "its slope",
        "simba_<which>_distance_px": "largest, smallest, mean and sum of all distances",
        "simba_mean_<window>_<feature>": "mean over 1/2, 1/5, 1/6, 1/7.5 and 1/15 s",
        "simba_score_<keypoint>": "score of the keypoint",
    }
)
BOUTS = INDIVIDUAL | {
    "behavior": "its name in behavior.definitions",
    "start_frame": "first frame",
    "stop_frame": "first frame after it",
    "start_s": "time of the first frame",
    "stop_s": "time of the first frame after it",
    "probability": "part of it that the draws show, on average: how sure the measurement is, not "
    "the definition; NaN: no draws",
    "draws": f"{DRAWS} it was found",
    "no_interval_because": f"empty, or {NO_INTERVAL}, {SELDOM}",
}
