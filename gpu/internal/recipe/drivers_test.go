package recipe

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"gpuconv/conv"
	"gpuconv/gpu/internal/isa"
	"gpuconv/gpu/internal/problems"
)

// driverLimits are the limits that drivers of hardware report in make shim. They include blocks of 4 GiB, 2³¹ − 2
// work-groups along x, 48 and 64 KiB of shared memory, and at most 64 invocations along z.
var driverLimits = map[string]struct {
	class  Class
	limits Limits
}{
	"radeonsi, navi21": {AMD, Limits{StorageBlock: 1<<32 - 1, UniformBlock: 1<<32 - 4, UniformAlignment: 4,
		TextureBuffer: 1<<28 - 1, SharedMemory: 64 << 10, WorkGroups: [3]int{math.MaxInt32 - 1, 65535, 65535},
		WorkGroupSize: [3]int{1024, 1024, 1024}, WorkGroupInvocations: 1024}},
	"nvc0, NV134": {NVIDIA, Limits{StorageBlock: 1 << 27, UniformBlock: 64 << 10, UniformAlignment: 256,
		TextureBuffer: 1 << 27, SharedMemory: 48 << 10, WorkGroups: [3]int{math.MaxInt32 - 1, 65535, 65535},
		WorkGroupSize: [3]int{1024, 1024, 64}, WorkGroupInvocations: 1024}},
	"zink on NVK": {NVIDIA, Limits{StorageBlock: 3 << 30, UniformBlock: 64 << 10, UniformAlignment: 64,
		TextureBuffer: 1 << 27, SharedMemory: 48 << 10, WorkGroups: [3]int{math.MaxInt32 - 1, 65535, 65535},
		WorkGroupSize: [3]int{1024, 1024, 64}, WorkGroupInvocations: 1024}},
}

// TestLimitsOfDrivers: whatever a driver allows, a chunk of a batch without end stays within its buffers and the bytes
// that int32 counts, and dispatches within its work-groups and the numbers that int32 counts.
func TestLimitsOfDrivers(t *testing.T) {
	for name, c := range driverLimits {
		device := NewProfile(c.class, c.limits, true, false)
		passes := 0
		for _, p := range problems.Staged() {
			p.Src[0] = 1 << 30
			for _, algorithm := range AlgorithmNames() {
				b, err := Draw(p.Problem, device, algorithm)
				if errors.Is(err, conv.ErrUnsupported) {
					continue
				}
				if err != nil {
					t.Fatal(err)
				}
				bytes := b.Description.Chunk * b.Recipe.largest(b.Piece)
				if bytes > min(device.StorageBlock, math.MaxInt32) {
					t.Errorf("%s, %s, %s: a buffer of %d bytes", name, p.Name, algorithm, bytes)
				}
				stages := b.Stages()
				if b.NoGratings == nil {
					stages = append(slices.Clip(stages), b.Gratings)
				}
				for _, s := range stages {
					if size := workGroup(t, s); !holds(size, device.Limits) {
						t.Errorf("%s, %s, %s: work-groups of %v", name, p.Name, s.Program.Shader, size)
					}
					for _, work := range s.Passes(b.Description.Chunk) {
						passes++
						if !within(work, device.Limits) {
							t.Errorf("%s, %s, %s: %+v", name, p.Name, s.Program.Shader, work)
						}
					}
				}
			}
		}
		if passes < 100 {
			t.Errorf("%s: %d passes", name, passes)
		}
	}
}

