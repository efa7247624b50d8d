# The front door. Every target sets up what it needs by itself and may be run in any order.
#
# Variables: FRONT RATE BURST LOG (replay, demo), SEED (demo), PYTHON (interpreter for .venv), CARGO_TARGET_DIR,
# SYSTEM_PACKAGES=no (never call apt-get).

SHELL := /bin/bash
.DEFAULT_GOAL := help

.PHONY: help
help: ## This list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: install
install: ## The C library: headers, shared and static, pkg-config, CMake (PREFIX=/usr/local LIBDIR=lib DESTDIR=)
	@PREFIX="$(PREFIX)" LIBDIR="$(LIBDIR)" DESTDIR="$(DESTDIR)" ci/install

.PHONY: demo
demo: ## See it at work: a limit on a web log, and what a breaker saves in a storm; with charts
	@ci/prerequisites
	@ci/demo

.PHONY: replay
replay: ## One front on one log: FRONT=rust|c|python RATE=1/10s BURST=5 LOG=path; one line of JSON
	@ci/prerequisites
	@ci/replay

.PHONY: test
test: ## Everything that shows it is right, in three languages (minutes)
	@ci/prerequisites
	@ci/system_packages
	@ci/steps test

.PHONY: check
check: ## Format, lints, docs, and all that stands twice compared with itself
	@ci/prerequisites
	@ci/steps check

.PHONY: verify
verify: ## The long half of it all: every cell, proofs, deeper models, sanitizers, mutants (hours)
	@ci/prerequisites
	@ci/system_packages
	@ci/steps verify

.PHONY: bench
bench: ## Every operation beside its peers in Rust, C and Python; writes benches/RESULTS.md (some ten minutes)
	@ci/prerequisites
	@ci/bench

.PHONY: loom
loom: ## The models of every lock-free type, one preemption deeper than in `make test` (long)
	@LOOM_MAX_PREEMPTIONS=$${LOOM_MAX_PREEMPTIONS:-3} ci/loom

.PHONY: fuzz
fuzz: ## Every fuzz target for FUZZ_SECONDS (600)
	@FUZZ_SECONDS=$${FUZZ_SECONDS:-600} ci/fuzz_smoke

.PHONY: fmt
fmt: ## Format the Rust sources
	@cargo fmt --all

.PHONY: clean
clean: ## Remove everything that was built
	@rm -rf target fuzz/target .venv
