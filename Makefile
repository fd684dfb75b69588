# Two commands do everything on a fresh machine: `make demo` and `make test`.
PYTHON ?= $(shell command -v python3.11 || command -v python3.12 || command -v python3.13 || command -v python3)
BIN := .venv/bin
READY := .venv/.ready
# parallel test processes: two for each core, since tests wait half of the time
JOBS ?= $(shell expr 2 \* $$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2))
DEMO_READY := .venv/.ready-demo
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check
COMPILE := uv pip compile pyproject.toml --generate-hashes --no-emit-index-url --python-version 3.11 --no-annotate --quiet --upgrade

.DEFAULT_GOAL := help
.PHONY: help env demo test check bench evaluate docs lock dist sbom notes clean mosquitto broker browser database redis spark types npm portal gallery

help:  ## list the targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /	/' | expand -t 10

env: $(READY)  ## create .venv for development

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is required, found $$($(PYTHON) --version): set PYTHON=/path/to/python3.11" >&2; exit 1; }
	@$(PYTHON) -m venv .venv || { echo "python3 -m venv failed (Debian: apt-get install python3-venv)" >&2; exit 1; }

$(READY): requirements/dev.txt requirements/axe.txt requirements/manifests.txt pyproject.toml | .venv/bin/python
	@echo "Setting up .venv (about a minute) ..."
	@$(INSTALL) --require-hashes -r requirements/dev.txt
	@$(INSTALL) --require-hashes --no-deps -r requirements/axe.txt -r requirements/manifests.txt
	@$(INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@ $(DEMO_READY)

$(DEMO_READY): requirements/demo.txt pyproject.toml | .venv/bin/python
	@echo "Setting up .venv (half a minute) ..."
	@$(INSTALL) --require-hashes -r requirements/demo.txt
	@$(INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@

mosquitto:
	@provisioning/local/ensure.sh mosquitto mosquitto

broker: mosquitto  ## Mosquitto and its compiled auth plugin; installs missing Debian packages
	@provisioning/local/auth_plugin.sh build/auth_plugin.so

browser:  ## install a Chromium for the tests of the pages, unless one is present
	@provisioning/local/browser.sh

redis:  ## install Redis
	@provisioning/local/ensure.sh redis-server redis-server

types: .venv/.types  ## install TypeScript and the types of OpenRTB and, if missing, Node.js

TYPES := tests/cloud/trade/openrtb/types

.venv/.types: $(TYPES)/package-lock.json | .venv/bin/python
	@provisioning/local/ensure.sh node nodejs
	@provisioning/local/ensure.sh npm npm
	@npm ci --prefix $(TYPES) --silent --no-progress
	@touch $@

spark: .venv/.spark  ## install Spark and, if missing, Java

.venv/.spark: $(READY) requirements/spark.txt
	@provisioning/local/ensure.sh java default-jre-headless
	@echo "Setting up Spark (about 300 MB) ..."
	@$(INSTALL) --require-hashes --no-build-isolation -r requirements/spark.txt
	@touch $@

database:  ## install PostgreSQL; tests start their own cluster
	@provisioning/local/ensure.sh initdb postgresql

npm: tests/npm/node_modules/.ready  ## install what tests use of Node's packages and, if missing, Node

tests/npm/node_modules/.ready: tests/npm/package-lock.json
	@provisioning/local/ensure.sh npm nodejs npm
	@echo "Setting up tests/npm (about 85 MB) ..."
	@cd tests/npm && npm ci --ignore-scripts --no-audit --no-fund --prefer-offline --loglevel=error
	@touch $@

portal: | .venv/bin/python  ## build the pages that the API serves; installs Node.js if there is none
	@$(if $(wildcard $(READY) $(DEMO_READY)),true,$(MAKE) $(DEMO_READY))
	@provisioning/local/portal.sh $(BIN)/python

gallery: env browser portal  ## take the pictures of docs/gallery.md
	@$(BIN)/python -m tests.cloud.portal.visit gallery

demo: $(DEMO_READY) mosquitto portal  ## run broker, cloud, cameras, a sale and the portal; VIDEO=path adds your video, DEMO_SECONDS=n ends it
	@$(BIN)/python -m simulators demo --complete $(if $(VIDEO),--video $(VIDEO)) $(if $(DEMO_SECONDS),--seconds $(DEMO_SECONDS))

test: env broker browser database redis spark types npm portal  ## run all tests
	$(BIN)/python -m pytest --processes $(JOBS)

check: env portal  ## check style, types, import contracts and generated documents
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m wire check

bench: env broker database  ## measure the figures of docs/benchmarks.md
	@for script in tests/benchmarks/*.py; do echo "== $$script"; $(BIN)/python $$script || exit 1; done

evaluate: env  ## measure the figures of docs/accuracy.md (needs the data; DATA=folder)
	@mkdir -p runs
	$(BIN)/python -m models evaluate all --data $(or $(DATA),../shared/data/models) > runs/development.json

docs: env  ## write the generated documents
	$(BIN)/python -m wire write
	$(BIN)/python -m cloud retail documents

lock:  ## compile the pinned requirements (needs uv)
	$(COMPILE) --extra edge --extra cloud --extra lake --extra forecast --extra models --group dev -o requirements/dev.txt
	$(subst pyproject.toml ,,$(COMPILE)) -c requirements/dev.txt --group build -o requirements/build.txt
	$(COMPILE) -c requirements/dev.txt --extra edge --extra cloud --extra lake --group build -o requirements/demo.txt
	$(COMPILE) -c requirements/dev.txt --extra edge-aws --extra sensors -o requirements/edge.txt
	$(COMPILE) -c requirements/dev.txt --extra cloud --extra lake --extra forecast --extra aws -o requirements/cloud.txt
	$(subst pyproject.toml ,,$(COMPILE)) --no-deps --group node -o requirements/node.txt
	$(subst pyproject.toml ,,$(COMPILE)) --no-deps --group axe -o requirements/axe.txt
	$(subst pyproject.toml ,,$(COMPILE)) --no-deps --group manifests -o requirements/manifests.txt
	$(COMPILE) --extra spark -o requirements/spark.txt

dist: env portal  ## build wheel and source archive into dist/
	@$(BIN)/python -m build --no-isolation --outdir dist .

sbom: env  ## write the software bills of materials (CycloneDX) into dist/
	@mkdir -p dist build
	@for part in edge cloud; do \
		$(PYTHON) -m venv --clear build/$$part && \
		build/$$part/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/$$part.txt && \
		build/$$part/bin/python -m pip --disable-pip-version-check uninstall --quiet --yes pip setuptools && \
		$(BIN)/cyclonedx-py environment --pyproject pyproject.toml --mc-type application --output-reproducible \
			--output-format JSON --output-file dist/onlooker-$$part.cdx.json build/$$part/bin/python || exit 1; \
	done

notes: env  ## print the release notes of a version; VERSION=1.2.3
	@$(BIN)/python -m provisioning release $(VERSION)

clean:  ## delete everything that was built
	rm -rf cloud/portal/bundle cloud/portal/web/node_modules cloud/portal/web/.document $(TYPES)/node_modules tests/npm/node_modules .venv var build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .benchmarks
