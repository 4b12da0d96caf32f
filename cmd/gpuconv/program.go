package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
)

// revision is the git hash of the source, set by the Makefile with -ldflags -X.
// Without it, what go build recorded is used.
var revision string

// describeProgram says which gpuconv this is.
func describeProgram() programReport {
	return programReport{Git: gitHash(), Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
}

// String is what gpuconv --version prints.
func (p programReport) String() string {
	return fmt.Sprintf("gpuconv %s, %s, %s", p.Git, p.Go, p.Platform)
}

// gitHash returns the revision that this program was built from.
func gitHash() string {
	if revision != "" {
		return revision
	}
	hash, changed := "unknown", ""
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			switch {
			case s.Key == "vcs.revision":
				hash = s.Value
			case s.Key == "vcs.modified" && s.Value == "true":
				changed = "-dirty"
			}
		}
	}
	return hash + changed
}
