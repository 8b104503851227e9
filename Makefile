# make demo   the whole chain on synthetic animals      make test   the tests that CI runs
# make check  style, types, workflow and architecture   make help   everything else

PYTHON ?= python3
VENV ?= .venv
CORES ?= 2
SUPERANIMAL_SHARED ?= ../shared

BIN := $(VENV)/bin
READY := $(VENV)/.ready
PARALLEL := -n $(CORES) --dist loadgroup
SNAKEMAKE := $(BIN)/snakemake --snakefile Snakefile --cores $(CORES)
MKDOCS := NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict
QUICK_BENCHMARKS = $(shell grep -l __main__ $$(grep -lE '"--quick"|parser_of_videos' benchmarks/*.py))
export SUPERANIMAL_SHARED

.PHONY: help setup demo test test-slow test-slurm test-newest test-readers test-engines check format reference docs schemas real transfer peers benchmarks slurm-profile clean mutants

help: ## this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

setup: $(READY) superanimal ## the environment, in .venv, and the command ./superanimal

# `-P`: what lies in the folder where it is called is not imported; nor is, without the two
# variables, what modules of clusters bring for another Python
superanimal: Makefile | $(READY)
	@printf '%s\n' '#!/bin/sh' \
	  'unset PYTHONPATH PYTHONHOME' \
	  'here=$$(dirname -- "$$(readlink -f "$$0" || echo "$$0")")' \
	  'SUPERANIMAL_COMMAND="$$0" exec "$(if $(filter /%,$(VENV)),,$$here/)$(BIN)/python" -P -m superanimal_core "$$@"' > $@
	@chmod +x $@
	@echo "the command is $(CURDIR)/superanimal: from here ./superanimal --help, without activating anything"

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed; say which with: make PYTHON=python3.12"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps \
	  --config-settings editable_mode=compat -e .
	@touch $@

demo: superanimal demo-study/config/videos.tsv ## the chain on synthetic animals, compared with the truth
	@$(SNAKEMAKE) --directory demo-study
	@$(BIN)/python demo/print_results.py demo-study

# the sheet of videos is written last; the study is made again only when its makers change
demo-study/config/videos.tsv: demo/config.yaml demo/make_study.py $(wildcard superanimal_core/synthetic/*.py) | $(READY)
	@echo "drawing the demo's animals (a minute)"
	@$(BIN)/python demo/make_study.py demo-study

real: $(READY) ## the chain on a real open-field video (needs SUPERANIMAL_SHARED)
	@$(BIN)/python demo/make_real_study.py real-study
	@$(SNAKEMAKE) --directory real-study
	@$(BIN)/python demo/print_real_results.py real-study

transfer: $(READY) ## what pretraining saves on real open-field labels (needs SUPERANIMAL_SHARED)
	@$(BIN)/python demo/make_real_study.py transfer-study --transfer
	@$(SNAKEMAKE) --directory transfer-study transfer_table
	@$(BIN)/python demo/print_transfer_results.py transfer-study

test: $(READY) ## the tests, without the slow ones
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -m "not slow and not slurm" $(PARALLEL)

test-slow: $(READY) ## the slow tests: whole runs of the workflow
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -m slow $(PARALLEL)

test-slurm: $(READY) ## the tests on real Slurm clusters, started for them
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest tests/slurm -m slurm $(PARALLEL)

test-newest: $(READY) ## the workflow's tests with the newest Snakemake that pyproject.toml allows
	rm -rf .newest && $(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade \
	  --target .newest "$$($(BIN)/python -c 'import tomllib; print(*[d for d in tomllib.load(open("pyproject.toml", "rb"))["project"]["dependencies"] if d.startswith("snakemake>")])')"
	PYTHONPATH=$(CURDIR)/.newest $(BIN)/python -m snakemake --version
	PYTHONPATH=$(CURDIR)/.newest OMP_NUM_THREADS=1 $(BIN)/python -m pytest \
	  tests/workflow tests/jobs/test_snakemake_mended.py -m "not slow"

test-readers: $(READY) ## exports read back by the other programs' own libraries
	rm -rf .readers && $(BIN)/python -m pip install --quiet --disable-pip-version-check \
	  --target .readers -r tests/formats/readers.txt
	SUPERANIMAL_READERS=1 PYTHONPATH=$(CURDIR)/.readers $(BIN)/python -m pytest tests/formats/test_exports_elsewhere.py

test-engines: $(READY) ## networks computed by ONNX Runtime and OpenVINO, which it installs
	$(BIN)/python -m pip install --quiet --disable-pip-version-check \
	  --config-settings editable_mode=compat -e ".[engines]"
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest tests/network/test_engines.py tests/commands/test_export_model.py \
	  tests/models/test_exported_model.py tests/models/test_quantizing.py tests/models/test_quantized_folder.py \
	  tests/workflow/test_int8.py

check: $(READY) ## style, types, workflow files, spelling, architecture
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright --pythonpath $(BIN)/python
	$(BIN)/pyright --project benchmarks --pythonpath $(BIN)/python # whether calls fit what is called
	$(BIN)/snakefmt --check Snakefile workflow
	$(BIN)/python workflow/schemas/generate.py --check
	$(BIN)/python docs/generate.py --check
	$(MKDOCS) --site-dir $$(mktemp -d)
	$(BIN)/python -m pytest -q tests/architecture
	$(SNAKEMAKE) --directory tests/workflow/study --lint
	$(BIN)/codespell

format: $(READY) ## let the tools format everything
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/snakefmt Snakefile workflow

reference: $(READY) ## the pages of docs/reference that are made from the code
	$(BIN)/python docs/generate.py

docs: $(READY) ## the documentation as a site, in site/; it opens offline
	$(MKDOCS)
	@echo "open site/index.html"

schemas: $(READY) ## JSON Schemas of the settings, for editors
	$(BIN)/python workflow/schemas/generate.py

peers: ## environments of other programs, for benchmarks only
	$(PYTHON) -m venv .peers/eks
	.peers/eks/bin/pip install --quiet ensemble-kalman-smoother==4.6.2
	$(PYTHON) -m venv .peers/deeplabcut
	.peers/deeplabcut/bin/pip install --quiet deeplabcut==3.0.1
	$(PYTHON) -m venv .peers/lightning_pose
	.peers/lightning_pose/bin/pip install --quiet -r benchmarks/peers/lightning_pose.txt
	.peers/lightning_pose/bin/pip install --quiet --no-deps lightning-pose==2.4.3

# each says by itself what it lacks; one that fails does not stop the others
benchmarks: demo ## every benchmark that has a quick form (hours); those that fail are named at the end
	@failed=; for file in $(QUICK_BENCHMARKS); do \
	  echo "== $$file"; $(BIN)/python $$file --quick || failed="$$failed $$file"; \
	done; [ -z "$$failed" ] || { echo "failed:$$failed"; exit 1; }

slurm-profile: ## install profiles/slurm as `snakemake --profile slurm`; never overwrites
	@target=$${XDG_CONFIG_HOME:-$$HOME/.config}/snakemake/slurm; \
	  if [ -e "$$target" ]; then echo "$$target exists; compare it with profiles/slurm yourself"; exit 1; fi; \
	  mkdir -p "$$target" && cp profiles/slurm/config.yaml "$$target/" && echo "installed $$target: put your account and partition in it"

clean: ## remove the demo's and the real study's results, never your own
	rm -rf demo-study real-study transfer-study site .pytest_cache .ruff_cache .hypothesis

mutants: $(READY) ## small faults put into copies of modules that decide: which ones no test notices
	OMP_NUM_THREADS=1 $(BIN)/python tests/mutants.py --cores $(CORES)
