# Everything a newcomer needs: `make demo` plays the story, `make test` checks it, `make help` names the rest.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help setup doctor demo bench bench-streams bench-ideas test simulate chaos test-servers test-stops test-browser test-containers test-elsewhere check docs format up down restart backup restore redrive replay reconcile verify-audit

# The first Python from 3.11 to 3.14 that starts, the machine's own before others.
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 15))' 2>/dev/null && echo $$p && break; done)
UV_VERSION := 0.13.9
# An installed uv is used; without one, a pinned one is put into var/tools.
OWN_UV := var/tools/bin/uv
UV ?= $(if $(shell command -v uv),uv,$(OWN_UV))
BIN := .venv/bin
NO_PYTHON := echo 'Python 3.11, 3.12, 3.13 or 3.14 is needed, and none is in the PATH. Debian, Ubuntu: apt-get install python3; \
	Fedora: dnf install python3; macOS: brew install python@3.13; elsewhere: make PYTHON=/where/it/is.'
# Needs no .venv.
DOCTOR = $(if $(PYTHON),PYTHONPATH=devstack "$(PYTHON)" -m devstack.host.doctor,$(NO_PYTHON); :)
# After a command that failed: what of this machine is in the way of a target. The failure's status stays.
or_say = || { code=$$?; $(DOCTOR) $(1) >&2 || true; exit $$code; }
# Caches of whoever has no home.
ifneq ($(shell test -w "$${HOME:-/nonexistent}" && echo yes),yes)
export XDG_CACHE_HOME := $(CURDIR)/var/cache
endif
SERVICES_WITH_QUEUES := identity cards wallet offers notify
GATEWAY_PORT ?= 8000
PORTAL_PORT ?= 8080
BROKERS ?= 1
# Each has a broker and databases of its own.
WORKERS ?= 2
export BROKERS

help: ## Name every target
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-16s %s\n", $$1, $$2}'

setup: $(filter $(OWN_UV),$(UV)) ## Python environment from uv.lock, and what this system lacks (as root on Debian)
	@[ -n "$(PYTHON)" ] || { $(NO_PYTHON) >&2; exit 1; }
	@{ UV_PYTHON_DOWNLOADS=never UV_LINK_MODE=copy "$(UV)" sync --quiet --locked --python "$(PYTHON)" && \
		$(BIN)/python -m devstack packages; } $(call or_say,$@)

doctor: ## One page of what was found here, and of what would be in the way of each target
	@$(DOCTOR)

demo: setup ## Play the whole story on this machine; mails and PDFs stay in var/demo
	@$(BIN)/python -m demo $(call or_say,$@)

bench: setup ## Measure the scan against its floors (CARDS=…, ROUNDS=…, AGAINST=revision: docs/performance.md); pictures in var/bench
	@$(BIN)/python -m benchmarks

bench-streams: setup ## Measure 10,000 pages that follow visits: their memory, and the scan meanwhile (LISTENERS=…, ROUNDS=…)
	@$(BIN)/python -m benchmarks.streams

bench-ideas: setup ## Measure a page of ideas beside a page of the listing at 3,000 providers (ROUNDS=…)
	@$(BIN)/python -m benchmarks.ideas

chaos: setup ## Break the platform on purpose, account for every cent (DURATION=…, SEED=…, PLANTED=…, BROKERS=3); about 7 minutes
	@$(BIN)/python -W ignore -m tests.chaos

test: setup ## All tests but those of the other test-… targets, in WORKERS=2 processes
	@$(BIN)/pytest tests -m "not containers and not servers and not stops and not browser" -n $(WORKERS) --dist loadgroup --no-loadscope-reorder $(call or_say,$@)
	@echo 'Left out: make test-servers (clusters, TLS, odd machines), make test-stops (stops and restores under load), make test-browser, make test-containers.'

test-servers: setup ## Brokers and databases in a cluster, with TLS, with standbys, on odd machines; about 5 minutes
	@$(BIN)/pytest tests -m servers

test-stops: setup ## Stops, rolling restarts, backup and restore, all under load; about 9 minutes
	@$(BIN)/pytest tests -m stops

