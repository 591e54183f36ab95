# Kreidfeuer. `make` explains the targets.

GO          := go
VERSION     := $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
BUILD       := $(GO) build -ldflags '-s -w -X main.version=$(VERSION)'
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.7.0
FUZZTIME    := 10s
BENCHTIME   := 1s
DIST        := linux-amd64 linux-arm64 linux-armv7 windows-amd64.exe darwin-amd64 darwin-arm64
DIST_SIM    := linux-amd64 windows-amd64.exe darwin-arm64

# Packages that start goroutines. The pure core has none, so the slow race run leaves it out.
CONCURRENT  := /(gossip(/catchup)?|persist(/.*)?|node(/.*)?)$$

# Packages whose benchmarks say what the steps cost that footprint measures as a whole.
MEASURED := ./gossip/brief ./gossip/cap ./gossip/compact ./gossip/wire ./identity

# Simulations that take a minute each; make soak runs them with a thousand devices.
SIMULATED := TestCity|TestPropagation|TestSybils|TestStorm|TestFidelity

# Pure Go everywhere: one file runs on any machine of its kind. Only the race detector needs C.
export CGO_ENABLED := 0

.PHONY: help build run demo test race fuzz bench sim soak lint dist clean FORCE

help: # explain the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-6s  %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

build: ## build ./bin/kreidfeuer and ./bin/kreidfeuer-sim
	$(BUILD) -o bin/ ./cmd/kreidfeuer ./cmd/kreidfeuer-sim

run: build ## start this machine's device and show warnings as they come
	./bin/kreidfeuer up

demo: ## tell the story of one warning: eight devices, a killed hub, a hostile peer
	$(BUILD) -tags demo -o bin/kreidfeuer-demo ./cmd/kreidfeuer
	./bin/kreidfeuer-demo demo

test: ## run the tests, with the rules of the architecture among them
	$(GO) test -timeout 5m ./...

race: ## run the tests of the concurrent packages with the race detector
	pkgs=$$($(GO) list ./... | grep -E '$(CONCURRENT)') && CGO_ENABLED=1 $(GO) test -race -timeout 10m $$pkgs

# Targets are found by their text: listing them by go test would link every test program. The minimiser may stall on one
# input for a minute, so it gets ten runs.
fuzz: ## fuzz every target for FUZZTIME (default 10s)
	@grep -roE --include='*_test.go' '^func Fuzz[A-Za-z0-9_]+' . | sed -E 's|/[^/]*:func | |' | sort | while read -r pkg name; do \
	echo "== $$pkg $$name"; $(GO) test -run '^$$' -fuzz "^$$name\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 10x "$$pkg" </dev/null || exit 1; done

bench: ## measure the device, its envelopes and its work beside the least that could do it
	$(GO) run ./cmd/internal/footprint
	$(GO) run ./cmd/internal/bulk
	$(GO) run ./cmd/internal/reconcile
	$(GO) test -run '^$$' -bench . -benchmem -benchtime $(BENCHTIME) -timeout 10m $(MEASURED)

sim: ## run 300 real devices in virtual time: partition, propagation, siege, model beside them
	KREIDFEUER_SIM=1 $(GO) test -count 1 -timeout 15m -v -run '$(SIMULATED)' ./sim

soak: ## run the tests again with the slow ones
	KREIDFEUER_SOAK=1 $(GO) test -count 1 -timeout 60m ./...

lint: bin/tools/staticcheck ## check format, go vet and staticcheck
	@files=$$(gofmt -l .) && { test -z "$$files" || { echo "gofmt -w is needed for:" $$files; exit 1; }; }
	$(GO) vet ./... && $(GO) vet -tags demo ./cmd/...
	bin/tools/staticcheck ./... && bin/tools/staticcheck -tags demo ./cmd/...

bin/tools/staticcheck: Makefile
	GOBIN=$(CURDIR)/bin/tools $(GO) install $(STATICCHECK)

dist: $(DIST:%=dist/kreidfeuer-%) $(DIST_SIM:%=dist/sim/kreidfeuer-sim-%) ## cross-compile a single file for each platform into ./dist
	cd dist && sha256sum kreidfeuer-* >SHA256SUMS
	cd dist/sim && sha256sum kreidfeuer-sim-* >SHA256SUMS

# CROSS builds the program $(1) for the platform $(2).
CROSS = GOOS=$(firstword $(subst -, ,$(2))) GOARCH=$(patsubst armv7,arm,$(basename $(lastword $(subst -, ,$(2))))) GOARM=7 $(BUILD) -trimpath -o $@ ./cmd/$(1)

dist/kreidfeuer-%: FORCE
	$(call CROSS,kreidfeuer,$*)

dist/sim/kreidfeuer-sim-%: FORCE
	$(call CROSS,kreidfeuer-sim,$*)

clean: ## delete ./bin and ./dist
	rm -rf bin dist
