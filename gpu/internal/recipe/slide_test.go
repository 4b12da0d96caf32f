package recipe

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"gpuconv/conv"
	"gpuconv/gpu/internal/problems"
)

// TestSlideRefuses: refusals name each limit that direct_small, depthwise and direct_shared have in addition to the
// general ones.
func TestSlideRefuses(t *testing.T) {
	grouped := conv.Problem{Src: conv.Shape{1, 4, 48, 64}, Weight: conv.Shape{12, 1, 7, 7}}
	grouped.Groups = 4
	grouped.Spec = grouped.WithDefaults()
	wide := problems.Seed(1)
	wide.Src, wide.Stride = conv.Shape{1, 1, 300, 300}, [2]int{2, 20}
	many := conv.Problem{Src: conv.Shape{1, 1, 8, 8}, Weight: conv.Shape{24, 1, 7, 7}}
	many.Spec = many.WithDefaults()
	dense := grouped
	dense.Groups, dense.Weight[1] = 1, 4
	for name, c := range map[string]struct {
		algorithm string
		p         conv.Problem
		change    func(d *Profile)
		want      string
	}{
		"uniform block":      {"direct_small", problems.Seed(1), func(d *Profile) { d.UniformBlock = 1000 }, "1792 bytes of weights per pass, the device's uniform blocks hold 1000"},
		"packed":             {"direct_small", grouped, func(d *Profile) { d.UniformAlignment, d.UniformBlock = 1<<20, 1<<20; d.StorageBlock = 1 << 21 }, "weight [12 1 7 7] packed, the device's buffers hold 2097152 bytes"},
		"written out":        {"direct_small", problems.Seed(1), func(d *Profile) { d.Class, d.Unrolled = Software, 2 }, "one tap of 3 filters is more than 2 multiplications"},
		"loop iterations":    {"direct_small", dense, func(d *Profile) { d.Class, d.LoopIterations = Software, 20 }, "the device ends loops after 20 iterations"},
		"columns":            {"direct_small", problems.Seed(1), func(d *Profile) { d.WorkGroups = [3]int{4, 4, 4}; d.Class = Software }, "sums of 48×64 are 1536 columns"},
		"dense":              {"depthwise", dense, func(d *Profile) {}, "4 input channels per group, want 1"},
		"tiles of filters":   {"depthwise", problems.Seed(1), func(d *Profile) { d.WorkGroups[2] = 2 }, "3 tiles of filters in a group, the device dispatches 2 along z"},
		"depthwise, written": {"depthwise", grouped, func(d *Profile) { d.Class, d.Unrolled = Software, 1 }, "one tap of 2 filters is more than 1 multiplications"},
		"depthwise, loops":   {"depthwise", grouped, func(d *Profile) { d.Class, d.Unrolled, d.LoopIterations = Software, 2, 20 }, "a kernel of 49 parts, the device ends loops after 20 iterations"},
		"depthwise, columns": {"depthwise", grouped, func(d *Profile) { d.WorkGroups = [3]int{6, 6, 6}; d.Class = Software }, "sums of [1 12 42 58] are"},
		"shared memory":      {"direct_shared", wide, func(d *Profile) { d.SharedMemory = 1000 }, "bytes of shared memory per work-group, the device has 1000"},
		"invocations":        {"direct_shared", problems.Seed(1), func(d *Profile) { d.WorkGroupInvocations = 63 }, "64 invocations per work-group, the device has 63"},
		"invocations, y":     {"direct_shared", problems.Seed(1), func(d *Profile) { d.WorkGroupSize[1] = 3 }, "4 invocations along y per work-group, the device has 3"},
		"shared, tiles":      {"direct_shared", problems.Seed(1), func(d *Profile) { d.WorkGroups = [3]int{2, 2, 9} }, "sums of 48×64"},
		"shared, filters":    {"direct_shared", grouped, func(d *Profile) { d.WorkGroups[2] = 3 }, "4 groups × 1 tiles of filters, the device dispatches 3 along z"},
		"shared, packed":     {"direct_shared", many, func(d *Profile) { d.Class, d.StorageBlock = Software, 6000 }, "weight [24 1 7 7] packed, the device's buffers hold 6000 bytes"},
		"shared, loops":      {"direct_shared", dense, func(d *Profile) { d.LoopIterations = 30 }, "the device ends loops after 30"},
	} {
		t.Run(name, func(t *testing.T) {
			d := roomy()
			if _, _, err := choose(c.p, d, c.algorithm); err != nil && name != "dense" {
				t.Fatalf("refused within roomy limits: %v", err)
			}
			c.change(&d)
			if err := refusesWhole(c.p, d, c.algorithm); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v: want %q", err, c.want)
			}
		})
	}
}

