"""What beginners do wrong, each told in one sentence, once, before any job; or read as meant."""

import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from beginners_study import SPACE, Spoiled, write_study

from superanimal_core.__main__ import main
from superanimal_core.commands import check
from superanimal_core.commands.dataset_checks import look_at_set
from superanimal_core.commands.held_out_labels import SO
from superanimal_core.commands.study_folder import read_here
from superanimal_core.errors import MOST_TOLD

WORDS = tuple(f"{word:13}  " for word in check.WORDS.values())


# what was done, how, what the one sentence says
IN_CONFIG = [
    ("a section misspelt", lambda s: s.more("trainings: { steps: 3 }"), "config.yaml: trainings: unknown key; did you mean 'training'?"),
    ("a key misspelt", lambda s: s.more("training: { step: 3 }"), "training.step: unknown key; did you mean 'steps'?"),
    ("a key of another section", lambda s: s.more("steps: 3"), "config.yaml: steps: unknown key"),
    ("a model's key misspelt", lambda s: s.model("seed: [0]"), "models.mouse.seed: unknown key; did you mean 'seeds'?"),
    ("seeds as a number", lambda s: s.change("config/config.yaml", "[0]", "5"), "models.mouse.seeds: read 5"),
    ("one seed twice", lambda s: s.change("config/config.yaml", "[0]", "[0, 0]"), "models.mouse.seeds: read [0, 0]"),
    ("no seed", lambda s: s.change("config/config.yaml", "[0]", "[]"), "models.mouse.seeds"),
    ("a key twice", lambda s: s.more("training: { steps: 3, steps: 4 }"), "steps"),
    ("a section twice", lambda s: s.more("report: { title: a }\nreport: { title: b }"), "report"),
    ("a tab in the YAML", lambda s: s.more("training:\n\tsteps: 3"), "config.yaml: line 6"),
    ("a bracket left open", lambda s: s.more("training: { steps: 3"), "config.yaml: line"),
    ("a colon without a blank", lambda s: s.more("training:\n  steps:3"), "training: read 'steps:3'"),
    ("a number in words", lambda s: s.more("training: { steps: many }"), "training.steps: read 'many'"),
    ("a decimal comma", lambda s: s.more("quality: { min_score: '0,3' }"), "quality.min_score: read '0,3'"),
    ("a percentage", lambda s: s.more("quality: { max_absent_fraction: 30 }"), "quality.max_absent_fraction: read 30"),
    ("nearly no labels of people for a student", lambda s: s.more("distillation: { taught_share: 0.91 }"), "distillation.taught_share: read 0.91"),
    ("a negative count", lambda s: s.more("training: { steps: -5 }"), "training.steps: read -5"),
    ("thousands with a point", lambda s: s.more("training: { steps: 20.000 }"), "steps: '20.000': write 20000 or 20"),
    ("yes for a number", lambda s: s.more("training: { steps: yes }"), "training.steps: read True"),
    ("a list for a section", lambda s: s.more("training: [steps]"), "training: read ['steps']; a section belongs there"),
    ("an empty config.yaml", lambda s: s.write("config/config.yaml", ""), "config.yaml: holds no setting"),
    ("config.yaml as UTF-16", lambda s: s.write("config/config.yaml", "models: {}", "utf-16"), "config.yaml: is UTF-16; save it as UTF-8"),
    ("config.yaml as Latin-1", lambda s: s.write("config/config.yaml", "report: { title: Mäuse }", "latin-1"), "config.yaml"),
    ("a space misspelt", lambda s: s.change("config/config.yaml", SPACE, "superanimal_topviewmice"), "no keypoint space 'superanimal_topviewmice'; did you mean 'superanimal_topviewmouse'?"),
    ("a species as space", lambda s: s.change("config/config.yaml", SPACE, "mouse"), "models.mouse: no keypoint space 'mouse'"),
    ("no space", lambda s: s.write("config/config.yaml", "models:\n  lab:\n    seeds: [0]\n"), "models.lab.space: missing"),
    ("no model", lambda s: s.write("config/config.yaml", "models: {}\n"), "models"),
    ("a backbone misspelt", lambda s: s.model("backbone: resnet500"), "'resnet500' is not a network of timm"),
    ("an architecture that is none", lambda s: s.model("architecture: resnet"), "models.mouse.architecture: read 'resnet'"),
    ("weights that are nowhere", lambda s: s.model("pose_weights: weights/best.pt"), "models.mouse.pose_weights: 'weights/best.pt' is no file"),
    ("weights of another space", lambda s: s.model("pose_weights: superanimal_quadruped_hrnet_w32"), "speaks 'superanimal_quadruped', not"),
    ("a released name misspelt", lambda s: s.model("pose_weights: superanimal_topviewmouse_hrnet32"), "did you mean 'superanimal_topviewmouse_hrnet_w32'?"),
    ("a detector as pose network", lambda s: s.model(f"pose_weights: {SPACE}_fasterrcnn_resnet50_fpn_v2"), "is a detector network"),
    ("a video to be drawn, misspelt", lambda s: s.more("report: { labeled_videos: [m3] }"), "report.labeled_videos: no video 'm3'"),
    ("a video to be drawn by its file", lambda s: s.more("report: { labeled_videos: [raw/m1.mp4] }"), "no video 'raw/m1.mp4' in config/videos.tsv; did you mean 'm1'?"),
    ("one name in place of a list", lambda s: s.more("report: { labeled_videos: m1 }"), "report.labeled_videos: read 'm1'"),
    ("an export's format misspelt", lambda s: s.more("exports: [deeplabcut]"), "exports"),
    ("a parent that is no model", lambda s: (s.model("fine_tune: { parent: mice, mode: naive }"), s.datasets("pretrain", "fine_tune")), "no model 'mice'"),
    ("a keypoint that the space lacks", lambda s: s.more(f"features: {{ anatomy: {{ {SPACE}: {{ front: snout }} }} }}"), f"features.anatomy.{SPACE}: unknown keypoint 'snout'"),
    ("the sheet called otherwise", lambda s: s.more("videos: videos.tsv"), "videos.tsv: cannot be read (No such file or directory)"),
]  # fmt: skip
IN_SHEETS = [
    ("a path misspelt", lambda s: s.videos("raw/m3.mp4"), "row 2: raw/m3.mp4 does not exist; mend the path or remove the row; did you mean"),
    ("another ending", lambda s: s.videos("raw/m1.avi"), "row 2: raw/m1.avi does not exist; mend the path or remove the row; did you mean 'raw/m1.mp4'?"),
    ("a folder misspelt", lambda s: s.videos("vids/m1.mp4"), "row 2: vids/m1.mp4 does not exist"),
    ("no ending", lambda s: s.videos("raw/m1"), "did you mean 'raw/m1.mp4'?"),
    ("a folder as video", lambda s: s.videos("raw"), "row 2: raw is a folder; write raw/*.mp4 for the files in it"),
    ("backslashes", lambda s: s.videos("raw\\m1.mp4"), "raw\\m1.mp4 does not exist; mend the path or remove the row; write / between folders"),
    ("a drive's letter", lambda s: s.videos("C:\\raw\\m1.mp4"), "C:\\raw\\m1.mp4 does not exist"),
    ("a pattern that finds nothing", lambda s: s.videos("raw/*.avi"), "row 2: no file matches raw/*.avi"),
    ("a video twice", lambda s: s.videos("raw/m1.mp4", "raw/m1.mp4"), "row 3: raw/m1.mp4 stands in row 2 already"),
    ("two files of one name", lambda s: (s.write("day2/m1.mp4", ""), s.videos("raw/m1.mp4", "day2/m1.mp4")), "'m1' names two files"),
    ("a name with a blank", lambda s: s.videos("raw/m1.mp4\tmouse 1", header="path\tvideo"), "video 'mouse 1': only letters"),
    ("a model misspelt", lambda s: s.videos("raw/m1.mp4\tMouse", header="path\tmodel"), "no model 'Mouse' in config.yaml; did you mean 'mouse'?"),
    ("commas between columns", lambda s: s.videos("raw/m1.mp4,a", header="path,group"), "row 1: the header reads 'path,group', with ',' between"),
    ("semicolons between columns", lambda s: s.videos("raw/m1.mp4;a", header="path;group"), "row 1: the header reads 'path;group', with ';' between"),
    ("blanks between columns", lambda s: s.videos("raw/m1.mp4 a", header="path group"), "with blanks between the columns"),
    ("a header of another name", lambda s: s.videos("raw/m1.mp4", header="video_path"), "no column 'path'; the header reads 'video_path'"),
    ("no header", lambda s: s.videos("raw/m2.mp4", header="raw/m1.mp4"), "no column 'path'; the header reads 'raw/m1.mp4'"),
    ("a header twice", lambda s: s.videos("raw/m1.mp4\ta\tb", header="path\tgroup\tgroup"), "column 'group' stands twice"),
    ("too many cells", lambda s: s.videos("raw/m1.mp4\ta\tb"), "row 2: 3 cells for 1 columns"),
    ("an empty path", lambda s: s.videos("\ta", header="path\tgroup"), "row 2: the column 'path' is empty"),
    ("no row", lambda s: s.videos(), "lists no video; add a row"),
    ("an empty sheet", lambda s: s.write("config/videos.tsv", ""), "videos.tsv: empty; the first line must name the columns"),
    ("a sheet of Excel", lambda s: s.write("config/videos.tsv", "PK\x03\x04\x14\x00\x06\x00"), "videos.tsv: is a spreadsheet's workbook; save it from there as text, tab-separated"),
    ("a sheet of Excel's tabs", lambda s: s.write("config/videos.tsv", "path\tgroup\nraw/m1.mp4\tMäuse\n", "cp1252"), "videos.tsv: line 2, after 'raw/m1.mp4\tM': not UTF-8; save it as UTF-8, from Excel as Unicode text"),
    ("fps with its unit", lambda s: s.videos("raw/m1.mp4\t30 Hz", header="path\tfps"), "fps is '30 Hz'; expected a number"),
    ("fps with a comma", lambda s: s.videos("raw/m1.mp4\t29,97", header="path\tfps"), "its decimal mark is a point"),
    ("half an animal", lambda s: s.videos("raw/m1.mp4\t0.4", header="path\tmax_individuals"), "max_individuals is '0.4'"),
    ("two in words", lambda s: s.videos("raw/m1.mp4\ttwo", header="path\tmax_individuals"), "max_individuals is 'two'"),
    ("cm_per_px of 0", lambda s: s.videos("raw/m1.mp4\t0", header="path\tcm_per_px"), "cm_per_px is '0'"),
    ("px per cm", lambda s: s.videos("raw/m1.mp4\t20", header="path\tpx_per_cm"), "column 'px_per_cm': is 'cm_per_px' meant?"),
    ("max_animals", lambda s: s.videos("raw/m1.mp4\t2", header="path\tmax_animals"), "column 'max_animals': is 'max_individuals' meant?"),
    ("FPS in capitals", lambda s: s.videos("raw/m1.mp4\t2", header="path\tFPS"), "column 'FPS': is 'fps' meant?"),
    ("a column of ours", lambda s: s.videos("raw/m1.mp4\till", header="path\tstatus"), "column 'status': our tables have"),
    ("a calibration that is nowhere", lambda s: s.videos("raw/m1.mp4\tcams.toml", header="path\tcamera_file"), "camera_file: cams.toml does not exist"),
    ("a format in other words", lambda s: s.datasets("\tdeeplabcut", "\tDeepLabCut"), "unknown format 'DeepLabCut'; did you mean 'deeplabcut'?"),
    ("a format's short name", lambda s: s.datasets("\tdeeplabcut", "\tDLC"), "unknown format 'DLC'"),
    ("a role that is none", lambda s: s.datasets("pretrain", "train"), "unknown role 'train'"),
    ("a data set's folder misspelt", lambda s: s.datasets("\tproject", "\tprojekt"), "projekt does not exist"),
    ("a data set's space misspelt", lambda s: s.datasets(SPACE, "topviewmouse"), "no keypoint space 'topviewmouse'"),
    ("no conversion table", lambda s: s.datasets("lab\t", "lab2\t"), "'lab2' has no conversion table"),
    ("a role for another model", lambda s: s.datasets("pretrain", "fine_tune"), "no data set with role 'pretrain'"),
    ("a data set twice", lambda s: s.datasets("lab\t", f"lab\tproject\tdeeplabcut\t{SPACE}\tpretrain\nlab\t"), "data set 'lab' stands above already"),
    ("no data set", lambda s: s.write("config/datasets.tsv", "dataset\tpath\tformat\tspace\trole\n"), "lists no data set"),
    ("no sheet of data sets", lambda s: (s.folder / "config/datasets.tsv").unlink(), "datasets.tsv: cannot be read"),
]  # fmt: skip
IN_LABELS = [
    ("a source in other case", lambda s: s.table("snout", "Snout"), "lab.tsv: row 2: 'Snout' is no keypoint of 'lab'; did you mean 'snout'?"),
    ("a keypoint without a row", lambda s: s.table("tailbase\ttail_base\n", ""), "the keypoint 'tailbase' of 'lab' has no row; add one"),
    ("a unified name misspelt", lambda s: s.table("tail_base", "tailbase"), "'tailbase' is no keypoint of"),
    ("two to one keypoint", lambda s: s.table("right_ear", "left_ear"), "both become 'left_ear'"),
    ("a source twice", lambda s: s.table("snout\tnose\n", "snout\tnose\nsnout\t\n"), "row 3: 'snout' stands in row 2 already"),
    ("other headers", lambda s: s.table("source\tunified", "from\tto"), "no column 'source'; the columns are from, to"),
    ("commas in the table", lambda s: s.write(f"config/keypoints/{SPACE}/lab.tsv", "source,unified\nsnout,nose\n"), "lab.tsv: row 1: the header reads 'source,unified'"),
    ("an empty table", lambda s: s.write(f"config/keypoints/{SPACE}/lab.tsv", "source\tunified\n"), "no rows"),
    ("pictures that were not copied", lambda s: (s.folder / "project/labeled-data/m1/img003.png").unlink(), "img003.png"),
    ("labels that are no numbers", lambda s: s.labels("img000.png,", "img000.png,x"), "is not a number"),
    ("labels of another program", lambda s: s.datasets("\tdeeplabcut", "\tsleap"), "project"),
    ("a project without labels", lambda s: shutil.rmtree(s.folder / "project/labeled-data"), "project"),
    ("the project's config.yaml as path", lambda s: s.datasets("\tproject", "\tproject/config.yaml"), "config.yaml"),
    ("labels as a workbook", lambda s: (s.folder / "project/labeled-data/m1/CollectedData_me.csv").write_bytes(b"PK\x03\x04\xff"), "CollectedData_me.csv: is a spreadsheet's workbook; save it from there as text"),
]  # fmt: skip
IN_VIDEOS = [
    ("a text as video", lambda s: s.write("raw/m1.mp4", "notes\n" * 50), "raw/m1.mp4"),
    ("an empty video", lambda s: s.write("raw/m1.mp4", ""), "raw/m1.mp4 is empty (0 bytes)"),
    ("half a video", lambda s: (s.folder / "raw/m1.mp4").write_bytes((s.folder / "raw/m1.mp4").read_bytes()[:600]), "raw/m1.mp4"),
    ("a picture as video", lambda s: (s.folder / "raw/m1.mp4").write_bytes((s.folder / "project/labeled-data/m1/img000.png").read_bytes()), "raw/m1.mp4"),
]  # fmt: skip
IN_PREDICTIONS = [
    ("predictions that are nowhere", lambda s: s.brought("theirs/m3_net0.csv"), "predictions: no file theirs/m3_net0.csv; mend the path; did you mean"),
    ("none named", lambda s: s.brought(""), "the column 'predictions' names no file"),
    ("one file twice", lambda s: (s.brought("theirs/m1_net0.csv; theirs/copy.csv"), shutil.copy(s.folder / "theirs/m1_net0.csv", s.folder / "theirs/copy.csv")), "the same predictions as"),
    ("one file for two videos", lambda s: (s.brought(), s.videos("raw/m1.mp4\ttheirs/m1_net0.csv", "raw/m2.mp4\ttheirs/m1_net0.csv", header="path\tpredictions")), "'m1' and 'm2' both have the predictions"),
    ("raw and filtered", lambda s: (s.brought("theirs/one.csv; theirs/one_filtered.csv"), shutil.copy(s.folder / "theirs/m1_net0.csv", s.folder / "theirs/one.csv"), shutil.copy(s.folder / "theirs/m1_net1.csv", s.folder / "theirs/one_filtered.csv")), "theirs/one_filtered.csv and theirs/one.csv are one network's; name one"),
    ("csv and h5 of one network", lambda s: (s.brought("theirs/m1_net0.csv; theirs/m1_net0.h5"), s.write("theirs/m1_net0.h5", "")), "m1_net0.h5 and theirs/m1_net0.csv are one network's"),
    ("an .h5 for Lightning Pose", lambda s: (s.brought("theirs/a.h5", "lightning_pose"), s.write("theirs/a.h5", "")), "ends in none of .csv"),
    ("a format that is none", lambda s: s.brought(format="dlc"), "models.theirs.predictions.format: read 'dlc'"),
    ("a model with networks", lambda s: s.videos("raw/m1.mp4\ttheirs/m1_net0.csv", header="path\tpredictions"), "model 'mouse' has networks"),
    ("other names of keypoints", lambda s: s.given(names=("Nose", "left_ear")), "has no 'Nose'; did you mean 'nose'?"),
    ("likelihood in percent", lambda s: s.given(lambda text: text.replace("0.9", "90.5")), "likelihood is up to 90.5; expected 0 to 1"),
    ("no likelihood", lambda s: s.given(lambda text: text.replace("likelihood", "p")), "no column 'likelihood'"),
    ("likelihoods left empty", lambda s: s.given(lambda text: text.replace(",0.9", ",")), "every likelihood is empty"),
    ("half the video's frames too many", lambda s: s.given(frames=9), "predictions of 9 frames, but the video has 6"),
    ("seconds in place of frames", lambda s: s.given(lambda text: text.replace("\n1,", "\n0.04,")), "row '0.04' is no frame number"),
    ("rows out of order", lambda s: s.given(lambda text: text.replace("\n1,", "\n7,")), "rows must be in order"),
    ("a header line lost", lambda s: s.given(lambda text: text.partition("\n")[2]), "expected the header rows"),
    ("a flat header", lambda s: s.given(lambda text: "frame,nose_x,nose_y\n0,1,2\n"), "expected the header rows"),
    ("a text in a cell", lambda s: s.given(lambda text: text.replace("0.9", "n/a", 1)), "row 4, column nose likelihood: 'n/a' is not a number"),
    ("a cell that is infinite", lambda s: s.given(lambda text: text.replace("\n1,", "\n1,inf,").replace(",0.9\n2,", "\n2,")), "a position is infinite"),
    ("copying stopped within a row", lambda s: s.given(lambda text: text[:-90]), "row 9 has"),
    ("an .h5 that is none", lambda s: (s.brought("theirs/a.h5"), s.write("theirs/a.h5", "text")), "theirs/a.h5: not a readable HDF5 file"),
    ("other animals in the second", lambda s: (s.given(animals=("m", "f")), s.videos("raw/m1.mp4\ttheirs/one.csv; theirs/m1_net0.csv", header="path\tpredictions")), "individuals animal0, but"),
]  # fmt: skip
ARENA = "path\tarena\tzones"
GROUPED = "path\tgroup\tsubject"
COMPARED = "groups: { column: group }"
ROWS = "behavior,start,stop\n"
IN_BEHAVIOR = [
    ("a behavior on a feature misspelt", lambda s: s.act("sped_px_per_s"), "act: unknown feature 'sped_px_per_s'; did you mean 'speed_px_per_s'?"),
    ("a behavior without a limit", lambda s: s.act(above="null"), "conditions.0: read"),
    ("a behavior with its limits exchanged", lambda s: s.act(above="5", below="1"), "nothing is above 5 and below 1; exchange the limits"),
    ("a zone misspelt", lambda s: (s.act("zone_fod"), s.videos("raw/m1.mp4\t\tfood: 1,1 9,1 9,9", header=ARENA)), "act: no video has a zone 'fod' in the column 'zones' of config/videos.tsv; did you mean 'food'?"),
    ("a zone that no video has", lambda s: s.act("zone_food"), "no video has a zone 'food'"),
    ("corners as a Z", lambda s: s.videos("raw/m1.mp4\t0,0 9,0 0,9 9,9\t", header=ARENA), "row 2: arena: the edges 9,0 to 0,9 and 9,9 to 0,0 meet; write the corners in order around it"),
    ("two corners", lambda s: s.videos("raw/m1.mp4\t0,0 9,0\t", header=ARENA), "arena is '0,0 9,0'; expected three corners or more"),
    ("decimal commas in corners", lambda s: s.videos("raw/m1.mp4\t0,5,0,5 9,5,0,5 9,5,9,5\t", header=ARENA), "expected three corners or more"),
    ("a zone without a name", lambda s: s.videos("raw/m1.mp4\t\t0,0 9,0 9,9", header=ARENA), "zones: '0,0 9,0 9,9'; expected name: x,y"),
    ("one group", lambda s: (s.more(COMPARED), s.videos("raw/m1.mp4\ta\tx", "raw/m2.mp4\ta\ty", header=GROUPED)), "'group' of config/videos.tsv names a; two are compared"),
    ("a column of groups misspelt", lambda s: s.more("groups: { column: Group }"), "groups.column: no column 'Group' in config/videos.tsv; did you mean 'group'?"),
    ("an animal in two groups", lambda s: (s.more(COMPARED), s.videos("raw/m1.mp4\ta\tx", "raw/m2.mp4\tb\tx", header=GROUPED)), "config/videos.tsv: the animal 'x' (column 'subject') belongs to the groups a, b; a group is"),
    ("a group in two ways", lambda s: (s.more(COMPARED), s.videos("raw/m1.mp4\tWT\tx", "raw/m2.mp4\twt\ty", header=GROUPED)), "'WT' and 'wt' of the column 'group' differ in capital letters"),
    ("a reference group as a number", lambda s: s.more("groups: { column: group, reference: 1 }"), "groups.reference: no group '1'"),
    ("marks of another behavior", lambda s: s.marked(ROWS + "Rear,0.1,0.2\n"), "marks.csv (video 'm1'): unknown behavior 'Rear': name it in 'behaviors' of the classifier, or in 'ignored'; did you mean 'rear'?"),
    ("marks that overlap", lambda s: s.marked(ROWS + "rear,0.0,0.2\nrear,0.1,0.2\n"), "bouts overlap: 'rear' from 0 to 0.2 and 'rear' from 0.1 to 0.2"),
    ("marks of a longer video", lambda s: s.marked(ROWS + "rear,3,4\n"), "lies beyond the video's end, which has 0.24 s"),
    ("a mark without duration", lambda s: s.marked(ROWS + "rear,0.1,0.1\n"), "has no duration"),
    ("a mark without its end", lambda s: s.marked(ROWS + "rear,0.1,\n"), "marks.csv: line 2: stop is nothing; expected a number"),
    ("marks in minutes", lambda s: s.marked(ROWS + "rear,0:01,0:02\n"), "marks.csv: line 2: start is 0:01; expected a number"),
    ("marks without a header", lambda s: s.marked("rear,0.1,0.2\n"), "no line names the columns behavior, with start and stop or start_frame and stop_frame; the first one reads 'rear,0.1,0.2'"),
    ("marks of an animal that is not there", lambda s: s.marked(ROWS + "rear,0.1,0.2\n", individual="animal1"), "config/rears.tsv: individual is 'animal1', and the video 'm1' has animal0 alone"),
    ("marks of another frame rate", lambda s: s.marked("rear\n" + "0\n" * 60, "simba"), "is about 60 frames, and the video has 6: are these the labels of another video, or of another frame rate?"),
]  # fmt: skip
TYPED = [  # what was typed in the folder above the study, and what is told
    ("init", "the following arguments are required: FOLDER"),
    ("init new --videos vids --species mouse", "init: vids: does not exist; name a folder of videos"),
    ("init new --videos study/config --species mouse", "study/config: no video in it"),
    ("init new --videos study/raw", "init: --species is missing: mouse, quadruped"),
    ("init new --videos study/raw --species maus", "--species maus: not one of mouse, quadruped, bird, human, pupil, nor a keypoint space; did you mean 'mouse'?"),
    ("init new --videos study/raw --species cat", "known are mouse, quadruped, bird, human, pupil, superanimal_bird"),
    ("init study --videos study/raw --species mouse", "init: study: has a folder config already; nothing is overwritten"),
    ("init study/raw/m1.mp4 --videos study/raw --species mouse", "study/raw/m1.mp4: is a file; name a folder"),
    ("init new --videos study/raw --model nothing", "--model nothing: no folder, no file and no released network"),
    ("init new --videos study/raw --model study", "--model study: no bundle.json of a network in it"),
    ("init new --from nowhere --species mouse", "--from nowhere: does not exist"),
    ("init new --from study/project/labeled-data/m1 --species mouse", "is a part of the project"),
    ("init new --from study/empty --videos study/raw --species own", "init: --from study/empty: nobody has labeled anything there (no CollectedData in labeled-data)"),
    ("init new --from study/raw --species mouse", "--from study/raw: has no config.yaml; give the folder of a DeepLabCut project"),
    ("init new --from study/project --videos study/raw --species pupil", "no body part is called like a keypoint of 'pupil'"),
    ("inti new", "'inti' is no command; did you mean 'init'?"),
    ("run nowhere", "run: nowhere is no folder; name that of a study"),
    ("run study/raw", "study/raw has no config/config.yaml, so it is no study"),
    ("run study/config", "study/config is the config of a study; name the folder above it"),
    ("run study/config/config.yaml", "study/config/config.yaml is a file; name the study's folder, study"),
    ("run study -n", "unrecognized arguments: -n; Snakemake's own stand after --"),
    ("run study --cores 4", "unrecognized arguments: --cores 4; Snakemake's own stand after --"),
    ("check study/project", "study/project has no config/config.yaml"),
    ("status nowhere", "status: nowhere is no folder"),
    ("why study m3", "why: no video 'm3' in the sheet of study; known are m1, m2"),
    ("why study raw/m1.mp4", "why: no video 'raw/m1.mp4' in the sheet of study; did you mean 'm1'?"),
    ("why study", "the following arguments are required: video"),
    ("export study m1", "the following arguments are required: --to"),
    ("export study m1 --to deeplabcut", "argument --to: invalid choice: 'deeplabcut'"),
    ("export study --to csv", "export: name videos, or --all of them"),
    ("export study m3 --to csv", "export: no video 'm3' in the study; known are m1, m2"),
    ("smooth nothing.csv --fps 30 --output x.csv", "nothing.csv: cannot be read (No such file or directory)"),
    ("smooth study/theirs/m1_net0.csv --output x.csv", "the following arguments are required: --fps"),
    ("smooth study/theirs/m1_net0.csv --fps 0 --output x.csv", "argument --fps: read 0; expected more than 0"),
    ("smooth study/theirs/m1_net0.csv --fps fast --output x.csv", "argument --fps: invalid _positive value: 'fast'"),
    ("smooth study/raw/m1.mp4 --fps 30 --output x.csv", "predictions are read from .csv"),
    ("smooth study/theirs/m1_net0.csv --fps 30 --output x.xlsx", "x.xlsx"),
]  # fmt: skip
MISNAMED = [  # files that are there under another name
    ("videos.tsv", "videos.csv", "config/videos.tsv: cannot be read (No such file or directory); there is videos.csv; must it be called videos.tsv?"),
    ("videos.tsv", "videos.xlsx", "there is videos.xlsx; save it from there as text, tab-separated, as videos.tsv"),
    ("videos.tsv", "videos.tsv.txt", "there is videos.tsv.txt; must it be called videos.tsv?"),
    ("config.yaml", "config.yml", "study/config/config.yml must be called config.yaml; rename it"),
    ("config.yaml", "config.yaml.txt", "study/config/config.yaml.txt must be called config.yaml"),
]  # fmt: skip
MEANT = [  # what beginners' files hold and still say clearly
    ("BOM and CRLF in a sheet", lambda s: s.write("config/videos.tsv", "\ufeffpath\tgroup\r\nraw/m1.mp4\ta\r\n")),
    ("quotes of a spreadsheet", lambda s: s.videos('"raw/m1.mp4"')),
    ("2.0 animals", lambda s: s.videos("raw/m1.mp4\t2.0", header="path\tmax_individuals")),
    ("empty columns behind", lambda s: s.videos("raw/m1.mp4\t\t", header="path\t\t")),
    ("comments and empty lines", lambda s: s.videos("", "# mouse", "raw/m1.mp4", "")),
    ("1e3 steps", lambda s: s.more("training: { steps: 1e3 }")),
    ("an umlaut in two letters", lambda s: (s.write("raw/a\u0308.txt", ""), (s.folder / "raw/m1.mp4").rename(s.folder / "raw/a\u0308.mp4"), s.videos("raw/\u00e4.mp4\ta", header="path\tvideo"))),
    ("a home folder", lambda s: s.videos("~/study/raw/m1.mp4")),
    ("a data set in the home folder", lambda s: s.datasets("\tproject", "\t~/study/project")),
    ("predictions in the home folder", lambda s: s.brought("~/study/theirs/m1_net*.csv")),
    ("predictions with CRLF", lambda s: s.given(lambda text: text.replace("\n", "\r\n"))),
    ("predictions with BOM", lambda s: s.given(encoding="utf-8-sig")),
    ("predictions with semicolons", lambda s: s.given(lambda text: text.replace(",", ";"))),
    ("predictions with decimal commas", lambda s: s.given(lambda text: text.replace(",", ";").replace(".", ","))),
    ("predictions with trailing commas", lambda s: s.given(lambda text: text.replace("\n", ",,\n"))),
    ("predictions whose rows have a name", lambda s: s.given(lambda text: text.replace("\n0,", "\nframe,,,,,,,,,,,,\n0,"))),
    ("blanks around keypoints", lambda s: s.given(lambda text: text.replace("nose", " nose "))),
    ("marks with semicolons and decimal commas", lambda s: s.marked("behavior;start;stop;\r\nrear;0,1;0,2;\r\n;;;\r\n")),
    ("marks with tabs", lambda s: s.marked("start\tstop\tbehavior\tnote\n0.1\t0.2\trear\tsure\n")),
    ("a closed arena", lambda s: s.videos("raw/m1.mp4\t0,0 9,0 9,9 0,9 0,0\t", header="path\tarena\tzones")),
    ("groups as numbers", lambda s: (s.more("groups: { column: group, reference: 1 }"), s.videos("raw/m1.mp4\t0\t3", "raw/m2.mp4\t1\t3", header="path\tgroup\tmax_individuals"))),
    ("likelihood of 1.02", lambda s: s.given(lambda text: text.replace("0.9", "1.02"))),
]  # fmt: skip
TABLE = IN_CONFIG + IN_SHEETS + IN_LABELS + IN_VIDEOS + IN_PREDICTIONS + IN_BEHAVIOR


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    return write_study(tmp_path_factory.mktemp("sound") / "study")


