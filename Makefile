# make demo and make test need Go and make; every other target installs what
# it needs beside them.

GO      ?= go
LINTER  := github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
FUZZED  := ./config:FuzzLoad ./state:FuzzDecode ./plan:FuzzDecode ./ledger:FuzzAddress \
           ./config:FuzzCSV ./config:FuzzList ./state:FuzzHistory ./state:FuzzLock ./tenant/wire:FuzzAnswers \
           ./tenant/graph:FuzzAnswers ./tenant/graph:FuzzAssign \
           ./tenant/powerplatform:FuzzAnswers ./tenant/dataverse:FuzzAnswers ./tenant/commerce:FuzzAnswers
FUZZ    ?= 10m
WORLDS  ?= 100000
TENANTS ?= 200
NIGHTS  ?= 1m
PLATFORMS ?= linux/amd64,windows/arm64

.PHONY: build demo demo-fleet fleet-ui test test-fleet test-services test-pipelines test-browser release test-release check lint laws mutants fuzz crash crash-stores soak clients bench clean

build: ## the program, in bin/
	$(GO) build -trimpath -o bin/usher ./cmd/usher

demo: build ## the main job, told on a copy of examples/contoso
	@sh examples/demo.sh "$(CURDIR)/bin/usher" "$(CURDIR)/examples"

test: export GOGC = 400 # the compiler collects garbage less often, which takes memory and saves a sixth of its time
test: export CGO_ENABLED = 0 # as releases are built
test: ## what needs only Go, but for fleets; stories mostly wait: they begin first, more of them than there are cores; lint vets
	$(GO) test -tags=nofleet -p 3 -parallel 6 -vet=off -ldflags=-s ./cmd/usher ./...

fleet-ui: ## River's pages about the jobs of a fleet, in bin/; nothing can be changed there
	cd cmd/fleet-ui && $(GO) build -trimpath -o "$(CURDIR)/bin/usher-fleet-ui" .

test-fleet: ## fleets: on SQLite, and with workers that are killed on PostgreSQL, which it installs and starts
	cd cmd/fleet-ui && $(GO) test ./... -count=1
	$(GO) test ./fleet/... ./cmd/usher -count=1 -run 'Fleet|Select|Waiting|Report'
	bash test/services/run.sh $(GO) test ./test/fleets -count=1 -v -timeout=1h -args -tenants=$(TENANTS) -workers=1,2,4 -nights=$(NIGHTS)

demo-fleet: build ## fifty tenants on a queue in a file, told on a copy of examples/fleet
	@sh examples/fleet.sh "$(CURDIR)/bin/usher" "$(CURDIR)/examples"

test-services: ## the suite of the stores on Azurite and PostgreSQL, which it installs and starts
	bash test/services/run.sh $(GO) test ./state ./test/crash -count=1 -v -run 'TestStores|TestTerraform|TestSignedIn|TestReaders'

check: lint test ## what CI runs
	$(GO) test -race ./apply ./engine ./tenant/... ./state
	$(GO) test ./fleet/... ./cmd/usher -run TestFleet
	cd cmd/fleet-ui && $(GO) vet ./... && $(GO) test ./...

lint:
	$(GO) vet ./...
	cd test/browser && $(GO) list -mod=readonly -test -deps ./... >/dev/null # it builds on usher, and needs what usher needs
	$(GO) run $(LINTER) run

laws: ## the laws of the planner in WORLDS random worlds
	$(GO) test ./plan ./apply -run 'TestLaws|TestUndo' -count=1 -timeout=2h -v -rapid.checks=$(WORLDS)

mutants: ## the planner with each of some fifty mistakes, which the laws have to find
	$(GO) test ./plan -run TestMutants -count=1 -timeout=2h -v -args -mutants

fuzz: ## every fuzz target for FUZZ
	@set -e; for t in $(FUZZED); do $(GO) test "$${t%%:*}" -run='^$$' -fuzz="^$${t##*:}\$$" -fuzztime=$(FUZZ) -fuzzminimizetime=10x; done

crash: ## kill -9 at 200 points of an apply
	$(GO) test ./cmd/usher -run 'TestKill' -count=1 -timeout=30m -v -kills=200

crash-stores: ## kill usher at every write, cut and kill the stores and the tenant, let 32 processes apply to one state
	bash test/services/run.sh $(GO) test ./test/crash -count=1 -timeout=80m -v -run 'TestKills|TestCuts' -kills=2000 -cuts=480
	bash test/services/run.sh $(GO) test ./test/crash -count=1 -timeout=30m -v -run 'TestCrowd|TestSleeper' -crowd=32 -crowd.time=1m

soak: ## 10,000 people in a tenant on a bad day, 20 times, for a minute each; and 1,000 writes at small allowances
	$(GO) test ./cmd/usher -run 'TestSoak' -count=1 -timeout=2h -v -soak.people=10000 -soak.seeds=20 -soak.writes=1000 -soak.speed=10

clients: build ## clients that others wrote against the simulated tenant; installs them in a folder of its own
	bash test/clients/run.sh bin/usher cmd/usher/testdata/tenants/microsoft.tenant.json

test-pipelines: ## the pipelines to copy: their jobs from a branch to the night, act, gitlab-ci-local, actionlint, shellcheck
	bash test/pipelines/run.sh "$(GO)"

test-browser: build ## the HTML of usher in headless Chromium, which it installs; IMAGES=docs/images takes the screenshots anew
	bash test/browser/run.sh bin/usher $(IMAGES)

release: ## all that somebody can install, in dist/; USHER_RELEASE_KEY_FILE signs it
	cd cmd/release && $(GO) build -o "$(CURDIR)/bin/usher-release" .
	GOFLAGS= bin/usher-release -out dist

test-release: ## a release of PLATFORMS from two clones, built apart: they have the same bytes
	cd cmd/release && $(GO) test ./... -count=1 -timeout=1h -v -platforms=$(PLATFORMS)

bench: ## the planner, the formats, and whole processes, beside terraform where it is installed
	$(GO) test ./plan ./state ./view ./export ./cmd/usher -run '^$$' -bench . -benchtime=1x -timeout=1h

clean:
	rm -rf bin dist
