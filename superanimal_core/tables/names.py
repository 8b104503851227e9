"""Which tables a study has: the one list. Standard library only: the Snakefile uses it."""

TABLES = ("strides", "gait", "features", "bouts")  # of one video each; all videos' in one file
WITHOUT_USER_COLUMNS = ("features",)  # a row per frame: the user's columns stand in `videos`
OF_VIDEO = ("poses", *TABLES)  # what a video is processed for
OF_COHORT = (*OF_VIDEO, "quality", "videos")

# what the columns of our tables are called, apart from endings (_mean, _low, …) and from features:
# the user's own columns have other names
_COLUMNS = """
    video file status stage reason individual keypoint frame time_s is_decoded is_estimated_time
    score x_px y_px x_raw_px y_raw_px x_var_px2 y_var_px2 x_ensemble_var_px2 y_ensemble_var_px2
    members evidence probability expected_error_px radius_50_px radius_90_px is_extrapolated
    x0_px y0_px x1_px y1_px behavior start_frame stop_frame start_s stop_s limb strike_frame
    strike_s lift_s next_strike_s stride_time_s stance_time_s swing_time_s duty_factor
    stride_length_px stride_length_cm speed_px_per_s speed_cm_per_s phase is_resolved draws
    strides resolved_fraction stride_frequency_hz phase_mean phase_resultant time_resolution_ms
    strides_per_draw container_frames missing_end_s width_px height_px frames_decoded
    frames_damaged frames_predicted duration_s absent_fraction keypoints_seen mean_score
    dropped_keypoints_per_frame jitter_raw_px jitter_px median_uncertainty_px
    median_expected_error_px gaps longest_gap_s bouts limbs_out_of_step adapted_members
    packets_without_frame lost_at_frame
    frames_left_out left_out_after_frame is_torn estimated_times first_frame_s video_streams
    source
"""
COLUMNS = frozenset(_COLUMNS.split())