@pytest.fixture
def spoiled(sound, tmp_path, monkeypatch):
    monkeypatch.setattr(check, "ProcessPoolExecutor", ThreadPoolExecutor)  # starts at once
    monkeypatch.chdir(tmp_path)
    spoiled = Spoiled(sound, tmp_path / "study")
    spoiled.write("empty/config.yaml", "bodyparts: [snout]\n")
    return spoiled


def sentences(capsys):
    """What `check` told: each mistake of the study's files, each finding in a file."""
    said = capsys.readouterr()
    assert "Traceback" not in said.err + said.out
    told = [line.removeprefix("check: ") for line in said.err.splitlines()]
    found = [line for line in said.out.splitlines() if line.startswith(WORDS)]
    found = [line for line in found if SO not in line]  # true: there are six labels of one video
    return [line for line in told if " to mend; other videos" not in line] + found


def test_the_study_is_sound_before(spoiled, capsys):
    assert main(["check", "study"]) == 0
    assert sentences(capsys) == []
    spoiled.brought()
    assert main(["check", "study"]) == 0
    assert sentences(capsys) == []
    spoiled.given()
    assert main(["check", "study"]) == 0
    assert sentences(capsys) == []


def test_too_few_labels_for_circles_are_doubtful(spoiled, capsys):
    assert main(["check", "study"]) == 0
    (said,) = [line for line in capsys.readouterr().out.splitlines() if SO in line]
    assert said.startswith("doubtful       data set lab  all labels that are held out are of one")


