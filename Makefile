# make demo   sets up, builds bin/gpuconv and runs the main job; pictures are in out/
# make test   sets up and runs every check and test
# make build  sets up and builds bin/gpuconv
# make mutants  breaks every shader in nine hundred places, one at a time
# make bench  the benchmarks, with the whole program's

TAGS     := egl
REVISION := $(shell git describe --always --dirty --abbrev=40 2>/dev/null || echo unknown)
LDFLAGS  := -X main.revision=$(REVISION)

.PHONY: build demo test check builds glfw mutants bench setup clean

build: setup
	CGO_ENABLED=1 go build -tags $(TAGS) -ldflags '$(LDFLAGS)' -o bin/gpuconv ./cmd/gpuconv

setup:
	@./scripts/setup

demo: build
	rm -rf out
	bin/gpuconv run --orientations -90:90:0.045 --backend gpu --check 16 --output out
	@echo "Look at out/gratings.png, out/filters.png and out/activations.png; out/run.json says how they were made."

# Under the race detector the suite is a shorter one: it slows the float64 judge many times, and sees nothing of shaders.
test: check builds glfw
	CGO_ENABLED=1 go test -tags $(TAGS) -race -short -timeout 15m ./...
	CGO_ENABLED=1 go test -tags $(TAGS) -timeout 20m ./...

# What the code must satisfy before it is run.
check: setup
	@unformatted=$$(gofmt -l $$(go list -f '{{.Dir}}' ./...)); test -z "$$unformatted" || { echo "gofmt: $$unformatted"; exit 1; }
	CGO_ENABLED=1 go vet -tags $(TAGS) ./...
	CGO_ENABLED=1 go tool staticcheck -tags $(TAGS) ./...

# Where there is no OpenGL the program still builds and its tests pass: without cgo, without OpenGL, on other platforms.
# There the tests of a GPU cannot be required.
builds: setup
	CGO_ENABLED=0 go vet ./...
	CGO_ENABLED=0 GPUCONV_REQUIRE_GPU= go test ./cmd/... ./gpu/...
	CGO_ENABLED=1 go build -tags nogl -o /dev/null ./cmd/gpuconv
	CGO_ENABLED=0 GOARCH=arm64 go build -o /dev/null ./cmd/gpuconv
	CGO_ENABLED=0 GOOS=windows go build -o /dev/null ./cmd/gpuconv
	CGO_ENABLED=0 GOOS=darwin go build -o /dev/null ./cmd/gpuconv

# GLFW's contexts, which need the tag glfw and a display: Xvfb is one without a screen.
glfw: check
	@./scripts/setup glfw
	CGO_ENABLED=1 go vet -tags '$(TAGS) glfw' ./gpu/... ./cmd/...
	CGO_ENABLED=1 go tool staticcheck -tags '$(TAGS) glfw' ./gpu/... ./cmd/...
	CGO_ENABLED=1 xvfb-run -a -s '-screen 0 640x480x24' go test -tags '$(TAGS) glfw' -timeout 10m \
		-run 'GLFW|TestScripts/^glfw$$|TestScripts/^context$$' ./gpu/... ./cmd/gpuconv

# All mutants of shaders, of which make test takes every third: with empty caches of shaders they take longer than the rest of it.
mutants: setup
	CGO_ENABLED=1 GPUCONV_MUTANTS=all go test -tags $(TAGS) -timeout 60m -v -run Mutants ./gpu

bench: setup
	CGO_ENABLED=1 go test -tags $(TAGS) -run '^$$' -bench . ./...

clean:
	rm -rf bin out