// TestSlideWorth: on hardware few channels have algorithms of their own.
func TestSlideWorth(t *testing.T) {
	separable := conv.Problem{Src: conv.Shape{8, 128, 56, 56}, Weight: conv.Shape{128, 1, 3, 3}}
	separable.Groups = 128
	deep := conv.Problem{Src: conv.Shape{8, 64, 56, 56}, Weight: conv.Shape{64, 64, 3, 3}}
	first := conv.Problem{Src: conv.Shape{8, 3, 224, 224}, Weight: conv.Shape{64, 3, 7, 7}}
	first.Stride = [2]int{2, 2}
	large := problems.Seed(8)
	large.Weight = conv.Shape{64, 1, 31, 31}
	large.Padding = conv.Pad(15, 15)
	strided := large
	strided.Stride = [2]int{2, 2}
	multiplied := conv.Problem{Src: conv.Shape{8, 3, 48, 64}, Weight: conv.Shape{24, 1, 7, 7}}
	multiplied.Groups = 3
	twice := multiplied
	twice.Weight[0] = 6
	wide := func(filters int) conv.Problem {
		return conv.Problem{Src: conv.Shape{8, 1, 48, 64}, Weight: conv.Shape{filters, 1, 5, 5}}
	}
	for name, c := range map[string]struct {
		p    conv.Problem
		want string
	}{
		"many filters a group":  {multiplied, "direct_small"},
		"two filters a group":   {twice, "depthwise"},
		"64 dispatches":         {wide(512), "direct_small"},
		"65 dispatches of 16":   {wide(1040), "direct"}, // NVIDIA's tiles have 16 filters
		"seed":                  {problems.Seed(4096), "direct_small"},
		"first layer of ResNet": {first, "direct_small"},
		"depthwise":             {separable, "depthwise"},
		"large kernel":          {large, "fft"},
		"large kernel, strided": {strided, "direct_shared"},
	} {
		for _, class := range []Class{Other, NVIDIA, AMD, Intel} {
			d := roomy()
			d.Class, d.Precision = class, conv.Fast
			c.p.Spec = c.p.WithDefaults()
			if a, _, err := choose(c.p, d, ""); a.name != c.want || err != nil {
				t.Errorf("%s: %q, %v; want %q", name, a.name, err, c.want)
			}
		}
	}
	deep.Spec = deep.WithDefaults()
	for _, a := range algorithms() {
		if !slices.Contains([]string{"direct_small", "depthwise", "direct_shared"}, a.name) {
			continue
		}
		if _, _, err := a.take(deep, roomy(), "", ""); err == nil {
			t.Errorf("64 channels are worth it for %s", a.name)
		}
	}
}

// TestSlideCost: cost counts what the schedule has, parts cover the kernel, and no bound is passed.
func TestSlideCost(t *testing.T) {
	for _, class := range []Class{Software, NVIDIA, AMD, Intel, Other} {
		d := roomy()
		d.Class = class
		bounds := slideBoundsOf(d)
		for k := 1; k <= 31; k++ {
			p := conv.Problem{Src: conv.Shape{4096, 1, 48, 64}, Weight: conv.Shape{6, 1, k, 7}}
			p.Stride, p.Dilation = [2]int{1 + k%3, 1}, [2]int{1 + k%2, 1}
			p.Padding = conv.Pad(31, 3)
			p.Spec = p.WithDefaults()
			sums, err := p.Sums()
			if err != nil {
				t.Fatal(err)
			}
			s, err := chooseSlideTile(p, bounds, finish{}, sums, min(6, bounds.filters))
			if err != nil {
				t.Fatal(err)
			}
			schedule := s.schedule(s.tapsW)
			got, want := strings.Count(schedule, "ADD("), s.rows*s.filters*s.taps()
			if got != want || got > bounds.macs {
				t.Errorf("K=%d: %+v: %d multiplications, want %d and at most %d", k, s, got, want, bounds.macs)
			}
			if got, want := strings.Count(schedule, "LOAD("), len(s.window())*s.tapsW; got != want {
				t.Errorf("K=%d: %+v: %d loads, want %d", k, s, got, want)
			}
			if down, across := s.parts(p); down*s.tapsH != k || across*s.tapsW != 7 || s.rows*s.filters > bounds.sums {
				t.Errorf("K=%d: %+v: %d×%d parts", k, s, down, across)
			}
		}
	}
}