def test_labels_that_no_network_sees_all_count(spoiled, monkeypatch):
    """All of one video, in a set that is only evaluated: they are its test labels as they are."""
    monkeypatch.chdir(spoiled.folder)
    study = read_here()
    own = replace(study.datasets["lab"], role="evaluate")
    study = replace(study, datasets={"lab": own})
    (finding,), _ = look_at_set(study, "lab", {})
    assert finding.told.startswith("all labels that are held out are of one video")
    assert finding.told.endswith("; label at least 30 keypoints of 2 or more videos")


def test_a_student_that_gains_nothing_is_doubtful(spoiled, capsys):
    spoiled.more("  fast: { student_of: mouse }\n")
    assert main(["check", "study"]) == 0
    unseen, alone = (" ".join(line.split()) for line in sentences(capsys))
    assert unseen.startswith("doubtful model fast it is a student, and sees no video;")
    assert alone.startswith("doubtful model mouse it teaches a student, and has one network")


@pytest.mark.parametrize(("spoil", "told"), [pytest.param(*row[1:], id=row[0]) for row in TABLE])
def test_a_mistake_is_one_sentence_once(spoiled, capsys, spoil, told):
    spoil(spoiled)
    assert main(["check", "study"]) == 1
    said = sentences(capsys)
    assert len(said) == 1, said
    assert told in said[0]


