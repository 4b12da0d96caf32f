package recipe

import (
	"strings"
	"testing"

	"gpuconv/conv"
	"gpuconv/gpu/internal/problems"
)

// TestPoolFits: the work-groups of pool.comp are no larger and no more than the device's limits.
func TestPoolFits(t *testing.T) {
	p := problems.Seed(3)
	p.Pool = conv.Pool{Kind: conv.MaxPool, Size: [2]int{3, 3}, Stride: [2]int{3, 3}}
	d := roomy()
	d.WorkGroupSize[0] = 32
	if got := poolStage(p, d).Program.Constants.(poolConstants).localSize; got != 32 {
		t.Errorf("work-groups of %d, the device has 32 along x", got)
	}
	d.WorkGroups = [3]int{47, 1, 1} // 32 each for 6·16·21 outputs would be 63
	if err := acceptsPool(p, d); err == nil || !strings.Contains(err.Error(), "the device dispatches 1504 at once") {
		t.Errorf("accepted: %v", err)
	}
}
