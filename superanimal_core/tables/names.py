"""Which tables a study has: the one list. Standard library only: the Snakefile uses it."""

TABLES = ("strides", "gait", "features", "bouts")  # of one video each; all videos' in one file
WITHOUT_USER_COLUMNS = ("features",)  # a row per frame: the user's columns stand in `videos`
OF_VIDEO = ("poses", *TABLES)  # what a video is processed for
OF_COHORT = (*OF_VIDEO, "quality", "videos")