// TestFiguresOfDrivers: each kept figure of a driver's compiler is of the tile that its device gets today. Otherwise
// gpuconv info --roof leaves the figure out, and make isa has to write it anew.
func TestFiguresOfDrivers(t *testing.T) {
	for chip, name := range map[string]string{"navi21": "radeonsi, navi21", "ampere": "zink on NVK"} {
		device := NewProfile(driverLimits[name].class, driverLimits[name].limits, true, false)
		_, counted, err := isa.Counted(chip)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range counted {
			parts := strings.Split(s.Name, "/")
			if slices.Contains([]string{"gratings", "measure", "roof"}, parts[2]) {
				continue // of no algorithm
			}
			i := slices.IndexFunc(problems.Staged(), func(p problems.Named) bool { return p.Name == parts[0] })
			if i < 0 {
				t.Errorf("%s: %s, there is no such problem", chip, s.Name)
				continue
			}
			b, err := Draw(problems.Staged()[i].Problem, device, parts[1])
			if err != nil || b.Description.Tile != s.Tile {
				t.Errorf("%s: %s has %s, the device takes %s (%v)", chip, s.Name, s.Tile, b.Description.Tile, err)
			}
		}
	}
}

// holds reports whether a device runs work-groups of this size.
func holds(size [3]int, limits Limits) bool {
	for i, n := range size {
		if n > limits.WorkGroupSize[i] {
			return false
		}
	}
	return size[0]*size[1]*size[2] <= limits.WorkGroupInvocations
}

// within reports whether a pass has work-groups, no more than the limits, and uniforms and weights that int32 and a
// uniform block hold.
func within(work Pass, limits Limits) bool {
	for i, n := range work.Groups {
		if n < 1 || n > limits.WorkGroups[i] {
			return false
		}
	}
	for _, u := range work.Uniforms {
		if u.Value > math.MaxInt32 || u.Value < math.MinInt32 {
			return false
		}
	}
	return work.Groups[0]*work.Groups[1] <= math.MaxInt32 && work.WeightBytes <= limits.UniformBlock
}

// TestLargestOfDrivers: an image larger than bufferCap is cut, even if a driver allows larger buffers. A dispatch has
// at most indexCap units, even if the work-groups along two axes could have more.
func TestLargestOfDrivers(t *testing.T) {
	p := conv.Problem{Src: conv.Shape{3, 2, 15000, 15000}, Weight: conv.Shape{1, 2, 3, 3}} // 1.8 GB each
	for name, c := range driverLimits {
		device := NewProfile(c.class, c.limits, true, false)
		for _, algorithm := range AlgorithmNames() {
			b, err := Draw(p, device, algorithm)
			if err != nil {
				continue // it refuses the problem
			}
			if bytes := b.Recipe.largest(b.Piece); bytes > bufferCap || !b.Bands.Cut() {
				t.Errorf("%s, %s: a buffer of %d bytes", name, algorithm, bytes)
			}
		}
		limits := c.limits
		limits.WorkGroups[1] = limits.WorkGroups[0]
		if got := limits.units(64); got != indexCap {
			t.Errorf("%s: a dispatch takes %d units, want %d", name, got, indexCap)
		}
	}
}

// TestSharedOfDrivers: with 64 KiB of shared memory a tile of pixels between 48 and 64 KiB is taken, and with 48 KiB
// one of fewer rows.
func TestSharedOfDrivers(t *testing.T) {
	p := conv.Problem{Src: conv.Shape{512, 1, 400, 400}, Weight: conv.Shape{8, 1, 71, 71}}
	p.Stride = [2]int{2, 2}
	p.Spec = p.WithDefaults()
	var bytes [2]int
	for i, shared := range []int{48 << 10, 64 << 10} {
		limits := driverLimits["radeonsi, navi21"].limits
		limits.SharedMemory = shared
		d, err := fitShared(p, NewProfile(AMD, limits, true, false))
		if err != nil {
			t.Fatal(err)
		}
		if bytes[i] = 4 * d.constants.shared(); bytes[i] > shared {
			t.Errorf("%d bytes of %d", bytes[i], shared)
		}
	}
	if bytes[1] <= 48<<10 || bytes[0] >= bytes[1] {
		t.Errorf("%v bytes: want the second between 48 and 64 KiB", bytes)
	}
}
