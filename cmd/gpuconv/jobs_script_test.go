package main

import (
	"errors"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestJobsOffline: if go cannot fetch a module that scripts/jobs lint needs, it says which, with exit code 3, which CI
// takes for left out. In this test go, Python and the checkers of schemas are scripts.
func TestJobsOffline(t *testing.T) {
	unixOnly(t)
	for module, broken := range map[string]string{"actionlint": "*actionlint*", "kubeconform": "*kubeconform*",
		"k8s.io/kubernetes": "*k8s.io*"} {
		r := newCIRoot(t)
		r.put("bin/go", "#!/bin/sh\ncase \"$*\" in "+broken+") echo '{\"Error\": \"no network\"}'; exit 1 ;; esac\n")
		r.put("cache/gpuconv-jobs/bin/python", "#!/bin/sh\n")
		r.put("cache/gpuconv-jobs/bin/check-jsonschema", "#!/bin/sh\n")
		for _, tool := range []string{"mktemp", "rm"} {
			path, err := exec.LookPath(tool)
			if err != nil {
				t.Skip(err)
			}
			r.put("bin/"+tool, "#!/bin/sh\nexec "+path+" \"$@\"\n")
		}
		cmd := exec.Command("../../scripts/jobs", "lint")
		cmd.Env = append(r.environment(), "XDG_CACHE_HOME="+filepath.Join(r.root, "cache"))
		out, err := cmd.CombinedOutput()
		var exit *exec.ExitError
		if want := "jobs: go cannot fetch " + module; !errors.As(err, &exit) || exit.ExitCode() != 3 ||
			!strings.Contains(string(out), want) {
			t.Errorf("%v, want exit code 3 and %q: %s", err, want, out)
		}
	}
}
