package machine

import (
	"strings"
	"testing"
)

func TestSize(t *testing.T) {
	sizes := map[float64]string{0: "0 B", 999: "999 B", 999.7: "1000 B", 1e3: "1 kB", 81.8e9: "81.8 GB",
		1e25: "10000000 EB"}
	for bytes, want := range sizes {
		if got := Size(bytes); got != want {
			t.Errorf("Size(%v) = %s, want %s", bytes, got, want)
		}
	}
}

func TestChecks(t *testing.T) {
	folder := t.TempDir() + "/new/folder"
	if err := CheckMemory("it", 1); err != nil {
		t.Error(err)
	}
	err := CheckMemory("it", 1e18)
	if err == nil || !strings.HasPrefix(err.Error(), "it would need 1 EB of memory, ") {
		t.Errorf("1 EB of memory: %v", err)
	}
	if err := CheckDisk("it", folder, 1); err != nil {
		t.Error(err)
	}
	err = CheckDisk("it", folder, 1e24)
	if err == nil || !strings.HasPrefix(err.Error(), "it would need 1000000 EB on disk, ") {
		t.Errorf("1e24 B on disk: %v", err)
	}
}

func TestProcessor(t *testing.T) {
	if Processor() == "" {
		t.Error("the processor has no name")
	}
}
