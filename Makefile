# Needs python3 (3.11 or newer) with venv, make and git; all else is put into .venv, or with apt where that is possible.

# Set-up is done once for each content of these files: a second run finds the stamp and goes straight to work.
KEY := $(shell cat .ci/setup .ci/pins.txt pyproject.toml | cksum | tr ' ' -)
READY := .venv/ready-$(KEY)
FOR_TESTS := .venv/browser-$(KEY) .venv/postgresql-$(KEY)
BIN := .venv/bin
SAMPLES := breast-cancer diabetes digits tickets heartbeats splice
# Which decision of each sample `make report` explains, by its id.
breast-cancer := 41
diabetes := 327
digits := 1428
tickets := 152
heartbeats := 0057
splice := 0108
# What a sample needs beside its id: the network of digits is built by code that lies beside it.
digits-flags := --trust

.PHONY: help report audit test gallery snapshots samples narratives prose audit-rates faults clean

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /make \1	/p' Makefile

report: $(READY) ## a PDF and an HTML page for each sample, and one that a language model words, in out/
	@mkdir -p out
	@$(foreach sample,$(SAMPLES),$(BIN)/reporter explain samples/$(sample) --id $($(sample)) $($(sample)-flags) \
	    -o out/$(sample).pdf -o out/$(sample).html &&) true
	@$(BIN)/reporter explain samples/breast-cancer --id $(breast-cancer) --narrator lm --narrator-model samples/narrator/model \
	    -o out/breast-cancer-lm.pdf -o out/breast-cancer-lm.html
	@echo "Reports: $(foreach sample,$(SAMPLES),out/$(sample).pdf out/$(sample).html) out/breast-cancer-lm.pdf out/breast-cancer-lm.html"

# The model's file is replaced before the third night, as somebody might do it by day; that night fails, with exit code 1.
audit: $(READY) ## three nights of an audit, the last with a planted fault, in out/audit
	@rm -rf out/audit && mkdir -p out/audit/study
	@cp -r samples/audit/audit.toml samples/audit/data out/audit && cp samples/breast-cancer/*.* out/audit/study
	@for night in 2026-03-01 2026-03-02; do $(BIN)/reporter audit out/audit --slot $$night || exit; done
	@cp samples/audit/swapped.pt2 out/audit/study/model.pt2
	@$(BIN)/reporter audit out/audit --slot 2026-03-03; code=$$?; \
	    echo "The third night ended with exit code $$code: 1 says that something needs attention."; test $$code = 1
	@$(BIN)/reporter history out/audit
	@echo "Its report: out/audit/reports/breast-cancer/2026-03-03T0200/report.html; all nights: out/audit/site/index.html"

test: $(READY) $(FOR_TESTS) ## lint, types, layers and tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest --numprocesses auto

gallery: $(READY) ## every sample in every language, audience and format, side by side, in out/gallery
	@$(BIN)/python -m tests.gallery out/gallery

snapshots: $(READY) ## write the pages that tests compare with again, after a look at what changed
	@$(BIN)/python -m tests.snapshot

samples: $(READY) ## train the samples' models again
	@for sample in $(SAMPLES) narrator audit; do $(BIN)/python "samples/$$sample/train.py" || exit; done

narratives: $(READY) ## the ten narratives in samples/narratives, computed and told again
	@mkdir -p out/narratives
	@$(foreach sample,$(SAMPLES),SOURCE_DATE_EPOCH=1735689600 $(BIN)/reporter explain samples/$(sample) --id $($(sample)) $($(sample)-flags) \
	    -o out/narratives/$(sample).json &&) $(BIN)/python -m benchmarks.prose.narratives out/narratives

prose: $(READY) ## what is promised of the prose, measured; `make prose part=free` for one part of it
	@$(BIN)/python -m benchmarks.prose $(part)

audit-rates: $(READY) ## how often each check of an audit is wrong, and how often it finds what was planted
	@$(BIN)/python -m benchmarks.audits.rates

faults: $(READY) ## audits killed at random moments, full disks and lost workers: nothing may be lost or doubled
	@$(BIN)/python -m benchmarks.audits.faults

clean: ## remove what was made, except .venv
	rm -rf out build dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name .venv -prune -o -name __pycache__ -exec rm -rf {} +

$(READY):
	@.ci/setup
	@rm -f .venv/ready-* && touch $@

# What cannot be had is tried again the next time, and the tests that need it are skipped; in CI they have to run.
$(FOR_TESTS): .venv/%-$(KEY): | $(READY)
	@if .ci/setup $*; then rm -f .venv/$*-* && touch $@; else test -z "$$CI"; fi
