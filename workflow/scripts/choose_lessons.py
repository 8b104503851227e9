"""Choose what is taught to a student, of what its teacher's ensemble says of the videos."""

from superanimal_core.jobs.step import study_step
from superanimal_core.models.chosen_lessons import choose_of_cohort, write_choice

with study_step(snakemake) as record:
    watched, output = snakemake.input.watched, snakemake.output
    lessons, informative, without = choose_of_cohort(watched, snakemake.params.lessons)
    told = {**record, "without": without}
    write_choice(lessons, informative, watched, output.lessons, output.videos, told)
