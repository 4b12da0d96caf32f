package gpu

import (
	"errors"
	"strings"
	"testing"

	"gpuconv/conv"
)

// roomy are limits larger than any test needs.
func roomy() Limits {
	return Limits{StorageBlock: 1 << 40, UniformBlock: 1 << 16, UniformAlignment: 256, TextureBuffer: 1 << 27, SharedMemory: 1 << 15,
		WorkGroups: [3]int{65535, 65535, 65535}, WorkGroupSize: [3]int{1024, 1024, 64}, WorkGroupInvocations: 1024}
}

func seed(n int) conv.Problem {
	p := conv.Problem{Src: conv.Shape{n, 1, 48, 64}, Weight: conv.Shape{6, 1, 7, 7}}
	p.Padding = conv.Pad(3, 3)
	p.Spec = p.WithDefaults()
	return p
}

// TestLimitsRefuse: limits smaller than any real ones are named in the refusal,
// whichever is passed.
func TestLimitsRefuse(t *testing.T) {
	pooled := seed(1)
	pooled.Pool = conv.Pool{Kind: conv.MaxPool, Size: [2]int{40, 40}, Stride: [2]int{1, 1}}
	for name, c := range map[string]struct {
		p      conv.Problem
		change func(l *Limits)
		want   string
	}{
		"source buffer":   {seed(1), func(l *Limits) { l.StorageBlock = 48*64*4 - 4 }, "an image of [1 1 48 64], the device's buffers hold 12284 bytes"},
		"output buffer":   {seed(1), func(l *Limits) { l.StorageBlock = 48 * 64 * 4 }, "an image of [1 6 48 64], the device's buffers hold 12288 bytes"},
		"weight buffer":   {seed(1), func(l *Limits) { l.StorageBlock = 1000 }, "weight [6 1 7 7] packed"},
		"filter tiles":    {seed(1), func(l *Limits) { l.WorkGroups[2] = 0 }, "1 groups × 1 tiles of filters, the device dispatches 0 along z"},
		"work-groups":     {seed(1), func(l *Limits) { l.WorkGroups = [3]int{3, 3, 3} }, "sums of 48×64, the device dispatches 2304 at once"},
		"loop iterations": {seed(1), func(l *Limits) { l.LoopIterations = 9 }, "kernel width 7, the device ends loops after 9 iterations"},
		"pool iterations": {pooled, func(l *Limits) { l.LoopIterations = 1000 }, "the device ends loops after 1000 iterations"},
	} {
		t.Run(name, func(t *testing.T) {
			l := roomy()
			if _, _, err := choose(c.p, l, ""); err != nil {
				t.Fatalf("refused within roomy limits: %v", err)
			}
			c.change(&l)
			_, rejected, err := choose(c.p, l, "")
			if !errors.Is(err, conv.ErrUnsupported) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v: want %q", err, c.want)
			}
			if len(rejected) != len(algorithms()) {
				t.Errorf("%d reasons, want one for each of %v", len(rejected), AlgorithmNames())
			}
		})
	}
}

func TestChoose(t *testing.T) {
	software := roomy()
	software.Software = true
	for name, c := range map[string]struct {
		l      Limits
		forced string
		want   string
	}{
		"software":         {software, "", "direct_soft"},
		"hardware":         {roomy(), "", "direct_small"},
		"forced":           {software, "direct", "direct"},
		"forced, refusing": {roomy(), "direct_soft", ""},
		"unknown":          {roomy(), "fast", ""},
	} {
		a, _, err := choose(seed(100), c.l, c.forced)
		if a.name != c.want || (err == nil) != (c.want != "") {
			t.Errorf("%s: %q, %v; want %q", name, a.name, err, c.want)
		}
	}
	small := seed(1)
	small.Src[2], small.Src[3] = 24, 32
	if a, _, err := choose(small, software, "direct_soft"); a.name != "direct_soft" || err != nil {
		t.Errorf("forced, though not worth it: %q, %v", a.name, err)
	}
	if a, rejected, err := choose(small, software, ""); a.name != "direct" || err != nil || !strings.Contains(rejected[0].Reason.Error(), "do not repay compiling") {
		t.Errorf("not worth it: %q, %v, %v", a.name, rejected, err)
	}
	small.Weight[2], small.Weight[3] = 2, 3
	if a, _, err := choose(small, software, ""); a.name != "direct_soft" || err != nil {
		t.Errorf("few multiplications, compiled fast: %q, %v", a.name, err)
	}
	small.Src, small.Weight = conv.Shape{1, 1, 8, 11}, conv.Shape{4, 1, 4, 4}
	small.Padding = conv.Padding{}
	if a, _, err := choose(small, software, ""); a.name != "direct_soft" || err != nil {
		t.Errorf("512 multiplications written out: %q, %v", a.name, err)
	}
	_, _, err := choose(seed(1), roomy(), "fast")
	if err == nil || !strings.Contains(err.Error(), `algorithm "fast": want one of [direct_soft fft depthwise direct_small direct_shared winograd igemm direct]`) {
		t.Errorf("unknown algorithm: %v", err)
	}
}

