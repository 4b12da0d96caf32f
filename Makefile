# make alone prints the targets: the lines below that have two number signs.

TAGS     := egl

# goenv returns a setting of Go, from the environment or from go env -w.
goenv = $(shell GOTOOLCHAIN=local go env $1 2>/dev/null)

# cgo learns from the C compiler which names are types, by code that is wrong for all others: NAME *__cgo_undefined__2;
# For each of go-gl's thousand functions gcc then searches for a name that is spelled like the undefined one. That took
# 59 of cgo's 63 s of CPU time. If the undefined name is one that the compiler knows, it says at once what is wrong.
known := -D__cgo_undefined__2=__builtin_trap
export CGO_CFLAGS := $(or $(filter-out $(known),$(call goenv,CGO_CFLAGS)),-O2 -g) $(known)

REVISION := $(shell git describe --always --dirty --abbrev=40 2>/dev/null || echo unknown)

.PHONY: help build library wheel python demo test thorough quick check full builds glfw race hardware mutants kills test-slurm drivers shim rehearse isa repin fuzz bench peers setup man dist clean
.NOTPARALLEL: # targets share the machine and come in order

help: ## print this list
	@echo 'usage: make TARGET'
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/  \1	\2/p' Makefile | expand -t 14

compile = CGO_ENABLED=1 go build -tags $(TAGS) -ldflags '-X main.revision=$(REVISION)' -o bin/gpuconv ./cmd/gpuconv

build: ## build bin/gpuconv; install nothing, but say what is missing
	@./scripts/setup check
	$(compile)

library: ## build bin/libgpuconv.so and bin/gpuconv.h, for C and Python: docs/c.md
	@./scripts/setup check
	./scripts/library bin $(TAGS)

wheel: ## build the Python package, a wheel for Linux and a source distribution, into out/wheel
	rm -rf out/wheel
	./scripts/wheel out/wheel

# The tests of python/, if this Python has what they need. Set PYTHON for another one. If PyTorch is there, results are
# compared with its own. GPUCONV_REQUIRE_PYTHON lists what must be there: see .ci/run.
PYTHON ?= python3
python: build library
	@if $(PYTHON) -c 'import sys, numpy, pytest, hypothesis; assert sys.version_info >= (3, 10)' 2>/dev/null; then \
		cd python && GPUCONV_LIBRARY=../bin/libgpuconv.so GPUCONV_PROGRAM=../bin/gpuconv PYTHONPATH=. \
		$(PYTHON) -B -m pytest -q -rs -p no:cacheprovider tests; \
	else echo 'python: skipped: want Python 3.10 or newer with numpy, pytest and hypothesis: apt-get install python3-numpy' \
		'python3-pytest python3-hypothesis'; test "$${GPUCONV_REQUIRE_PYTHON#*pytest}" = "$$GPUCONV_REQUIRE_PYTHON"; fi

setup: ## install what building and testing need
	@./scripts/setup

demo: setup ## set up, build and run the main job; its pictures are in out/
	$(compile)
	rm -rf out
	bin/gpuconv run --orientations -90:90:0.045 --backend gpu --output out
	@echo "Look at out/gratings.png, out/filters.png and out/activations.png; out/run.json says how they were made."

# One seed for the random problems of all test runs, so that one run compiles the shaders that another needs. A failure
# prints it.
ifndef RAPID_SEED
test thorough: export RAPID_SEED := $(shell date +%s)
endif
# All parts but race compile in the way that a shared library needs. So scripts/library finds everything compiled, in
# the tests of the C library and of Python. The race detector refuses -buildmode=pie.
flavour := -trimpath -buildmode=pie
goflags := $(call goenv,GOFLAGS)
test thorough: export GOFLAGS := $(strip $(goflags) $(flavour))
race: export GOFLAGS := $(goflags)
test: ## set up, then run every check and test of this platform
test: check full python

# What make test leaves out. CI runs it after make test.
thorough: ## after make test: other platforms, GLFW, the race detector, algorithms of hardware; CI runs both
thorough: builds glfw race hardware

formatted = unformatted=$$(gofmt -l $$(go list -f '{{.Dir}}' ./...)); test -z "$$unformatted" || { echo "gofmt: $$unformatted"; exit 1; }

