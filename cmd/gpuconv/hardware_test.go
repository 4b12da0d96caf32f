package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// stub replaces gpuconv: it fills the folder that run writes, and refuses a folder that is not empty.
const stub = `#!/bin/sh
[ "$1" = run ] || exit 0
while [ "$1" != --output ]; do shift; done
[ -e "$2/run.json" ] && echo "gpuconv: --output: want a new or empty folder" >&2 && exit 2
mkdir -p "$2" && : >"$2/run.json" && echo 'device    stub'
`

// TestHardware runs bench/hardware twice into the same folder, from another one: paths are relative to the caller's
// folder, and what an earlier run left is replaced.
func TestHardware(t *testing.T) {
	unixOnly(t)
	script, err := filepath.Abs(filepath.Join("..", "..", "bench", "hardware"))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "stub"), []byte(stub), 0o777); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		cmd := exec.Command(script, "found", "./stub")
		cmd.Dir = dir
		out, err := cmd.CombinedOutput()
		if err != nil || !strings.Contains(string(out), "device    stub") || !strings.Contains(string(out), "sweep") {
			t.Fatalf("%v: %s", err, out)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "found", "steps.txt")); err != nil {
		t.Error(err)
	}
}
