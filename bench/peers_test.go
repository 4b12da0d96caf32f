package bench_test

import (
	"os"
	"os/exec"
	"testing"
)

// TestPeers runs the tests of the scripts that time other libraries. Those that need NumPy are skipped without it.
func TestPeers(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err != nil && os.Getenv("GPUCONV_REQUIRE_GPU") == "1" {
		t.Fatal(err, "which scripts/setup installs")
	}
	if err != nil {
		t.Skip("no python3")
	}
	cmd := exec.Command(python, "test_peers.py")
	cmd.Dir = "peers"
	cmd.Env = append(os.Environ(), "PYTHONDONTWRITEBYTECODE=1")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v:\n%s", err, out)
	}
}
