package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestStimulusLinks: a link that leads nowhere is reported as a file that cannot be opened, not as an unknown kind
// of stimulus.
func TestStimulusLinks(t *testing.T) {
	unraced(t)
	folder := t.TempDir()
	for name, to := range map[string]string{"loop": "loop", "gone": "none"} {
		if err := os.Symlink(to, filepath.Join(folder, name)); err != nil {
			t.Skipf("no links: %v", err)
		}
		code, _, stderr := inFolder(t, folder, "run", "--backend", "cpu", "--stimulus", name, "--output", "y")
		if line := errorLine(t, stderr); code == exitOK || !strings.HasPrefix(line, "gpuconv: --stimulus: "+name+": ") {
			t.Errorf("%s: exit code %d, %q", name, code, line)
		}
	}
}
