package recipe

import (
	"testing"

	"gpuconv/conv"
	"gpuconv/gpu/internal/problems"
)

// TestChunkSizes: the chunks of a batch have one size, are as many as overlap, and begin where lent memory is aligned.
func TestChunkSizes(t *testing.T) {
	d := roomy()
	for _, c := range []struct {
		how     Transfers
		n, want int
	}{
		{Transfers{}, 100, 100}, {Transfers{}, 455, 455}, {Transfers{}, 456, 228}, {Transfers{}, 4096, 410}, {Transfers{}, 1, 1}, {Transfers{}, 0, 1},
		{softwareTransfers(true), 455, 455}, {softwareTransfers(true), 456, 240}, {softwareTransfers(true), 910, 448}, {softwareTransfers(true), 4096, 416},
		{hardwareTransfers(true), 40, 40}, {hardwareTransfers(true), 100, 50}, {hardwareTransfers(false), 400, 100}, {hardwareTransfers(true), 4096, 410},
	} {
		d.Transfers = c.how
		if got := chunk(problems.Seed(c.n), d, Recipe{}); got != c.want {
			t.Errorf("%+v: %d images in chunks of %d, want %d", c.how, c.n, got, c.want)
		}
	}
}

// TestChunk: each limit cuts batches, down to one image.
func TestChunk(t *testing.T) {
	const image = 6 * 48 * 64 * 4 // bytes of one image's output
	counts := func(images int) Stage { return Stage{MaxImages: images} }
	for name, c := range map[string]struct {
		n, block, stage int
		between         []Scratch
		want            int
	}{
		"small batch":     {5, 1 << 30, 1 << 20, nil, 5},
		"empty batch":     {0, 1 << 30, 1 << 20, nil, 1},
		"chunkBytes":      {100000, 1 << 30, 1 << 20, nil, chunkBytes / image},
		"storage block":   {100, 7*image + 1, 1 << 20, nil, 7},
		"dispatch":        {100, 1 << 30, 9, nil, 9},
		"one at a time":   {100, image, 1 << 20, nil, 1},
		"scratch":         {100, 20 * image, 1 << 20, []Scratch{{"small", image}, {"large", 5 * image}}, 4},
		"smallest of all": {100, 20 * image, 3, []Scratch{{"small", image}}, 3},
	} {
		d := roomy()
		d.StorageBlock = c.block
		got := chunk(problems.Seed(c.n), d, Recipe{Scratch: c.between}, counts(1<<20), counts(c.stage))
		if got != c.want {
			t.Errorf("%s: chunks of %d images, want %d", name, got, c.want)
		}
	}
}

// TestFinishedChunk: sums that a tile finishes are not stored, and limit no chunk.
func TestFinishedChunk(t *testing.T) {
	p := problems.Seed(100000)
	p.Activation = conv.Energy
	p.Pool = conv.Pool{Kind: conv.MaxPool, Size: [2]int{2, 2}, Stride: [2]int{2, 2}}
	const src, sums, dst = 4 * 48 * 64, 4 * 6 * 48 * 64, 4 * 3 * 24 * 32
	for _, c := range []struct {
		r              Recipe
		images, memory int
	}{
		{Recipe{Finishes: true}, chunkBytes / src, chunkBytes / src * (src + dst)},
		{Recipe{}, chunkBytes / sums, chunkBytes / sums * (src + sums + dst)},
	} {
		images := chunk(p, roomy(), c.r)
		if got := memory(p, roomy(), c.images, c.r); images > c.images || images < c.images*9/10 || got != c.memory {
			t.Errorf("finishes %v: chunks of %d images, want %d, in %d bytes, want %d",
				c.r.Finishes, images, c.images, got, c.memory)
		}
	}
}

// TestPlanMemory: a plan has src and dst once for each chunk on its way, twice that if they are mapped. It has weights
// once.
func TestPlanMemory(t *testing.T) {
	const image, sets = 4 * (48*64 + 6*48*64), 3
	for name, c := range map[string]struct {
		how  Transfers
		want int
	}{
		"copied": {Transfers{}, image}, "lent": {softwareTransfers(true), image},
		"hardware, copied": {hardwareTransfers(false), sets * image}, "hardware, mapped": {hardwareTransfers(true), 2 * sets * image},
	} {
		d := roomy()
		d.Transfers = c.how
		r := Recipe{PackedFloats: 300, Scratch: []Scratch{{"a", 70}, {"b", 8}}}
		if got, want := memory(problems.Seed(10), d, 10, r), 10*(c.want+78)+1200; got != want {
			t.Errorf("%s: %d bytes, want %d", name, got, want)
		}
	}
}

// TestChunkMACs: no submission keeps hardware busy for so long that its driver resets it.
func TestChunkMACs(t *testing.T) {
	for size, want := range map[int]int{1: 64, 5: 64, 15: 16, 31: 4, 131: 1} {
		p := conv.Problem{Src: conv.Shape{64, 256, 16, 16}, Weight: conv.Shape{512, 256, size, size}}
		p.Padding = conv.Pad(size/2, size/2)
		p.Spec = p.WithDefaults()
		d := roomy()
		if got := chunk(p, d, Recipe{}); got != want {
			t.Errorf("kernels of %d: %d images at once, want %d", size, got, want)
		}
		if d.Class = Software; chunk(p, d, Recipe{}) != 64 {
			t.Errorf("kernels of %d: software has no watchdog", size)
		}
	}
}
