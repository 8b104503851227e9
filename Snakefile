"""From labeled data sets and videos to poses, gait and behavior. See README.md."""

from snakemake.utils import min_version

min_version("9.20")


report: "workflow/report/study.rst"


include: "workflow/rules/before_settings.smk"


configfile: "config/config.yaml"


include: "workflow/rules/study.smk"
include: "workflow/rules/common.smk"
include: "workflow/rules/convert_dataset.smk"
include: "workflow/rules/unify_dataset.smk"
include: "workflow/rules/count_labels.smk"
include: "workflow/rules/audit_dataset.smk"
include: "workflow/rules/fingerprint_pictures.smk"
include: "workflow/rules/find_repeats.smk"
include: "workflow/rules/fetch_weights.smk"
include: "workflow/rules/import_pose_model.smk"
include: "workflow/rules/import_detector.smk"
include: "workflow/rules/train_detector.smk"
include: "workflow/rules/pretrain.smk"
include: "workflow/rules/fine_tune.smk"
include: "workflow/rules/watch_for_student.smk"
include: "workflow/rules/choose_lessons.smk"
include: "workflow/rules/distill.smk"
include: "workflow/rules/evaluate_model.smk"
include: "workflow/rules/evaluate_predictions.smk"
include: "workflow/rules/transfer_run.smk"
include: "workflow/rules/transfer_table.smk"
include: "workflow/rules/calibrate_uncertainty.smk"
include: "workflow/rules/compare_student.smk"
include: "workflow/rules/propose_conversion.smk"
include: "workflow/rules/quantize_network.smk"
include: "workflow/rules/probe_video.smk"
include: "workflow/rules/predict_poses.smk"
include: "workflow/rules/read_predictions.smk"
include: "workflow/rules/settle_videos.smk"
include: "workflow/rules/offer_lessons.smk"
include: "workflow/rules/adapt_together.smk"
include: "workflow/rules/adapt_to_video.smk"
include: "workflow/rules/smooth_poses.smk"
include: "workflow/rules/measure_gait.smk"
include: "workflow/rules/describe_behavior.smk"
include: "workflow/rules/train_classifier.smk"
include: "workflow/rules/classify_behavior.smk"
include: "workflow/rules/collect_classified.smk"
include: "workflow/rules/compare_truth.smk"
include: "workflow/rules/adaptation_table.smk"
include: "workflow/rules/check_video.smk"
include: "workflow/rules/label_video.smk"
include: "workflow/rules/draw_stills.smk"
include: "workflow/rules/export_poses.smk"
include: "workflow/rules/collect_tables.smk"
include: "workflow/rules/compare_groups.smk"
include: "workflow/rules/report.smk"
include: "workflow/rules/judge_run.smk"


rule all:
    input:
        GRAPH.final_products(Path.cwd() if IS_MAIN else None),
    localrule: True


onstart:
    write_owner(".")
    forget_failed(".")
    note_stops(lambda: workflow.scheduler.failed)
    write_settings(STUDY.settings)


onsuccess:
    from superanimal_core.jobs.outcome import outcome_lines

    print(*outcome_lines("results", forget_owner(".")), sep="\n", file=sys.stderr)


onerror:
    from superanimal_core.jobs.outcome import ended_lines, outcome_lines

    note_failed(".", workflow.scheduler.failed, stopped_s(), failed_before_stop())
    done = outcome_lines("results", forget_owner("."))
    print(*ended_lines(done, is_stopped()), sep="\n", file=sys.stderr)
