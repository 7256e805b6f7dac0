# What people run. `make` lists the targets; STACK=prod (say) chooses another stack, KUBECONFIG=… your own cluster.

STACK ?= dev
BASE ?= HEAD
PYTHON ?= python3

VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
RUN := $(BIN)/python
OPERATE = $(RUN) -m mysql_k8s.operate
RENDER = $(RUN) -m mysql_k8s.render

.DEFAULT_GOAL := help
.PHONY: help up preview outputs status sql backup backups restore restore-back restore-done rebuild env kubeconfig down sandbox-up \
        sandbox-status sandbox-down render render-diff render-golden lint-manifests test test-cluster test-long test-faults bench \
        bench-expel-timeouts bench-report lint lint-workflows fmt cluster named pulumi root

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# --- a stack --------------------------------------------------------------------------------------------------------

up: cluster ## deploy the stack, or bring it in line with its configuration
	@$(OPERATE) up --stack $(STACK)

preview: cluster ## show what `make up` would change
	@$(OPERATE) preview --stack $(STACK)

outputs: $(READY) ## print the stack's outputs as JSON
	@$(OPERATE) outputs --stack $(STACK)

render: $(READY) ## print the manifests of the stack; no cluster, no pulumi needed
	@$(RENDER) --stack $(STACK)

render-diff: $(READY) ## compare the manifests of every stack with those of a revision: BASE=main [MARKDOWN=1] [STACK=…]
	@$(RENDER) diff --base '$(BASE)' $(if $(filter file,$(origin STACK)),,--stack $(STACK)) $(if $(MARKDOWN),--markdown)

render-golden: $(READY) ## write rendered/<stack>.yaml of every stack, to be reviewed and committed
	@$(RENDER) golden

status: $(READY) ## show the members: role, state, lag, transactions
	@$(OPERATE) status --stack $(STACK)

sql: $(READY) ## open a mysql client on the primary; or SQL='select 1', or a pipe
	@$(OPERATE) sql --stack $(STACK) $${SQL:+"$$SQL"}

backup: $(READY) ## take a base backup now
	@$(OPERATE) backup --stack $(STACK)

backups: $(READY) ## show the base backups, and how far the archive of binary logs reaches
	@$(OPERATE) backups --stack $(STACK)

restore: $(READY) ## the data as it was, in place: UNTIL=2026-11-22T14:03:00Z, or BACKUP=<id>; the volumes are kept; YES=1
	@$(OPERATE) restore --stack $(STACK) $(if $(UNTIL),--until '$(UNTIL)') $(if $(BACKUP),--backup '$(BACKUP)') $(if $(YES),--yes)

restore-back: $(READY) ## undo `make restore`: the volumes from before again
	@$(OPERATE) restore-back --stack $(STACK) $(if $(YES),--yes)

restore-done: $(READY) ## delete the volumes that `make restore` has kept
	@$(OPERATE) restore-done --stack $(STACK) $(if $(YES),--yes)

rebuild: $(READY) ## give a replica its data anew, from another member: MEMBER=2
	@$(OPERATE) rebuild '$(MEMBER)' --stack $(STACK) $(if $(YES),--yes)

env: $(READY) ## print what the shell needs to run pulumi itself: eval "$(make -s env)"
	@$(OPERATE) env --stack $(STACK)

kubeconfig: $(READY) ## print the path of the kubeconfig in use
	@$(OPERATE) kubeconfig --stack $(STACK)

down: $(READY) ## take the stack away; the data stays in its claims
	@$(OPERATE) down --stack $(STACK)

# --- the local Kubernetes -------------------------------------------------------------------------------------------

sandbox-up: $(READY) ## build (once) and start the local Kubernetes
	@$(RUN) -m sandbox up

sandbox-status: $(READY) ## say whether the local Kubernetes runs
	@$(RUN) -m sandbox status

sandbox-down: $(READY) ## end the local Kubernetes, with all that is in it
	@$(RUN) -m sandbox down

# A kubeconfig of the user's own: only pulumi is needed, and only where there is none. Else: the local Kubernetes, too.
pulumi: $(READY)
	@$(RUN) -m sandbox toolchain --only pulumi >/dev/null

