# impacteval: what a person types. `make` alone lists the commands.
#
# PYTHON=/path/to/python3 chooses the interpreter (3.11, 3.12 or 3.13) that .venv is made with.

SHELL := /bin/sh
BIN := .venv/bin
STUDY := studies/nsw-job-training
OUT := out/nsw-job-training
WORKERS := 2

# Sums depend on the number of threads in their last digits, and tests run side by side.
export OMP_NUM_THREADS := 1
export PYTHON

CHROMIUM := $(firstword $(foreach name,chromium chromium-browser google-chrome google-chrome-stable,$(shell command -v $(name) 2>/dev/null)))

# Tests, and the examples of docstrings and pages. The runner of changed code needs mutmut, which only
# `make mutate` installs.
PYTEST := -n $(WORKERS) -q --doctest-modules --doctest-glob='*.md' --ignore-glob='tools/mutation*.py' \
	--ignore=docs/conf.py --ignore=docs/_build --ignore=docs/reference/generated \
	tests src packages tools docs README.md

.DEFAULT_GOAL := help
.PHONY: help report test check check-static lint types imports licences docs repository \
	calibrate bench fuzz mutate setup-report setup-dev clean

help:  ## list these commands
	@echo "impacteval: contract and data in; verdict, money and proof out."
	@echo
	@grep -hE '^[a-z-]+:.*  ## ' Makefile | sed -E 's/:.*  ## /	/' | awk -F '\t' '{ printf "  make %-10s %s\n", $$1, $$2 }'

setup-report:
	@tools/setup.sh report

setup-dev:
	@tools/setup.sh dev

report: setup-report  ## set up, verify the study of job training, say where the report is
	@echo "Verifying $(STUDY)."
	@$(BIN)/impacteval verify $(STUDY) --out $(OUT)
	@echo "Running the study's notebook."
	@$(BIN)/impacteval run $(STUDY) --out $(OUT)
	@echo
	@echo "Open $(OUT)/report.en.html, or report.fr.html: the report, also as PDF."
	@echo "$(OUT)/verdict.json is the record of every figure, $(OUT)/study.ipynb the notebook as it ran."

test: setup-dev  ## set up and run all the tests, doctests included
ifeq ($(CHROMIUM),)
	@$(BIN)/pytest $(PYTEST) -m "not browser"
	@echo "Not run: the tests that look at the report in a browser. No Chromium was found on this"
	@echo "machine; on Debian and Ubuntu: apt-get install chromium."
else
	@$(BIN)/pytest $(PYTEST)
endif

check: check-static test  ## everything that must hold before a change is handed in

check-static: setup-dev lint types imports licences repository docs

lint: setup-dev  ## format and lint
	@echo "Format and lint."
	@$(BIN)/ruff format --check --quiet . || { echo "Run $(BIN)/ruff format to mend the format."; exit 1; }
	@$(BIN)/ruff check --quiet .

types: setup-dev  ## check the types
	@echo "Types."
	@$(BIN)/mypy --no-error-summary

imports: setup-dev  ## check which module may import which
	@echo "Imports."
	@said=$$($(BIN)/lint-imports 2>&1) || { printf '%s\n' "$$said"; exit 1; }

licences: setup-dev  ## check that what users install is under licences they can use
	@echo "Licences."
	@$(BIN)/python tools/check_licences.py

repository: setup-dev  ## check what the repository promises about itself
	@echo "Architecture page, schemas, twins, changelog, language, dependencies, wheel."
	@$(BIN)/python tools/check_architecture.py --check
	@$(BIN)/python tools/check_schemas.py --check
	@$(BIN)/python tools/check_twins.py --check
	@$(BIN)/python tools/check_changelog.py
	@$(BIN)/python tools/check_language.py
	@$(BIN)/python tools/check_dependencies.py
	@$(BIN)/python tools/check_wheel.py

docs: setup-dev  ## build the documentation, warnings as errors
	@echo "Documentation."
	@$(BIN)/sphinx-build -q -W -n -b html docs docs/_build/html
	@echo "The documentation: docs/_build/html/index.html"

calibrate: setup-dev  ## measure coverage and the two engines again (long)
	@$(BIN)/python tools/calibrate.py
	@$(BIN)/python tools/calibrate_bounds.py
	@$(BIN)/python tools/calibrate_cem.py
	@$(BIN)/python tools/calibrate_clusters.py
	@$(BIN)/python tools/calibrate_counts.py
	@$(BIN)/python tools/calibrate_did_cs.py
	@$(BIN)/python tools/calibrate_did_imputation.py
	@$(BIN)/python tools/calibrate_did_more.py
	@$(BIN)/python tools/calibrate_did_stacked.py
	@$(BIN)/python tools/calibrate_did_twfe.py
	@$(BIN)/python tools/calibrate_doubly_robust.py
	@$(BIN)/python tools/calibrate_encouragement.py
	@$(BIN)/python tools/calibrate_few_treated.py
	@$(BIN)/python tools/calibrate_gaming.py
	@$(BIN)/python tools/calibrate_honest.py
	@$(BIN)/python tools/calibrate_matching.py
	@$(BIN)/python tools/calibrate_learners.py
	@$(BIN)/python tools/calibrate_means.py
	@$(BIN)/python tools/calibrate_permutation.py
	@$(BIN)/python tools/calibrate_rd.py
	@$(BIN)/python tools/calibrate_sc.py
	@$(BIN)/python tools/calibrate_sc_augmented.py
	@$(BIN)/python tools/calibrate_sc_did.py
	@$(BIN)/python tools/calibrate_sc_factors.py
	@$(BIN)/python tools/calibrate_sc_inference.py
	@$(BIN)/python tools/calibrate_sc_predictors.py
	@$(BIN)/python tools/calibrate_simulation.py
	@$(BIN)/python tools/calibrate_subgroups.py
	@$(BIN)/python tools/calibrate_weighting.py

fuzz: setup-dev  ## read broken files, each refused with its place or loaded (minutes)
	@$(BIN)/python tools/fuzz.py --rounds 20000

mutate: setup-dev  ## change the code about money line by line and list what no test notices (an hour)
	@.venv-tools/bin/uv pip install --quiet --python $(BIN)/python "mutmut==3.8.1"
	@OMP_NUM_THREADS=1 $(BIN)/python tools/mutation_run.py --workers $(WORKERS)
	@$(BIN)/python tools/mutation.py

bench: setup-dev  ## time estimators and payments against their peers, side by side
	@$(BIN)/python benchmarks/run.py

clean:  ## remove the environments and everything that was made
	rm -rf .venv .venv-tools out docs/_build dist build