# What make quick leaves to make test: what compiles many shaders, builds programs or measures time.
SLOW := TestConforms|Test(Direct|DirectSoft|DirectSmall|DirectShared|Depthwise|Igemm|Winograd|FFT|DFT|Lent)Conforms$\
	|Test(Finished)?Tilings|TestStrictGLSL$$|TestChunks|TestProgramsFromBinaries|TestProgramsInSharedFolder|TestLoopLimit|TestProgramsAreBounded$\
	|TestHeadless$$|TestHardware(Stops|Ends)?$$|TestRehearsal$$|TestPlainGoBuild|Interrupt|TestKilled|TestMemory$$|OnTerminal|TestStoppingCovers$\
	|TestScripts/(verifygpu|autotune|bench.*|gpu|info|convgpu|context|glfw)

quick: ## before each commit: formatting, vet and the fast tests, in less than a minute once compiled
	@./scripts/setup check
	@$(formatted)
	CGO_ENABLED=1 go vet -tags $(TAGS) ./...
	CGO_ENABLED=1 go test -tags $(TAGS) -vet=off -short -skip '$(SLOW)' ./...

# What the code must satisfy before it is run.
check: setup
	@$(formatted)
	CGO_ENABLED=1 go vet -tags $(TAGS) ./...
	CGO_ENABLED=1 go tool staticcheck -tags $(TAGS) ./...

# Where there is no OpenGL the program still builds and its tests pass: without cgo, without OpenGL, on other platforms.
# There the tests of a GPU cannot be required. For two other systems and another processor, the program is only built.
# Without optimising, that takes three quarters of the time. TestPlatforms is for Linux on ARM.
unoptimised := -gcflags='all=-N -l'
builds: setup
	CGO_ENABLED=0 go vet ./...
	CGO_ENABLED=0 GPUCONV_REQUIRE_GPU= go test -vet=off -short ./cmd/... ./gpu/...
	CGO_ENABLED=1 go build -tags nogl -o /dev/null ./cmd/gpuconv
	CGO_ENABLED=1 go build -tags nogl -o /dev/null ./capi
	CGO_ENABLED=0 GOOS=darwin GOARCH=arm64 go build $(unoptimised) -o /dev/null ./cmd/gpuconv
	CGO_ENABLED=0 GOOS=windows go build $(unoptimised) -o /dev/null ./cmd/gpuconv

# GLFW's contexts, which need the tag glfw and a display: Xvfb is one without a screen.
glfw: setup
	@./scripts/setup glfw
	CGO_ENABLED=1 go vet -tags '$(TAGS) glfw' ./gpu ./gpu/internal/glfw
	CGO_ENABLED=1 go tool staticcheck -tags '$(TAGS) glfw' ./gpu ./gpu/internal/glfw
	CGO_ENABLED=1 xvfb-run -a -s '-screen 0 640x480x24' go test -tags '$(TAGS) glfw' -vet=off -timeout 10m \
		-run 'GLFW|TestScripts/^glfw$$|TestScripts/^context$$' ./gpu ./gpu/internal/glfw ./cmd/gpuconv

# The packages that take longest come first, so that the last one does not leave a core idle.
longest := ./gpu ./cmd/gpuconv ./cpu ./experiment

# The packages that start goroutines, lock or use unsafe. Only these are tested under the race detector.
CONCURRENT := $(longest) ./autotune ./batch ./bench ./capi/... ./compare ./conv/convtest ./cpu/... ./dataset $\
	./experiment/... ./figure ./gpu/internal/egl ./gpu/internal/programs ./gpu/internal/recipe ./gpu/probe ./guest $\
	./internal/input ./internal/parallel ./machine ./npy ./stimuli ./tuning ./verify ./whole

# The race detector makes loops about ten times slower, and each start of gpuconv six times. It sees nothing of shaders
# or of other programs. So this half has a shorter suite, and leaves the tests that call unraced to full and
# hardware, which together run all. The files with the tag race are seen by no other run; go vet sees them here.
race: setup
	CGO_ENABLED=1 go test -tags $(TAGS) -race -short -vet=off -timeout 30m $(CONCURRENT)
	CGO_ENABLED=1 go vet -tags $(TAGS) -race ./cmd/gpuconv ./cpu ./gpu