// TestSlideFinishes: a tile that makes energy and pools has whole pairs and rows of windows, and what windows exchange
// fits into shared memory. What it cannot make is left to pool.comp, not refused.
func TestSlideFinishes(t *testing.T) {
	windows := conv.Pool{Kind: conv.MaxPool, Size: [2]int{2, 2}, Stride: [2]int{2, 2}}
	exact := func(rows, filters int) func(d *Profile) {
		return func(d *Profile) { d.Tiling = SlideCut{rows, filters} }
	}
	software := func(d *Profile) { d.Class = Software }
	for name, c := range map[string]struct {
		algorithm  string
		activation conv.Activation
		pool       conv.Pool
		change     func(d *Profile)
		finishes   bool
		shared     int // bytes that are declared
	}{
		"small, energy":             {"direct_small", conv.Energy, conv.Pool{}, nil, true, 0},
		"small, pool":               {"direct_small", conv.Identity, windows, nil, true, 32 * 2 * 8 * 4},
		"small, software":           {"direct_small", conv.Energy, windows, software, true, 32 * 2 * 4},
		"small, shared memory":      {"direct_small", conv.Identity, windows, func(d *Profile) { d.SharedMemory = 32*2*8*4 - 1 }, false, 0},
		"small, just enough":        {"direct_small", conv.Identity, windows, func(d *Profile) { d.SharedMemory = 32 * 2 * 8 * 4 }, true, 32 * 2 * 8 * 4},
		"small, energy, no memory":  {"direct_small", conv.Energy, conv.Pool{}, func(d *Profile) { d.SharedMemory = 0 }, true, 0},
		"small, odd rows":           {"direct_small", conv.Identity, windows, exact(1, 8), false, 0},
		"small, odd rows, energy":   {"direct_small", conv.Energy, conv.Pool{}, exact(1, 8), true, 0},
		"small, odd lanes":          {"direct_small", conv.Identity, windows, func(d *Profile) { d.WorkGroupSize[0] = 63 }, false, 0},
		"small, odd lanes, energy":  {"direct_small", conv.Energy, conv.Pool{}, func(d *Profile) { d.WorkGroupSize[0] = 63 }, true, 0},
		"small, one row only":       {"direct_small", conv.Identity, windows, func(d *Profile) { software(d); d.Unrolled = 3 }, false, 0},
		"small, apart":              {"direct_small", conv.Energy, windows, func(d *Profile) { d.Apart = true }, false, 0},
		"depthwise, both":           {"depthwise", conv.Energy, windows, nil, true, 32 * 2 * 4},
		"depthwise, shared memory":  {"depthwise", conv.Identity, windows, func(d *Profile) { d.SharedMemory = 32*2*2*4 - 1 }, false, 0},
		"depthwise, half a pair":    {"depthwise", conv.Energy, conv.Pool{}, exact(2, 1), false, 0},
		"depthwise, odd rows":       {"depthwise", conv.ReLU, windows, exact(1, 2), false, 0},
		"shared, pixels take more":  {"direct_shared", conv.Energy, windows, nil, true, 14 * 22 * 4},
		"shared, windows take more": {"direct_shared", conv.Identity, windows, exact(4, 8), true, 32 * 4 * 8 * 4},
		"shared, too many windows":  {"direct_shared", conv.Identity, windows, func(d *Profile) { exact(4, 8)(d); d.SharedMemory = 32*4*8*4 - 1 }, false, 22 * 22 * 4},
		"shared, fewer rows":        {"direct_shared", conv.Identity, windows, func(d *Profile) { d.SharedMemory = 32 * 2 * 8 * 4 }, true, 32 * 2 * 8 * 4},
		"shared, one row only":      {"direct_shared", conv.Identity, windows, func(d *Profile) { d.SharedMemory = 12 * 22 * 4 }, false, 10 * 22 * 4},
	} {
		p := conv.Problem{Src: conv.Shape{1, 2, 64, 64}, Weight: conv.Shape{32, 1, 7, 7}}
		p.Groups, p.Activation, p.Pool = 2, c.activation, c.pool
		p.Spec = p.WithDefaults()
		d := roomy()
		if c.change != nil {
			c.change(&d)
		}
		b, err := Draw(p, d, c.algorithm)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if b.Recipe.Finishes != c.finishes || b.PoolsApart() == c.finishes {
			t.Errorf("%s: finishes %v, pools apart %v; want %v", name, b.Recipe.Finishes, b.PoolsApart(), c.finishes)
		}
		declared := fmt.Sprintf("#define SHARED %d\n", c.shared/4)
		if !strings.Contains(b.Description.Sources[0], declared) || c.shared > d.SharedMemory {
			t.Errorf("%s: %v: not %q, of %d bytes", name, b.Recipe.Tiling, declared, d.SharedMemory)
		}
	}
}

