package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
)

// revision is the git hash of the source. The Makefile sets it with -ldflags -X. If it is empty, gpuconv takes what go
// build recorded.
var revision string

// programReport says which gpuconv wrote a report.
type programReport struct {
	// the git hash of the source, with "-dirty" after it if files were changed; a module's version; or "unknown"
	Git      string `json:"git"`
	Go       string `json:"go"`       // version of the compiler
	Platform string `json:"platform"` // linux/amd64
}

// describeProgram says which gpuconv this is.
func describeProgram() programReport {
	return programReport{Git: sourceRevision(), Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
}

// String is what gpuconv version prints.
func (p programReport) String() string {
	return fmt.Sprintf("gpuconv %s, %s, %s", p.Git, p.Go, p.Platform)
}

// sourceRevision returns the revision that this program was built from.
func sourceRevision() string {
	if revision != "" {
		return revision
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	return recorded(info)
}

// recorded is the revision that go build found in the checkout, or the version of a downloaded module. In a linked
// worktree of git, without git, or with -buildvcs=false, Go records neither.
func recorded(info *debug.BuildInfo) string {
	hash, changed := "", ""
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			hash = s.Value
		case s.Key == "vcs.modified" && s.Value == "true":
			changed = "-dirty"
		}
	}
	switch {
	case hash != "":
		return hash + changed
	case info.Main.Version != "" && info.Main.Version != "(devel)":
		return info.Main.Version
	}
	return "unknown"
}
