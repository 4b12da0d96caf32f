package recipe

import (
	"strings"
	"testing"

	"gpuconv/conv"
	"gpuconv/gpu/internal/problems"
)

// nvidia is hardware of NVIDIA with 48 KiB of shared memory.
func nvidia() Profile {
	d := roomy()
	d.Class, d.Busy, d.SharedMemory = NVIDIA, 264, 48<<10
	return d
}

// TestIgemmTiles: every invocation of a tile copies whole vec4 of weights and of pixels, the latter of one position. It
// has pairs of filters and windows of 2×2 sums. The tile fits the least that OpenGL 4.3 promises.
func TestIgemmTiles(t *testing.T) {
	for name, d := range everyClass() {
		for _, tile := range igemmTiles(d) {
			fours := tile.Depth / 4
			if tile.Depth%4 != 0 || fours*tile.filters()%tile.lanes() != 0 || fours*tile.positions()%tile.lanes() != 0 {
				t.Errorf("%s %v: %d invocations do not copy whole vec4", name, tile, tile.lanes())
			}
			if tile.lanes()%tile.positions() != 0 {
				t.Errorf("%s %v: %d invocations copy parts of %d positions", name, tile, tile.lanes(), tile.positions())
			}
			if tile.Rows%2 != 0 || tile.Columns%4 != 0 {
				t.Errorf("%s %v: %d rows and %d columns, an invocation has parts of outputs",
					name, tile, tile.Rows, tile.Columns)
			}
			if tile.sharedBytes() > 32<<10 || tile.lanes() > 1024 {
				t.Errorf("%s %v: %d bytes, %d invocations", name, tile, tile.sharedBytes(), tile.lanes())
			}
		}
	}
}

// TestChooseIgemmTile: the filters of a group fill more than half of a tile, and few positions take a small one.
func TestChooseIgemmTile(t *testing.T) {
	for _, c := range []struct{ filters, positions, want int }{
		{256, 1 << 20, 128}, {65, 1 << 20, 128}, {64, 1 << 20, 64}, {33, 1 << 20, 64}, {32, 1 << 20, 32},
		{6, 1 << 20, 32}, {256, 196, 32}} {
		if got := chooseIgemmTile(nvidia(), 1, c.filters, c.positions).filters(); got != c.want {
			t.Errorf("%d filters, %d positions: a tile of %d filters, want %d", c.filters, c.positions, got, c.want)
		}
	}
}

// TestHardwareLimits: refusals name limits that are smaller than any real ones.
func TestHardwareLimits(t *testing.T) {
	p := problems.Layer(2, 64, 64, 3, 14)
	long := problems.Layer(1, 512, 64, 3, 14)
	for _, c := range []struct {
		algorithm string
		p         conv.Problem
		change    func(d *Profile)
		want      string
	}{
		{"igemm", p, func(d *Profile) { d.SharedMemory = 6143 }, "6144 bytes of shared memory per work-group, the device has 6143"},
		{"igemm", p, func(d *Profile) { d.WorkGroupInvocations = 63 }, "64 invocations per work-group, the device has 63"},
		{"igemm", p, func(d *Profile) { d.WorkGroupSize[0] = 63 }, "64 invocations per work-group, the device has 63"},
		{"igemm", p, func(d *Profile) { d.WorkGroups[2] = 1 }, "1 groups × 2 blocks of filters, the device dispatches 1 along z"},
		{"igemm", p, func(d *Profile) { d.StorageBlock = 64*64*9*4 - 1 }, "64 filters of 576 taps packed, the device's buffers hold 147455 bytes"},
		{"igemm", p, func(d *Profile) { d.StorageBlock = 64*14*14*4 - 1 }, "an image of [1 64 14 14], the device's buffers hold 50175 bytes"},
		{"igemm", p, func(d *Profile) { d.WorkGroups = [3]int{3, 1, 9} }, "outputs of 14×14, the device dispatches 192 at once"},
		{"igemm", p, func(d *Profile) { d.LoopIterations = 75 }, "576 taps in tiles of 8, the device ends loops after 75 iterations"},
		{"winograd", p, func(d *Profile) { d.SharedMemory = 6143 }, "6144 bytes of shared memory per work-group, the device has 6143"},
		{"winograd", p, func(d *Profile) { d.WorkGroupInvocations = 63 }, "64 invocations per work-group, the device has 63"},
		{"winograd", p, func(d *Profile) { d.WorkGroups[2] = 71 }, "36 groups × 2 blocks of filters, the device dispatches 71 along z"},
		{"winograd", problems.Layer(2, 64, 64, 3, 56), func(d *Profile) { d.StorageBlock = 36*64*14*14*4 - 1 }, "1806336 bytes of pixels for an image, the device's buffers hold 1806335"},
		{"winograd", p, func(d *Profile) { d.StorageBlock = (36+9)*64*64*4 - 1 }, "737280 bytes of weights, the device's buffers hold 737279"},
		{"winograd", p, func(d *Profile) { d.WorkGroups = [3]int{3, 4, 99} }, "1024 tiles of an image, the device dispatches 768 at once"},
		{"winograd", long, func(d *Profile) { d.LoopIterations = SoftwareLoopLimit }, "512 channels, computing what is not finite tap by tap: the device ends loops after 65535 iterations"},
		{"winograd", problems.Layer(2, 64, 64, 5, 14), func(*Profile) {}, "a kernel of 5×5: want 3×3"},
	} {
		d := nvidia()
		if _, _, err := choose(c.p, d, c.algorithm); err != nil && c.p.Weight[2] == 3 {
			t.Errorf("%s: refused within roomy limits: %v", c.algorithm, err)
		}
		c.change(&d)
		if err := refusesWhole(c.p, d, c.algorithm); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.algorithm, err, c.want)
		}
	}
}

// TestPackWeight: each weight is where the shader reads it, and all else is 0.
func TestPackWeight(t *testing.T) {
	p := problems.Layer(1, 3, 40, 3, 5)
	g, err := newIgemm(p, nvidia()) // 32 filters a block, 27 taps in tiles of 8
	if err != nil {
		t.Fatal(err)
	}
	weight := make([]float32, 40*27)
	for i := range weight {
		weight[i] = float32(i + 1)
	}
	packed, found := g.packWeight(weight), 0
	for at, v := range packed {
		block, four, filter, tap := at/(32*32), at%(32*32)/(32*4), at/4%32, at%4
		k, t0 := block*32+filter, four*4+tap
		want := float32(0)
		if k < 40 && t0 < 27 {
			want = float32(k*27 + t0 + 1)
			found++
		}
		if v != want {
			t.Fatalf("element %d is %v, want %v", at, v, want)
		}
	}
	if len(packed) != 2*32*32 || found != len(weight) {
		t.Errorf("%d elements, %d weights among them", len(packed), found)
	}
}

// TestIgemmPlace: the filters of a block are in their order. If an output is made of two, each pair is in neighbouring
// rows of an invocation.
func TestIgemmPlace(t *testing.T) {
	c := igemmConstants{tile: IgemmTile{8, 4, 4, 4, 8}}
	pairs := c
	pairs.energy = true
	for k, want := range map[int]int{0: 0, 1: 8, 2: 1, 3: 9, 15: 15, 16: 16, 17: 24, 18: 17, 31: 31} {
		if got, plain := pairs.place(k), c.place(k); got != want || plain != k {
			t.Errorf("filter %d is at %d, in pairs at %d, want %d", k, plain, got, want)
		}
	}
}