// TestSlideRests: kernels of prime widths are not cut to parts of one tap: the last part across has what is left. Each
// tap has a place of its own, in the order in which the parts are computed.
func TestSlideRests(t *testing.T) {
	for class, d := range everyClass() {
		for _, k := range []int{7, 11, 13, 31} {
			p := conv.Problem{Src: conv.Shape{512, 2, 64, 64}, Weight: conv.Shape{16, 2, k, k}}
			p.Spec = p.WithDefaults()
			f, err := fitShared(p, d)
			if err != nil {
				t.Fatal(err)
			}
			s := f.constants.slide
			down, across := s.parts(p)
			if s.tapsW < 2 || across*s.tapsW+s.restW != k || down*s.tapsH != k || s.filters*s.taps() > sharedHeld(d) {
				t.Errorf("%s, K=%d: %d×%d parts of %d×%d taps and %d", class, k, down, across, s.tapsH, s.tapsW,
					s.restW)
			}
			want := 0
			for channel := range 2 {
				for i := range down {
					for first := 0; first < k; first += s.tapsW {
						columns := min(s.tapsW, k-first)
						for u := range s.tapsH {
							for v := range columns {
								if got := s.place(p, (channel*k+i*s.tapsH+u)*k+first+v); got != want {
									t.Fatalf("%s, K=%d: tap %d, %d of channel %d is at %d, want %d",
										class, k, i*s.tapsH+u, first+v, channel, got, want)
								}
								want++
							}
						}
					}
				}
			}
			if got, want := strings.Count(s.schedule(s.restW), "ADD("), s.rows*s.filters*s.tapsH*s.restW; got != want {
				t.Errorf("%s, K=%d: %d multiplications of the rest, want %d", class, k, got, want)
			}
		}
	}
}

// TestSmallScalars: where weights take scalar registers, a part has no more weights in use at once than there are
// registers. Devices whose weights take none have longer columns, and whole kernels.
func TestSmallScalars(t *testing.T) {
	for _, c := range []struct {
		class             Class
		p                 conv.Problem
		rows, tapsH, most int
	}{
		{NVIDIA, problems.Seed(4096), 8, 7, 0},
		{NVIDIA, problems.Layer(64, 3, 64, 7, 224), 4, 7, 208 - 4*16},
		{NVIDIA, problems.Layer(64, 3, 8, 7, 224), 6, 7, 104 - 6*8},
		{AMD, problems.Seed(4096), 8, 7, 104},
		{AMD, problems.Layer(64, 3, 64, 7, 224), 6, 7, 104},
		{Intel, problems.Seed(4096), 2, 7, 128},
	} {
		d := roomy()
		d.Class = c.class
		s, err := fitSmall(c.p, d)
		if err != nil || s.worth() != nil {
			t.Fatal(err, s.worth())
		}
		cut := s.constants.slide
		if held := cut.filters * cut.alive(); c.most > 0 && held > c.most || c.most == 0 && cut.tapsW != 7 {
			t.Errorf("%v, %v: %d weights at once of %d×%d taps in %d rows, want at most %d",
				c.class, c.p.Weight, held, cut.tapsH, cut.tapsW, cut.rows, c.most)
		}
		if cut.tapsH != c.tapsH || cut.rows < c.rows {
			t.Errorf("%v, %v: %d rows of %d×%d taps, want %d of %d", c.class, c.p.Weight, cut.rows, cut.tapsH,
				cut.tapsW, c.rows, c.tapsH)
		}
	}
}

// TestAlive counts the weights of a part that a schedule has met and will meet again.
func TestAlive(t *testing.T) {
	for _, s := range []slide{
		{rows: 1, tapsH: 7, tapsW: 7}, {rows: 2, tapsH: 7, tapsW: 7}, {rows: 4, tapsH: 7, tapsW: 7},
		{rows: 8, tapsH: 7, tapsW: 1}, {rows: 3, tapsH: 5, tapsW: 2, strideH: 2}, {rows: 3, tapsH: 3, tapsW: 2, dilationH: 2},
	} {
		s.filters, s.strideH, s.dilationH = 1, max(1, s.strideH), max(1, s.dilationH)
		met := map[string][2]int{} // the first and the last row of pixels that meets a row of taps
		for _, r := range s.window() {
			s.eachMeeting(r, func(_, u int) {
				key := fmt.Sprint(u)
				if _, ok := met[key]; !ok {
					met[key] = [2]int{r, r}
				}
				met[key] = [2]int{met[key][0], r}
			})
		}
		want := 0
		for _, r := range s.window() {
			at := 0
			for _, span := range met {
				if span[0] <= r && r <= span[1] {
					at += s.tapsW
				}
			}
			want = max(want, at)
		}
		if got := s.alive(); got != want {
			t.Errorf("%+v: %d weights at once, want %d", s, got, want)
		}
	}
}