@pytest.mark.parametrize(("typed", "told"), [pytest.param(*row, id=row[0]) for row in TYPED])
def test_what_is_typed_wrongly_is_one_sentence(spoiled, capsys, typed, told):
    try:
        code = main(typed.split())
    except SystemExit as ended:
        code = ended.code
    assert code in (1, 2)
    said = capsys.readouterr()
    lines = [line for line in said.err.splitlines() if not line.startswith(("usage: ", "  "))]
    assert len(lines) == 1, said.err
    assert told in lines[0]
    assert said.out == ""
    assert not (spoiled.folder.parent / "new").exists()


@pytest.mark.parametrize(("name", "instead", "told"), MISNAMED)
def test_a_file_of_nearly_the_right_name_is_named(spoiled, capsys, name, instead, told):
    (spoiled.folder / "config" / name).rename(spoiled.folder / "config" / instead)
    assert main(["check", "study"]) == 1
    (said,) = sentences(capsys)
    assert told in said


def test_predictions_named_after_another_video_are_doubtful(spoiled, capsys):
    spoiled.brought("theirs/m1_net0.csv; theirs/m2_net1.csv")
    rows = ["raw/m1.mp4\ttheirs/m1_net0.csv; theirs/m2_net1.csv", "raw/m2.mp4\ttheirs/m2_net0.csv"]
    spoiled.videos(*rows, header="path\tpredictions")
    assert main(["check", "study"]) == 0
    (said,) = [each for each in sentences(capsys) if "named after" in each]
    assert said.startswith("doubtful       video m1")
    assert "its predictions m2_net1.csv are named after another video, 'm2'" in said