// TestChunk: batches are cut to each limit, down to one image.
func TestChunk(t *testing.T) {
	const image = 6 * 48 * 64 * 4 // bytes of one image's output
	counts := func(images int) stage { return stage{maxImages: images} }
	for name, c := range map[string]struct {
		n, block, stage int
		between         []scratch
		want            int
	}{
		"small batch":     {5, 1 << 30, 1 << 20, nil, 5},
		"empty batch":     {0, 1 << 30, 1 << 20, nil, 1},
		"chunkBytes":      {100000, 1 << 30, 1 << 20, nil, chunkBytes / image},
		"storage block":   {100, 7*image + 1, 1 << 20, nil, 7},
		"dispatch":        {100, 1 << 30, 9, nil, 9},
		"one at a time":   {100, image, 1 << 20, nil, 1},
		"scratch":         {100, 20 * image, 1 << 20, []scratch{{"small", image}, {"large", 5 * image}}, 4},
		"smallest of all": {100, 20 * image, 3, []scratch{{"small", image}}, 3},
	} {
		l := roomy()
		l.StorageBlock = c.block
		if got := chunk(seed(c.n), l, recipe{scratch: c.between}, counts(1<<20), counts(c.stage)); got != c.want {
			t.Errorf("%s: chunks of %d images, want %d", name, got, c.want)
		}
	}
}

// TestFinishedChunk: sums that a tile finishes, and does not store, bound no chunk.
func TestFinishedChunk(t *testing.T) {
	p := seed(100000)
	p.Activation = conv.Energy
	p.Pool = conv.Pool{Kind: conv.MaxPool, Size: [2]int{2, 2}, Stride: [2]int{2, 2}}
	const src, sums, dst = 4 * 48 * 64, 4 * 6 * 48 * 64, 4 * 3 * 24 * 32
	for _, c := range []struct {
		r              recipe
		images, memory int
	}{
		{recipe{finishes: true}, chunkBytes / src, chunkBytes / src * (src + dst)},
		{recipe{}, chunkBytes / sums, chunkBytes / sums * (src + sums + dst)},
	} {
		images := chunk(p, roomy(), c.r)
		if got := memory(p, roomy(), c.images, c.r); images > c.images || images < c.images*9/10 || got != c.memory {
			t.Errorf("finishes %v: chunks of %d images, want %d, in %d bytes, want %d", c.r.finishes, images, c.images, got, c.memory)
		}
	}
}

// TestMemory: a plan holds src and dst as often as chunks overlap, twice where they are mapped, and weights once.
func TestMemory(t *testing.T) {
	const image, sets = 4 * (48*64 + 6*48*64), 3
	for name, c := range map[string]struct {
		how  transfers
		want int
	}{
		"copied": {transfers{}, image}, "lent": {softwareTransfers(true), image},
		"hardware, copied": {hardwareTransfers(false), sets * image}, "hardware, mapped": {hardwareTransfers(true), 2 * sets * image},
	} {
		l := roomy()
		l.transfers = c.how
		r := recipe{packedFloats: 300, scratch: []scratch{{"a", 70}, {"b", 8}}}
		if got, want := memory(seed(10), l, 10, r), 10*(c.want+78)+1200; got != want {
			t.Errorf("%s: %d bytes, want %d", name, got, want)
		}
	}
}

// TestChunkMACs: no submission keeps hardware busy so long that its driver takes it for hung.
func TestChunkMACs(t *testing.T) {
	for size, want := range map[int]int{1: 64, 5: 64, 15: 16, 31: 4, 131: 1} {
		p := conv.Problem{Src: conv.Shape{64, 256, 16, 16}, Weight: conv.Shape{512, 256, size, size}}
		p.Padding = conv.Pad(size/2, size/2)
		p.Spec = p.WithDefaults()
		l := roomy()
		if got := chunk(p, l, recipe{}); got != want {
			t.Errorf("kernels of %d: %d images at once, want %d", size, got, want)
		}
		if l.Software = true; chunk(p, l, recipe{}) != 64 {
			t.Errorf("kernels of %d: software has no watchdog", size)
		}
	}
}

// TestFold: every number of work-groups is dispatched, none past the limits, few
// too many.
func TestFold(t *testing.T) {
	limit := [3]int{7, 5, 1}
	for n := 1; n <= 35; n++ {
		x, y := fold(n, limit)
		if x > limit[0] || y > limit[1] || x*y < n || x*y >= n+y {
			t.Errorf("%d work-groups: %d×%d", n, x, y)
		}
	}
	if got := (Limits{WorkGroups: limit}).units(64); got != 35*64 {
		t.Errorf("units %d, want %d", got, 35*64)
	}
	if got := roomy().units(64); got != indexCap {
		t.Errorf("units %d, want the cap %d", got, indexCap)
	}
}