ifneq ($(KUBECONFIG),)
cluster: named pulumi

named: $(READY)
	@$(OPERATE) cluster --stack $(STACK) >&2
else
cluster: root pulumi
	@$(RUN) -m sandbox up
	@for image in mariadb router; do \
	  ! grep -qs "image: localhost/mysql-k8s/$$image:" Pulumi.$(STACK).yaml || $(RUN) -m sandbox image $$image || exit 1; done
endif

root:
	@[ "$$(id -u)" = 0 ] || { echo 'The local Kubernetes needs root: sudo make … ; or name your own cluster with KUBECONFIG=…' >&2; exit 1; }

# --- the code -------------------------------------------------------------------------------------------------------

# As root the tests start real mysqld processes, from the root file systems of the sandbox's images (built once).
WITH_MYSQLD = [ "$$(id -u)" != 0 ] || { \
    export MYSQL_ROOTFS="$${MYSQL_ROOTFS:-$$($(RUN) -m sandbox rootfs mysql)}"; \
    export PYTHON_ROOTFS="$${PYTHON_ROOTFS:-$$($(RUN) -m sandbox rootfs python)}"; }
WITH_MARIADBD = [ "$$(id -u)" != 0 ] || \
    export MARIADB_ROOTFS="$${MARIADB_ROOTFS:-$$($(RUN) -m sandbox rootfs mariadb)}"
WITH_ROUTER = [ "$$(id -u)" != 0 ] || \
    export ROUTER_ROOTFS="$${ROUTER_ROOTFS:-$$($(RUN) -m sandbox rootfs router)}"
WITH_RCLONE = export RCLONE="$${RCLONE:-$$($(RUN) -m sandbox toolchain --only rclone)/rclone}"
# A group of real servers takes minutes to break and to heal, backups minutes to be taken, damaged and restored, and
# rclone minutes to be built: too long for `make test`.
LONG_TESTS := $(patsubst %,tests/test_%.py,agent_beginning_mysqld agent_galera_mysqld agent_group_mysqld agent_mariadbd \
  backup_galera_mariadbd backup_group_mysqld backup_large backup_mariadbd backup_mysqld backup_s3 backup_throughput \
  clock_jump_mysqld my_cnf_mariadb router_mysqld)
PROPERTIES := $(shell grep -lE 'from (hypothesis|effort) import' tests/test_*.py)
# What the main job does and survives, the longest first; what is left takes an hour more.
CLUSTER_TESTS := $(patsubst %,tests/cluster/test_%.py,changes group clone matrix kills volumes access wheel)
LONG_CLUSTER_TESTS := $(filter-out $(CLUSTER_TESTS),$(wildcard tests/cluster/test_*.py))

# One more than there are processors: tests of real servers wait most of the time.
WORKERS = $$(($$(nproc) + 1))
IN_FILES = --dist loadfile --no-loadscope-reorder

test: $(READY) ## unit tests and tests of the agent on real mysqld processes; no cluster needed
	@$(WITH_MYSQLD); \
	  $(RUN) -m pytest -q -n $(WORKERS) $(IN_FILES) --ignore=tests/cluster $(LONG_TESTS:%=--ignore=%)

# Once more what fails: on a small machine a bounded wait may be too short. Both outcomes are printed.
test-cluster: cluster ## tests on a real cluster: the local one, or the one that KUBECONFIG names
	@KUBECONFIG="$$($(OPERATE) kubeconfig)" $(RUN) -m pytest -q -n 2 $(IN_FILES) --reruns 1 --durations=15 $(CLUSTER_TESTS)

test-long: cluster ## what takes longest: 20 times the examples of hypothesis, groups and restores of real servers, announced changes, examples, full volumes
	@$(WITH_MYSQLD); $(WITH_MARIADBD); $(WITH_ROUTER); $(WITH_RCLONE); \
	  EFFORT=20 $(RUN) -m pytest -q -n auto --dist loadfile $(PROPERTIES) && \
	  KUBECONFIG="$$($(OPERATE) kubeconfig)" $(RUN) -m pytest -q --reruns 1 --durations=15 $(LONG_TESTS) $(LONG_CLUSTER_TESTS)