@pytest.mark.parametrize(
    ("days", "is_told"),
    [
        (("31.03.2026", "1.4.2026"), True),
        (("3/31/2026 02:30", "4/1/26"), True),
        (("31.03.2026", ""), True),
        (("2026-03-31", "2026-04-01"), False),
        (("31.03.2026", "m1"), False),
        (("1.2.3", "1.2.4"), False),
        (("1/20", "2/20"), False),
        (("10.20.30", "1.2.2026-x"), True),
    ],
)
def test_days_that_are_not_year_first_are_doubtful(spoiled, capsys, days, is_told):
    rows = [f"raw/{video}.mp4\t{day}" for video, day in zip(("m1", "m2"), days, strict=True)]
    spoiled.videos(*rows, header="path\ton")
    assert main(["check", "study"]) == 0
    said = sentences(capsys)
    assert len(said) == is_told
    assert all(f"the column 'on' has '{days[0]}'; days are read year first" in s for s in said)


@pytest.mark.parametrize(
    ("names", "told"),
    [
        (("0012", "13"), "2 videos with a name like '0012'"),
        (("m1", "M1"), "the videos m1, M1 differ in capital"),
        (("m1", "a2"), ""),
        (("m1", "m2"), ""),
    ],
)
def test_names_that_others_read_otherwise_are_doubtful(spoiled, capsys, names, told):
    """As numbers, or as one name on another disk."""
    rows = [f"raw/{file}.mp4\t{name}" for file, name in zip(("m1", "m2"), names, strict=True)]
    spoiled.videos(*rows, header="path\tvideo")
    assert main(["check", "study"]) == 0
    said = sentences(capsys)
    assert len(said) == bool(told)
    assert all(told in each for each in said)