// TestPasses: the rows of taps are split without gap or overlap, and no pass
// takes more iterations than the limit.
func TestPasses(t *testing.T) {
	p := conv.Problem{Src: conv.Shape{1, 70, 31, 31}, Weight: conv.Shape{2, 70, 31, 31}}
	p.Spec = p.WithDefaults()
	for _, limit := range []int{0, 34, 67, 1000, 65535} {
		l := roomy()
		l.LoopIterations = limit
		next := 0
		for _, pass := range prepareDirect(p, l).stages[0].passes(1) {
			values := map[string]int{}
			for _, u := range pass.uniforms {
				values[u.name] = u.value
			}
			if values["firstTap"] != next {
				t.Fatalf("limit %d: a pass begins at %d, want %d", limit, values["firstTap"], next)
			}
			next = values["lastTap"]
			if rows := next - values["firstTap"]; limit > 0 && rows*(31+2)+1 > limit {
				t.Fatalf("limit %d: a pass of %d rows takes %d iterations", limit, rows, rows*(31+2)+1)
			}
		}
		if next != 70*31 {
			t.Errorf("limit %d: the passes end at row %d, want %d", limit, next, 70*31)
		}
	}
}

// TestSource: the compiler's line numbers are the file's, and the defines come
// before what uses them.
func TestSource(t *testing.T) {
	for _, key := range []programKey{
		{"direct", directConstants{localSize: 64, positions: 4, vectors: 2}},
		{"direct_soft", softConstants{filters: 2, channels: 1, tapsH: 3, kernelW: 3, rows: 2, segments: 1, stride: [2]int{1, 1}, dilation: [2]int{1, 1}}},
		{"direct_small", smallConstants{slide: slide{2, 3, 3, 3, 1, 1, finish{}}, lanes: 64, weights: 10}},
		{"depthwise", depthwiseConstants{slide: slide{2, 1, 3, 3, 1, 1, finish{}}, lanes: 64}},
		{"direct_shared", sharedConstants{slide: slide{2, 3, 3, 3, 1, 1, finish{}}, lanesW: 8, lanesH: 2, strideW: 1, dilation: 1, tileH: 6, phase: 10}},
		{"pool", poolConstants{localSize: 64}},
	} {
		source, err := key.source(nil)
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(source, "\n")
		if lines[0] != "#version 430 core" || !strings.HasPrefix(lines[1], "#define ") {
			t.Errorf("%s begins %q, %q", key.shader, lines[0], lines[1])
		}
		if !strings.Contains(source, "\n#line 2 0\n// "+key.shader+":") {
			t.Errorf("%s: line 2 of the file does not follow #line 2 0", key.shader)
		}
	}
	if _, err := (programKey{shader: "missing"}).source(nil); err == nil {
		t.Error("a shader that does not exist has a source")
	}
}

// TestChosen: what Chosen says is what the table does.
func TestChosen(t *testing.T) {
	problems := []conv.Problem{seed(512)}
	for _, p := range []conv.Problem{
		{Src: conv.Shape{64, 128, 56, 56}, Weight: conv.Shape{128, 128, 3, 3}},
		{Src: conv.Shape{64, 128, 56, 56}, Weight: conv.Shape{128, 1, 3, 3}, Spec: conv.Spec{Groups: 128}},
		{Src: conv.Shape{64, 64, 56, 56}, Weight: conv.Shape{256, 64, 1, 1}},
		{Src: conv.Shape{64, 1, 48, 64}, Weight: conv.Shape{6, 1, 31, 31}},
		{Src: conv.Shape{1, 1, 5, 5}, Weight: conv.Shape{1, 1, 1, 1}},
	} {
		p.Spec = p.WithDefaults()
		problems = append(problems, p)
	}
	for _, software := range []bool{false, true} {
		l := roomy()
		l.Software = software
		for _, p := range problems {
			if a, _, err := choose(p, l, ""); err != nil || !Chosen(a.name, software) {
				t.Errorf("software %v, %v by %v: %q, %v", software, p.Src, p.Weight, a.name, err)
			}
		}
	}
}

// TestPoolFits: pool.comp's work-groups are no larger than the device's, and as many as it dispatches.
func TestPoolFits(t *testing.T) {
	p := seed(3)
	p.Pool = conv.Pool{Kind: conv.MaxPool, Size: [2]int{3, 3}, Stride: [2]int{3, 3}}
	l := roomy()
	l.WorkGroupSize[0] = 32
	if got := preparePool(p, l).program.constants.(poolConstants).localSize; got != 32 {
		t.Errorf("work-groups of %d, the device has 32 along x", got)
	}
	l.WorkGroups = [3]int{47, 1, 1} // 32 each for 6·16·21 outputs would be 63
	if err := acceptsPool(p, l); err == nil || !strings.Contains(err.Error(), "the device dispatches 1504 at once") {
		t.Errorf("accepted: %v", err)
	}
}
