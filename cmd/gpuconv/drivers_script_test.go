package main

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestDriversScript: scripts/drivers refuses names that its tables lack. If it skipped them, CI would believe that the
// mirror lacks their packages.
func TestDriversScript(t *testing.T) {
	unraced(t)
	unixOnly(t)
	script, err := filepath.Abs("../../scripts/drivers")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ mode, name string }{{"shim", "navi"}, {"rehearse", "zink-26"}, {"verify", "navi21"},
		{"program", "navi"}, {"isa", "navi"}, {"budgets", "pascal"}} { // Pascal's compiler prints no figures
		out, err := exec.Command(script, c.mode, c.name).CombinedOutput()
		failed, _ := err.(*exec.ExitError)
		if failed == nil || failed.ExitCode() != 2 ||
			!strings.HasPrefix(string(out), "drivers: no driver "+c.name+",") {
			t.Errorf("%s %s: %v, %s", c.mode, c.name, err, out)
		}
	}
}
