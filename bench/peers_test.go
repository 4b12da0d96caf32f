package bench_test

import (
	"cmp"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// TestPeers runs the tests of the scripts that time other libraries, in the Python that GPUCONV_PYTHON names. Those
// that need NumPy are skipped without it, or fail if GPUCONV_REQUIRE_PYTHON lists it. None needs the other libraries:
// CI does not have PyTorch, so that only make peers runs what calls it.
func TestPeers(t *testing.T) {
	python, err := exec.LookPath(cmp.Or(os.Getenv("GPUCONV_PYTHON"), "python3"))
	if err != nil && os.Getenv("GPUCONV_REQUIRE_GPU") == "1" {
		t.Fatal(err, "which scripts/setup installs")
	}
	if err != nil {
		t.Skip("no python3")
	}
	cmd := exec.Command(python, "test_peers.py")
	cmd.Dir = "peers"
	cmd.Env = append(os.Environ(), "PYTHONDONTWRITEBYTECODE=1")
	switch out, err := cmd.CombinedOutput(); {
	case err != nil:
		t.Errorf("%v:\n%s", err, out)
	case strings.Contains(string(out), "skipped="):
		t.Skip("Python has no NumPy: the tests of the judge are skipped")
	}
}