@pytest.mark.parametrize("nothing", ["NA", "nan", "n/a", "NULL"])
@pytest.mark.parametrize("column", ["group", "animal"])
def test_a_group_or_animal_of_which_nothing_is_known_is_doubtful(spoiled, capsys, column, nothing):
    spoiled.more("groups: { column: group, animal_column: animal }")
    known = {"raw/m1.mp4": ("a", "x"), "raw/m2.mp4": ("b", "y")}
    for is_spoiled in (False, True):
        group, animal = known["raw/m2.mp4"]
        if is_spoiled:
            group, animal = (nothing, animal) if column == "group" else (group, nothing)
        rows = ["raw/m1.mp4\ta\tx", f"raw/m2.mp4\t{group}\t{animal}"]
        spoiled.videos(*rows, header="path\tgroup\tanimal")
        assert main(["check", "study"]) == 0
        told = f"1 video with '{nothing}' in the column '{column}', which count as one of that name"
        assert any(told in each for each in sentences(capsys)) == is_spoiled


def test_of_thousands_of_mistakes_the_first_are_told_and_the_others_counted(spoiled, capsys):
    spoiled.videos(*(f"away/x{i}.mp4" for i in range(3000)))
    assert main(["check", "study"]) == 1
    first, *lines = sentences(capsys)
    assert first == "3000 to mend before anything runs:"
    assert len(lines) == MOST_TOLD + 1
    assert "row 51: away/x49.mp4 does not exist" in lines[MOST_TOLD - 1]
    assert lines[-1] == "and 2,950 more"
    spoiled.videos(*(f"away/x{i}.mp4" for i in range(MOST_TOLD)))
    assert main(["check", "study"]) == 1
    assert "more" not in sentences(capsys)[-1]


@pytest.mark.parametrize("spoil", [pytest.param(row[1], id=row[0]) for row in MEANT])
def test_what_is_clear_all_the_same_is_read_as_it_was_meant(spoiled, monkeypatch, capsys, spoil):
    monkeypatch.setenv("HOME", str(spoiled.folder.parent))
    spoil(spoiled)
    assert main(["check", "study"]) == 0, capsys.readouterr().err
    assert sentences(capsys) == []
