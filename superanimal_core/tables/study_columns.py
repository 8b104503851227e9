"""Every column of every table of data sets, models and the study, with its meaning.

As in video_columns, from which the tables of all videos follow: those of one video with `video`,
and the user's own columns, in front.
"""

LABEL_STATES = "0 not in the data set, 1 not labeled, 2 occluded, 3 visible"
PICTURE = {
    "dataset": "identifier of the sheet",
    "image": "<data set>/<name in it>, or <data set>#<file> for a frame taken from a video",
    "split": "train or test",
}
LABELS = PICTURE | {
    "width_px": "of the picture",
    "height_px": "the same",
    "animal": "number of the labeled animal in the data set",
    "individual": "its name there",
    "group": "what a split must not tear apart: a video, an animal",
    "x0_px": "left side of the box; NaN: none was labeled",
    "y0_px": "upper side",
    "x1_px": "right side",
    "y1_px": "lower side",
    "keypoint": "name in the data set; in unified.parquet, in the keypoint space",
    "x_px": "from the left; NaN: not labeled",
    "y_px": "from the top",
    "state": LABEL_STATES,
    "score": "1 for labels of people",
}
AUDIT = PICTURE | {
    "animal": "number of the labeled animal",
    "individual": "its name",
    "kind": "of mistake that is suspected",
    "keypoints": "that are concerned",
    "severity": "comparable within a kind",
    "reason": "one sentence",
}
PICTURES = PICTURE | {
    "digest": "of the decoded pixels",
    "thumbnail": "32 x 32 gray levels",
}
REPEATS = PICTURE | {
    "kind": "identical or similar",
    "difference": "largest of a cell, in parts of the contrast",
    "other_dataset": "where the picture stands again",
    "other_image": "the same",
    "other_split": "the same",
    "is_leak": "one is trained on, the other evaluated",
}
COVERAGE = {
    "space": "keypoint space",
    "dataset": "identifier of the sheet",
    "keypoint": "name in the space",
    "state": "of the labels",
    "labels": "how many",
}
HISTORY = {
    "step": "of the training",
    "loss": "mean since the row before",
    "learning_rate": "at this step",
    "held_out_px": "last error on animals that early stopping holds out; NaN: none",
}
HELD_OUT = {
    "member": "number of the network in the ensemble",
    "animal": "number of the labeled animal",
    "image": "as in labels",
    "group": "as in labels",
    "dataset": "identifier of the sheet",
    "keypoint": "name in the space",
    "x_px": "what the network sees in the box that a video would get; NaN: no box",
    "y_px": "the same",
    "score": "0 to 1",
    "label_x_px": "where a person clicked; NaN: not labeled",
    "label_y_px": "the same",
    "disturbance": "how the picture was made worse (dark, blurred, …); empty: the picture as it is",
    "is_asked": "whether the data set knows the keypoint: then no label means it was not there",
}
CALIBRATION = {
    "part": "curve (deviation to error, in parts of the animal's size), factor (of a keypoint), "
    "quantile, presence, growth of the error with a sign of strangeness, the most of it that was "
    "seen, limit of the growth, bone (usual distance of two keypoints), count (what it rests on), "
    "or what it holds with groups, datasets, each dataset or keypoint left out",
    "name": "the keypoint, pair of them, data set, sign or count that it is about, if one",
    "x": "where",
    "y": "value there",
}
EVALUATION = {
    "member": "number of the network, or ensemble",
    "dataset": "identifier of the sheet",
    "split": "of the labels",
    "keypoint": "name in the space, or all",
    "animals": "how many labeled ones",
    "mean_error_px": "mean distance (DeepLabCut calls it RMSE)",
    "mean_error_low_px": "lower end of its 95 % interval over groups of pictures; NaN: one group",
    "mean_error_high_px": "upper end",
    "median_error_px": "median distance",
    "root_mean_square_error_px": "root of the mean squared distance",
    "normalized_error": "mean distance over the root of the box's area",
    "normalized_error_low": "lower end of its 95 % interval",
    "normalized_error_high": "upper end",
    "pck_10": "part within a tenth of the longer side of the box",
    "oks_map": "COCO's mean average precision: area of the box, the space's sigmas",
    "oks_mar": "the recall that belongs to it",
    "dlc_map": "DeepLabCut's: sigma 0.1, area around the labeled keypoints",
    "dlc_mar": "the recall that belongs to it",
    "boxes": "label: the labels' own; detector: those that a video would get",
}
TRUTH = {
    "stage": "raw, adapted or smoothed",
    "quantity": "keypoint_error, smoother_error, coverage, stride_frequency, bouts or bout_f1",
    "name": "of the keypoint, smoother, circle or behavior",
    "value": "what was found",
    "truth": "what is true; NaN for errors",
    "unit": "of both",
    "count": "of the values behind it",
}
ADAPTATION = {
    "video": "identifier of the sheet",
    "member": "the network",
    "is_tried": "whether it was adapted and judged",
    "is_kept": "whether the adapted network was kept; else after is as before",
    "reason": "why",
    "error_px_before": "mean distance from the truth",
    "error_px_after": "the same",
    "jitter_px_before": "mean step per coordinate, as in Ye et al. 2024",
    "jitter_px_after": "the same",
    "dropped_keypoints_before": "absent, or below adaptation.min_score; mean of a frame",
    "dropped_keypoints_after": "the same",
    "hull_px2_before": "mean area of the convex hull of confident keypoints",
    "hull_px2_after": "the same",
    "hull_change_before": "its mean change from frame to frame, over the mean",
    "hull_change_after": "the same",
    "gain_px": "error before less that after",
    "shared_by": "model and name of the videos that share the network (adaptation.per), or empty",
    "is_learned_from": "whether the network learned from this video",
    "robustness_gain_px": "mean gain of the same network on videos that it did not learn from, 0 "
    "where it was rolled back; NaN: no such video",
    "is_right": "whether what is used is worse by 3 % at most than what was before",
}
TRANSFER = {
    "model": "that was trained further",
    "dataset": "whose labels it learned from and was evaluated on",
    "mode": "what it started from",
    "fraction": "of the labeled pictures",
    "seed": "of the choice and the training",
    "labeled_animals": "that it learned from",
    "mean_error_px": "on held-out labels of the data set",
    "mean_error_low_px": "lower end of its 95 % interval",
    "mean_error_high_px": "upper end",
    "normalized_error": "as in evaluation.parquet",
    "pck_10": "as in evaluation.parquet",
    "oks_map": "as in evaluation.parquet",
    "dlc_map": "as in evaluation.parquet",
    "pretraining_normalized_error": "on held-out labels of the pretraining sets",
    "pretraining_dropped_keypoints": "there, per animal, of those that the parent was taught: "
    "absent, or with a score below quality.min_score",
}