full: setup
	CGO_ENABLED=1 go test -tags $(TAGS) -vet=off -timeout 30m -skip '$(HARDWARE)' $(longest) ./...

# Tests of package gpu that take algorithms, tiles and mutants that are for hardware to a software renderer. They
# compile a program for nearly each case.
HARDWARE := Test(Direct|DirectSmall|DirectShared|Depthwise|Igemm|Winograd|FFT)Conforms|TestTrials$$|TestHardwareTiles$\
	|TestHostMutants|TestShaderMutants

# Mutants are compiled for a single use: Mesa's nopt leaves out optimisations that cost more time than they save.
hardware: setup ## after a change of a shader: the algorithms and tiles of hardware, and every third mutant
	CGO_ENABLED=1 go test -tags $(TAGS) -vet=off -timeout 30m -run '$(HARDWARE)' -skip TestShaderMutants ./gpu
	CGO_ENABLED=1 GALLIVM_PERF=nopt go test -tags $(TAGS) -vet=off -timeout 20m -run TestShaderMutants ./gpu

# With empty caches of shaders, all mutants take longer than all other tests.
mutants: setup ## after a change of a shader: break the shaders in a thousand places, one at a time
	CGO_ENABLED=1 GALLIVM_PERF=nopt GPUCONV_MUTANTS=all go test -tags $(TAGS) -timeout 60m -v -run Mutants ./gpu

kills: setup ## after a change of how files are written: kill each command that writes, twenty times, at random moments
	CGO_ENABLED=1 GPUCONV_KILLS=20 go test -tags $(TAGS) -timeout 20m -v -run 'TestKilled|TestResumeKilled' ./cmd/gpuconv

test-slurm: setup ## an array of 8 on a Slurm of its own, on this machine: killed, drained, preempted, merged; needs root
	$(compile)
	./scripts/slurm bin/gpuconv

# Drivers of Debian's suites, fetched into the cache and not installed: docs/drivers.md. NAMES picks some of a table.
drivers: setup ## prove newer software renderers with gpuconv verify --quick: llvmpipe, zink on lavapipe, softpipe
	@./scripts/drivers verify $(NAMES)

shim: setup ## compile and dispatch every stage with drivers of GPUs that are not here: AMD's, NVIDIA's
	@./scripts/drivers shim $(NAMES)

rehearse: setup ## rehearse bench/hardware with drivers of GPUs that are not here, some 5 minutes for each
	@./scripts/drivers rehearse $(NAMES)

isa: setup ## compare what these drivers' compilers make of every stage with shaders/budgets.txt
	@./scripts/drivers isa $(NAMES)

repin:
	@./scripts/suites repin

# A target for longer: FUZZ=FuzzRead FUZZTIME=1h make fuzz.
FUZZTIME ?= 30s
fuzz: ## run each fuzz target for FUZZTIME (30s); what fails stays in testdata/fuzz
	@CGO_ENABLED=1 ./scripts/fuzz $(FUZZTIME)

bench: setup ## run the benchmarks, with the whole program's
	CGO_ENABLED=1 go test -tags $(TAGS) -run '^$$' -bench . ./...

# The environment is some 6 GB, and stays in a cache folder. PEERS has more flags of peers.py, such as --cases resnet50.
environment = $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/gpuconv-peers
peers: build ## time PyTorch, ONNX Runtime, OpenVINO and others beside gpuconv; installs 6 GB into a cache folder
	./bench/peers/install '$(environment)'
	mkdir -p out/peers
	'$(environment)/bin/python' bench/peers/peers.py --suite seed,layers --rounds 5 --json out/peers/report.json \
		--html out/peers/report.html --markdown out/peers/table.md $(PEERS)

man: ## write the man pages into bin/man
	mkdir -p bin/man
	CGO_ENABLED=0 go run -tags man ./cmd/gpuconv man --date "$$(git log -1 --format=%cs)" bin/man

dist: setup ## build archives, Debian packages and SBOMs for four platforms into out/dist
	rm -rf out/dist
	./scripts/dist out/dist

clean: ## remove what was built and what demo wrote
	rm -rf bin out