test-browser: setup ## The web site in Chromium, each page looked at by axe; pictures in var/browser; about 2 minutes
	@$(BIN)/pytest tests/browser -m browser $(call or_say,$@)

simulate: setup ## The money protocol in 20,000 histories full of crashes (HISTORIES=…, SEED=…: CONTRIBUTING.md)
	@$(BIN)/python -m tests.simulation

test-containers: setup ## The story against deploy/compose.yaml; needs a Docker engine
	@docker info >/dev/null 2>&1 || { echo 'No Docker engine answers: start one (docker info must work) and try again.' >&2; exit 1; }
	@$(BIN)/pytest tests/containers -m containers

test-elsewhere: setup ## Demo and tests on Debian 13 and testing, in roots under var/ (SUITES=…, PLAYS=…); needs root
	@$(BIN)/python -m tests.elsewhere

check: setup ## Format, lint, types, import borders, generated documents in sync
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/python -m contracts.documentation | diff -u docs/contracts.md - >&2 || { echo 'docs/contracts.md lags behind: make docs' >&2; exit 1; }
	@$(BIN)/python -m contracts.access_page | diff -u docs/access.md - >&2 || { echo 'docs/access.md lags behind: make docs' >&2; exit 1; }

docs: setup ## Write docs/contracts.md, docs/access.md and the broker's users in deploy/ anew from the code
	@$(BIN)/python -m contracts.documentation > docs/contracts.md
	@$(BIN)/python -m contracts.access_page > docs/access.md
	@$(BIN)/python -m devstack.servers.broker_users > deploy/rabbitmq/definitions.json

format: setup ## Format the code and order the imports
	@$(BIN)/ruff check --fix --select I .
	@$(BIN)/ruff format .

up: setup ## Leave the platform running, its web site at http://127.0.0.1:8080 (PORTAL_PORT=…, GATEWAY_PORT=…, BROKERS=3)
	@$(BIN)/python -m devstack up --gateway-port $(GATEWAY_PORT) --portal-port $(PORTAL_PORT) --brokers $(BROKERS)

down: ## Stop the platform and everything `make up` started
	@if [ -x $(BIN)/python ]; then $(BIN)/python -m devstack down; else echo 'Nothing was running.'; fi

restart: ## Replace the processes of the running platform one by one (SERVICES="cards gateway")
	@$(BIN)/python -m devstack restart $(SERVICES)

backup: ## Copy all databases of the running platform, into var/up/postgresql/backup
	@$(BIN)/python -m devstack backup

restore: ## Bring all databases of the stopped platform back to one moment (TO=2026-07-10T14:30:00+02:00, TO=latest)
	@$(BIN)/python -m devstack restore --to "$(TO)"

redrive: ## Put parked messages of the running platform back into their queues
	@for service in $(SERVICES_WITH_QUEUES); do \
		$(BIN)/python -m devstack exec $$service -- python -m chassis redrive $$service; done

replay: ## Announce again what the outboxes of the running platform hold (after its broker lost messages)
	@for service in $(SERVICES_WITH_QUEUES); do \
		$(BIN)/python -m devstack exec $$service -- python -m chassis replay $$service; done

reconcile: ## Check the money equation of the running platform, and every service's books (SETTLED_MINUTES=…)
	@$(BIN)/python -m devstack exec wallet -- python -m wallet.reconcile $(if $(SETTLED_MINUTES),--settled-minutes $(SETTLED_MINUTES))

verify-audit: ## Look for changed, missing or added rows in the audit of the running platform
	@found=0; for service in $(SERVICES_WITH_QUEUES); do \
		$(BIN)/python -m devstack exec $$service -- python -m chassis verify-audit $$service || found=1; done; exit $$found

# Only reached when no uv is installed. A bare Debian's python3 cannot make environments, as it lacks a package.
$(OWN_UV):
	@[ -n "$(PYTHON)" ] || { $(NO_PYTHON) >&2; exit 1; }
	@mkdir -p var
	@rm -rf var/tools
	@PYTHONPATH=devstack "$(PYTHON)" -m devstack.host.packages venv
	@"$(PYTHON)" -m venv var/tools
	@var/tools/bin/pip install --quiet --disable-pip-version-check uv==$(UV_VERSION) $(call or_say,setup)