LESSONS = LABELS | {
    "dataset": "the video",
    "image": "<video>/pictures/<number>.jpg, below teaching/watched/",
    "state": "4 taught, 0 masked",
    "score": "mean of the members",
    "weight": "0-1, in the loss, from the expected error; a label of people has 1",
    "informative": "of the animal: spread of the members and correction by the smoother, by "
    "weight, in parts of its size",
}
STUDENTS = {
    "of": "labels (held out), or frames (that were not taught)",
    "name": "of the data set or video",
    "positions": "that both know",
    "student_error_px": "mean distance from the labels",
    "ensemble_error_px": "the same of the ensemble's middle",
    "student_within_90": "part of the labels within the student's circle of 90 %, the calibration "
    "made without the data set",
    "ensemble_within_90": "the same of the ensemble's circle",
    "student_jitter_px": "mean step from frame to frame per coordinate, smoothed",
    "ensemble_jitter_px": "the same",
    "apart_px": "mean distance of student and ensemble, smoothed",
    "student_lost": "labels, or positions of the other, for which the student has none",
    "ensemble_lost": "the same of the ensemble",
}
CLASSIFIER = {
    "behavior": "one that is learned; all: the mean over them (F1: macro F1)",
    "precision": "of frames, when their animal (or block of time) was left out; raters together",
    "recall": "the same",
    "f1": "the same",
    "average_precision": "of frames, over all thresholds of the probability",
    "raters_f1": "F1 of the raters among themselves, mean over their pairs; NaN: one rater",
    "frames": "in which raters mark it; of all: that say anything",
    "bouts": "that raters mark, all raters together, where the animal is seen: a bout in which it "
    "is lost for a while is two",
    "predicted_bouts": "that the classifier finds, once for each rater",
    "bout_f1_25": "F1 of bouts that share 0.25 of their common time with one that is marked",
    "bout_f1_50": "the same for 0.5",
    "onset_error_s": "median start, found minus marked, of bouts that share 0.25",
    "onset_distance_s": "median of its size",
    "time_s": "that raters mark, where the animal is seen",
    "predicted_time_s": "that the classifier finds",
    "count_correlation": "of the number of bouts over recordings; NaN: fewer than three",
    "time_correlation": "of the total time, the same",
    "raters": "most persons that labeled one recording",
    "held_out_by": "what was left out in turn: animals, or blocks of time",
}
GROUPS = {
    "part": "gait, behavior, or the classifier that found it",
    "measure": "median over the strides, mean over the limbs; of behaviors what its name says",
    "group": "of the column that settings groups.column names",
    "reference": "the group that it is compared with",
    "animals": "that have the measure",
    "videos": "of theirs",
    "mean": "over the animals, of their means over videos",
    "sd_animals": "between the animals",
    "measurement_sd": "what the expected error of the poses implies for one video, root mean "
    "square; NaN: not known",
    "difference": "from the reference, adjusted; NaN: the reference, or fewer than three animals",
    "difference_low": "lower end of the 95 % interval",
    "difference_high": "upper end",
    "p": "of no difference",
    "p_holm": "the same for all measures together (Holm)",
    "adjusted_for": "speed, or nothing",
}
CLASSIFIED_FRAMES = {
    "frame": "number of the frame, from 0",
    "time_s": "its time",
    "individual": "animal0, animal1, … of this video",
    "probability_<behavior>": "calibrated on what was left out; probability_none: of none of them",
}
CLASSIFIED_BOUTS = {
    "individual": "animal0, animal1, … of this video",
    "behavior": "its name in the classifier's behaviors",
    "start_frame": "first frame",
    "stop_frame": "first frame after it",
    "start_s": "time of the first frame",
    "stop_s": "time of the first frame after it",
    "probability": "mean over its frames",
}
CLASSIFIED_VIDEOS = {
    "individual": "animal0, animal1, … of this video",
    "behavior": "its name in the classifier's behaviors",
    "bouts": "their number",
    "time_s": "how long they last together",
    "fraction": "of the video",
    "mean_bout_s": "how long one lasts; NaN: none",
}