# DURATION=30m SEED=7, or REPEAT=10; TOPOLOGY=… or STACK=…; FAULTS=…, WITHOUT=…, HITS=primary (docs/faults.md). On the local cluster only.
test-faults: sandbox-up ## break a cluster again and again, and judge what it kept: DURATION=30m SEED=… TOPOLOGY=… STACK=…
	@KUBECONFIG= $(RUN) -m tests.faults run $(if $(DURATION),--duration $(DURATION)) $(if $(REPEAT),--repeat $(REPEAT)) \
	  $(if $(SEED),--seed $(SEED)) $(if $(TOPOLOGY),--topology $(TOPOLOGY)) $(if $(filter file,$(origin STACK)),,--stack $(STACK)) \
	  $(if $(FAULTS),--faults $(FAULTS)) $(if $(WITHOUT),--without $(WITHOUT)) \
	  $(if $(HITS),--hits $(HITS))

# ONLY=imports,preview REPEAT=9; CLUSTERS=1,10,100 and SIZES=0.5,2,8 for the largest; ADD=1 adds rounds. On the local cluster only.
bench: sandbox-up ## measure beside references, keep every sample, write docs/benchmarks.md: ONLY=… REPEAT=… ADD=1
	@$(WITH_MYSQLD); $(WITH_MARIADBD); KUBECONFIG= $(RUN) -m bench run $(if $(ONLY),--only $(ONLY)) $(if $(REPEAT),--repeat $(REPEAT)) $(if $(ADD),--add)

bench-expel-timeouts: $(READY) ## measure how soon a group gives a silent member up, write docs/expel-timeouts.md: REPEAT=…
	@[ "$$(id -u)" = 0 ] || { echo 'mysqld in network namespaces needs root: sudo make bench-expel-timeouts' >&2; exit 1; }
	@$(WITH_MYSQLD); $(RUN) -m bench.expel_timeouts run $(if $(REPEAT),--repeat $(REPEAT))
	@$(RUN) -m bench.expel_timeouts report

bench-report: $(READY) ## write docs/benchmarks.md and its plots anew, from the results that are there
	@$(RUN) -m bench render

lint: $(READY) ## ruff and pyright
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/pyright

lint-manifests: $(READY) ## kube-score and checkov over the rendered manifests of every stack
	@PATH="$$($(RUN) -m sandbox toolchain --only linters):$$PATH" $(RENDER) lint

lint-workflows: $(READY) ## actionlint, zizmor and shellcheck on the workflows and their scripts
	@PATH="$(CURDIR)/$(BIN):$$($(RUN) -m sandbox toolchain --only actionlint):$$PATH"; \
	  actionlint && zizmor --offline --quiet --persona=pedantic .github && shellcheck .github/scripts/*.sh examples/*/*.sh

fmt: $(READY) ## format the code
	@$(BIN)/ruff check --fix --quiet .
	@$(BIN)/ruff format .

# The stamp comes last, so that an installation that was interrupted is done again.
# uv does in 15 seconds what takes pip 90, but does not know pip's configuration, where a company names its own index.
UV := 0.13.9
PIP_INSTALL = $(BIN)/pip install --quiet --disable-pip-version-check

$(READY): requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("Python 3.11 or newer is needed: make PYTHON=python3.11 …")'
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  [ "$$(id -u)" = 0 ] || { echo 'Python has no venv module: sudo apt-get install python3-venv' >&2; exit 1; }; \
	  echo 'Installing python3-venv …' >&2; \
	  { apt-get -qq update && apt-get -qq install -y python3-venv; } >&2; }
	@echo 'Installing Python packages into $(VENV) …' >&2
	@$(PYTHON) -m venv $(VENV) >&2
	@$(PIP_INSTALL) uv==$(UV) >&2
	@VIRTUAL_ENV=$(VENV) $(BIN)/uv pip install --quiet --compile-bytecode --requirement requirements.txt >&2 || \
	  { echo 'uv could not: pip tries, which takes longer …' >&2; $(PIP_INSTALL) --requirement requirements.txt >&2; }
	@touch $@
