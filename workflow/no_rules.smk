"""No rules: for what Snakemake does to a folder without asking what the study is."""
