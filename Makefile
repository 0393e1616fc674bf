# Headroom. A bare `make` lists the targets.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
GO ?= go
BIN := bin/headroom
CACHE := $(or $(HEADROOM_CACHE),$(or $(XDG_CACHE_HOME),$(HOME)/.cache)/headroom)
LINT_VERSION := v2.15.0
SOURCES := $(shell find . -name '*.go' -not -name '*_test.go' -not -path './headroom-workspace/*') go.mod go.sum \
	$(shell find profiles scenarios reports fixtures results -type f -not -name '*.go' -not -path '*/testdata/*' 2>/dev/null)
export HEADROOM_CACHE := $(CACHE)

.PHONY: help build demo test lint check unit odoo e2e validate bench soak fuzz clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

build: $(BIN) ## build bin/headroom

$(BIN): $(SOURCES)
	@echo "building $(BIN) (the first build compiles k6: a few minutes)"
	@$(GO) build -o $(BIN) ./cmd/headroom

demo: $(BIN) ## the whole chain on the stand-in ERP: about 3 minutes after the build
	@$(BIN) demo $(DEMO)

test: check unit ## format, lint, vet, and every test with -race on a real PostgreSQL

check:
	@echo "== gofmt"; out=$$(gofmt -l $$(git ls-files -co --exclude-standard '*.go')); test -z "$$out" || { echo "not formatted: $$out"; exit 1; }
	@echo "== go vet"; $(GO) vet ./... && $(GO) vet -tags e2e ./...
	@echo "== models compile to WebAssembly"; GOOS=js GOARCH=wasm $(GO) build ./models/... .
	@echo "== go mod verify"; $(GO) mod verify >/dev/null
	@$(MAKE) --no-print-directory lint

lint: $(CACHE)/bin/golangci-lint-$(LINT_VERSION) ## golangci-lint
	@echo "== golangci-lint $(LINT_VERSION)"; $< run

$(CACHE)/bin/golangci-lint-$(LINT_VERSION):
	@echo "building golangci-lint $(LINT_VERSION) into the cache"
	@mkdir -p $(CACHE)/bin/build && GOBIN=$(CACHE)/bin/build $(GO) install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(LINT_VERSION)
	@mv $(CACHE)/bin/build/golangci-lint $@

HEAVY := /models/(demand|layered|learn|queueing|sim|usl)$$

unit: $(BIN)
	@scripts/need chromium python3 gcc=gcc,libc6-dev redis-server pgbouncer haproxy prometheus
	@echo "== go test -race"; $(BIN) postgres -- $(GO) test -race -timeout 40m $$($(GO) list ./... | grep -Ev '/cmd/headroom$$|$(HEAVY)')
	@# Arithmetic of one goroutine, which the race detector makes ten times as slow and can say nothing about; what does run at once is tested with it.
	@echo "== go test (models' sweeps), and -race where they run at once"; $(GO) test -timeout 40m $$($(GO) list ./... | grep -E '$(HEAVY)')
	@$(GO) test -race -run 'SameSeed|Width|Deterministic' ./models/sim
	@# The whole chain by itself: a generator that has to share the machine with other tests measures them.
	@HEADROOM_BIN=$(abspath $(BIN)) $(GO) test -race -timeout 40m ./cmd/headroom

odoo: ## build a real Odoo 19 in the cache (needs root; about 5 minutes)
	@fixtures/odoo/build.sh

e2e: $(BIN) ## the chain on a real Odoo 19, with assertions in its database
	@test -n "$${HEADROOM_ODOO_URL:-}" || $(MAKE) --no-print-directory odoo
	@echo "== go test -tags e2e"; HEADROOM_BIN=$(abspath $(BIN)) $(GO) test -tags e2e -count=1 -timeout 40m -v -run '^TestE2E' ./cmd/headroom ./fixtures/odoo/... ./scenarios/...

validate: $(BIN) odoo ## how wrong is the model, on a real Odoo 19: hours on a machine that does nothing else (WORKSPACE=folder to go on in)
	@$(BIN) validate profiles/validation/warehouse.yaml --combinations profiles/validation/combinations.yaml --target odoo --workspace $(or $(WORKSPACE),headroom-workspace/validation)

bench: $(BIN) ## benchmarks; figures are ratios in one run (BENCH=regexp chooses)
	@$(BIN) postgres -- env HEADROOM_BIN=$(abspath $(BIN)) $(GO) test -run '^$$' -bench '$(or $(BENCH),.)' -benchtime 1x -timeout 5h ./...

soak: $(BIN) ## kill the processes of short runs at random moments, KILLS times (100)
	@HEADROOM_BIN=$(abspath $(BIN)) HEADROOM_KILLS=$(or $(KILLS),100) $(GO) test -count=1 -timeout 4h -v -run '^TestKilled' ./cmd/headroom

fuzz: ## each fuzz test for 20 s
	@for p in $$($(GO) list ./...); do \
	  for f in $$($(GO) test -list '^Fuzz' $$p | grep '^Fuzz' || true); do echo "== $$p $$f"; $(GO) test -run '^$$' -fuzz "^$$f$$" -fuzztime 20s $$p; done; done

clean: ## remove what was built in the checkout
	@rm -rf bin
