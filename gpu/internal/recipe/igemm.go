package recipe

import (
	"fmt"

	"gpuconv/conv"
)

// IgemmTile is the part of the product that a work-group of igemm.comp computes: Rows × LanesK filters by Columns ×
// LanesQ positions, Depth taps at a time.
type IgemmTile struct {
	LanesK, LanesQ int // invocations, along filters and along positions
	Rows, Columns  int // filters and positions of an invocation, all in registers
	Depth          int // taps that are in shared memory at a time
}

func (t IgemmTile) lanes() int     { return t.LanesK * t.LanesQ }
func (t IgemmTile) filters() int   { return t.LanesK * t.Rows }
func (t IgemmTile) positions() int { return t.LanesQ * t.Columns }

// held is how many rows of weights an invocation holds in registers at a time: all, or half of them with 8×8 sums,
// which leave fewer registers.
func (t IgemmTile) held() int {
	if t.Rows*t.Columns >= 64 {
		return t.Rows / 2
	}
	return t.Rows
}

func (t IgemmTile) String() string {
	return fmt.Sprintf("%d×%d filters × %d×%d positions, %d deep", t.LanesK, t.Rows, t.LanesQ, t.Columns, t.Depth)
}

// sharedBytes is how many bytes of shared memory two tiles of weights and two of pixels take.
func (t IgemmTile) sharedBytes() int { return 4 * 2 * t.Depth * (t.filters() + t.positions()) }

// igemmTiles are the tiles for a class of devices, those with the most multiplications per load first. None was timed,
// as no hardware was at hand. In each tile an invocation copies whole vec4s. Its Rows are a multiple of 2, so that it
// has both filters of a pair for energy. Its Columns are a multiple of 4, so that it has all sums of a 2×2 window for a
// pool. TestIgemmTiles checks this.
func igemmTiles(device Profile) []IgemmTile {
	switch {
	case device.Class == Software:
		// Small, since registers are spilled at each barrier. Only tests use the shader there.
		return []IgemmTile{{8, 4, 2, 4, 8}}
	case device.Class == NVIDIA:
		// 64 sums, 16 weights of four taps and what is being copied: NAK takes 120 registers for them, and 16 warps run
		// at once on a multiprocessor. With all 8 rows of weights at a time it took 136, and 12 ran.
		return []IgemmTile{
			{16, 16, 8, 8, 8}, // 128×128: 16 KiB; 32 FLOP per byte loaded
			{8, 16, 8, 8, 8},  // 64×128: for up to 64 filters, which fill half of the first tile
			{8, 16, 4, 8, 16}, // 32×128: depth 16, so that each invocation copies a vec4 of weights
			{8, 8, 4, 8, 8},   // 32×64: for few positions: it makes more work-groups
		}
	}
	// Other devices may have only 128 registers for an invocation, or only 16 KiB of shared memory for two work-groups.
	// On AMD, invocations of 8×8 sums took 152 registers, so that three waves run on a scheduler of Navi 21 and one on
	// Vega 10. Those of 8×4 sums take 96 and 112 registers: five waves and two run.
	return []IgemmTile{
		{8, 16, 8, 4, 8}, // 64×64: 8 KiB; 16 FLOP per byte loaded
		{8, 8, 4, 8, 8},  // 32×64
	}
}

// chooseIgemmTile returns the tile that is requested. Otherwise it returns the first that the filters of a group fill
// more than half and whose work-groups keep the device busy, or else the last.
func chooseIgemmTile(device Profile, groups, filters, positions int) IgemmTile {
	if requested, ok := device.Tiling.(IgemmTile); ok {
		return requested
	}
	tiles := igemmTiles(device)
	for _, t := range tiles {
		workGroups := groups * ceilDiv(filters, t.filters()) * ceilDiv(positions, t.positions())
		if 2*filters > t.filters() && workGroups >= device.Busy {
			return t
		}
	}
	return tiles[len(tiles)-1]
}

// igemmTilings are all tiles for a device.
func igemmTilings(_ conv.Problem, device Profile) (all []Tiling) {
	for _, t := range igemmTiles(device) {
		all = append(all, t)
	}
	return all
}

// igemmConstants are the constants of igemm.comp.
type igemmConstants struct {
	tile        IgemmTile
	paddingMode conv.PaddingMode // or allInside
	tail        bool             // the number of taps is not a multiple of the tile's depth
	bias        bool
	finish
}

func (igemmConstants) Includes() []string { return []string{"pixel.glsl"} }

func (c igemmConstants) Defines() []Define {
	t := c.tile
	pixels, weights := t.Depth/4*t.positions()/t.lanes(), t.Depth/4*t.filters()/t.lanes()
	return append([]Define{
		{"LANES_K", fmt.Sprint(t.LanesK)},
		{"LANES_Q", fmt.Sprint(t.LanesQ)},
		{"LANES", fmt.Sprint(t.lanes())},
		{"ROWS", fmt.Sprint(t.Rows)},
		{"COLUMNS", fmt.Sprint(t.Columns)},
		{"HELD", fmt.Sprint(t.held())},
		{"DEPTH", fmt.Sprint(t.Depth)},
		{"PIXELS", fmt.Sprint(pixels)},
		{"WEIGHTS", fmt.Sprint(weights)},
		sourceMode(c.paddingMode), sourceBinding(BindSrc),
		{"TAIL", bit(c.tail)},
		{"BIAS", bit(c.bias)},
		{"EACH_PIXELS(M)", each(pixels)},
		{"EACH_WEIGHTS(M)", each(weights)},
		{"EACH_ROW(M)", each(t.Rows)},
		{"EACH_COLUMN(M)", each(t.Columns)},
		{"EACH_SUM(M)", each(t.Rows * t.Columns)},
		{"EACH_FOUR(M)", each(t.Depth / 4)},
		{"EACH_PLANE(M)", each(t.Rows / c.filtersPerPlane())},
		{"EACH_OUTPUT(M)", each(t.Columns / c.perOutput())},
	}, c.finish.defines()...)
}

// outputs is how many outputs of a plane a work-group computes.
func (c igemmConstants) outputs() int { return c.tile.positions() / c.perOutput() }

// igemm is a convolution as igemm.comp computes it.
type igemm struct {
	device           Profile
	src, dst         conv.Shape // of the whole batch; dst is what the tile writes, sums or the problem's outputs
	groups           int
	channels         int    // of a group
	filters          int    // of a group
	kernel           [2]int // rows, columns
	stride, dilation [2]int
	padding          conv.Padding
	bias, rectify    bool
	constants        igemmConstants
}

// newIgemm fits igemm to a valid problem, without checking the device's limits.
func newIgemm(p conv.Problem, device Profile) (igemm, error) {
	if _, err := p.Sums(); err != nil {
		return igemm{}, err
	}
	f := finishOf(p, device)
	g := igemm{device: device, src: p.Src, dst: f.outputs(p),
		groups: p.Groups, channels: p.Weight[1], filters: p.Weight[0] / p.Groups,
		kernel: [2]int{p.Weight[2], p.Weight[3]}, stride: p.Stride, dilation: p.Dilation, padding: p.Padding,
		bias: p.Bias, rectify: p.Activation == conv.ReLU}
	mode := p.PaddingMode
	if p.Padding == (conv.Padding{}) {
		mode = allInside
	}
	return g.withConstants(mode, f), nil
}

// withConstants returns g with its constants, which include the tile.
func (g igemm) withConstants(mode conv.PaddingMode, f finish) igemm {
	g.constants = igemmConstants{paddingMode: mode, bias: g.bias, finish: f,
		tile: chooseIgemmTile(g.device, g.groups, g.filters, g.dst.N()*g.dst.H()*g.dst.W()*f.perOutput())}
	g.constants.tail = g.taps()%g.constants.tile.Depth != 0
	return g
}

func (g igemm) taps() int     { return g.channels * g.kernel[0] * g.kernel[1] }
func (g igemm) tapTiles() int { return ceilDiv(g.taps(), g.constants.tile.Depth) }
func (g igemm) blocks() int   { return ceilDiv(g.filters, g.constants.tile.filters()) }

// plane is how many outputs a plane of an image has.
func (g igemm) plane() int { return g.dst.H() * g.dst.W() }

// fitIgemm refuses only what exceeds the device's limits.
func fitIgemm(p conv.Problem, device Profile) (igemm, error) {
	if err := acceptsImages(p, device); err != nil {
		return igemm{}, err
	}
	g, err := newIgemm(p, device)
	if err != nil {
		return igemm{}, err
	}
	return g, g.accept()
}

// accept returns an error if the device cannot hold or dispatch g.
func (g igemm) accept() error {
	t := g.constants.tile
	if err := g.device.shared(t.sharedBytes()); err != nil {
		return err
	}
	if err := g.device.invocations(t.lanes()); err != nil {
		return err
	}
	if n := g.groups * g.blocks(); n > g.device.WorkGroups[2] {
		return fmt.Errorf("%d groups × %d blocks of filters, the device dispatches %d along z",
			g.groups, g.blocks(), g.device.WorkGroups[2])
	}
	packed, err := conv.Product(4, g.groups*g.blocks(), t.filters(), t.Depth, g.tapTiles())
	if err != nil || packed > g.device.Block() {
		return fmt.Errorf("%d filters of %d taps packed, the device's buffers hold %d bytes",
			g.groups*g.filters, g.taps(), g.device.Block())
	}
	if most := g.device.units(g.constants.outputs()); g.plane() > most {
		return fmt.Errorf("outputs of %d×%d, the device dispatches %d at once", g.dst.H(), g.dst.W(), most)
	}
	if g.device.outerIterations(1, g.tapTiles()+1) < 1 {
		return fmt.Errorf("%d taps in tiles of %d, the device ends loops after %d iterations",
			g.taps(), t.Depth, g.device.LoopIterations)
	}
	return nil
}

// igemm is worth it from igemmWorthFilters filters and igemmWorthTaps taps per group on. Fewer filters leave at least
// half of its smallest block idle. With fewer taps, copying to shared memory gains nothing over the caches. Derived,
// not timed.
const (
	igemmWorthFilters = 17
	igemmWorthTaps    = 32
)

func (g igemm) worth() error {
	switch {
	case g.filters < igemmWorthFilters:
		return fmt.Errorf("%d filters in a group leave its blocks half idle: want %d", g.filters, igemmWorthFilters)
	case g.taps() < igemmWorthTaps:
		return fmt.Errorf("%d taps do not repay copying to shared memory: want %d", g.taps(), igemmWorthTaps)
	}
	return nil
}

func (g igemm) recipe() Recipe {
	packedBias := 0
	if g.bias {
		packedBias = g.groups * g.blocks() * g.constants.tile.filters()
	}
	return Recipe{
		Stages: []Stage{{
			Program:   g.program(),
			Passes:    func(images int) []Pass { return g.passes(images * g.plane()) },
			MaxImages: g.device.units(g.constants.outputs()) / g.plane(),
			Lanes:     g.constants.tile.lanes(),
			MACs:      g.macs(),
		}},
		Pack: func(weight, bias []float32) ([]float32, []float32) {
			return g.packWeight(weight), g.packBias(bias)
		},
		PackedFloats: g.packedWeight() + packedBias,
		Finishes:     g.constants.finishes(),
		Tiling:       g.constants.tile,
	}
}

// macs is how many multiply-adds an invocation makes.
func (g igemm) macs() int {
	t := g.constants.tile
	return t.Rows * t.Columns * t.Depth * g.tapTiles()
}

// program is igemm.comp with g's constants.
func (g igemm) program() Key { return Key{Shader: "igemm", Constants: g.constants} }

// passes returns the dispatch of g for this many outputs of a plane, counted over all images.
func (g igemm) passes(outputs int) []Pass {
	x, y := fold(ceilDiv(outputs, g.constants.outputs()), g.device.WorkGroups)
	return []Pass{{Uniforms: g.uniforms(outputs), Groups: [3]int{x, y, g.groups * g.blocks()}}}
}

func (g igemm) uniforms(outputs int) []Uniform {
	t := g.constants.tile
	skip := 4 * (t.lanes()/t.positions() - 1) // taps between two vec4 that an invocation copies, see SKIP in igemm.comp
	kernel := g.kernel[0] * g.kernel[1]
	return []Uniform{
		{"srcH", g.src.H()}, {"srcW", g.src.W()}, {"allChannels", g.src.C()}, {"channels", g.channels},
		{"dstH", g.dst.H()}, {"dstW", g.dst.W()}, {"allPlanes", g.dst.C()}, {"planes", g.dst.C() / g.groups},
		{"kernelH", g.kernel[0]}, {"kernelW", g.kernel[1]},
		{"strideH", g.stride[0]}, {"strideW", g.stride[1]}, {"dilationH", g.dilation[0]}, {"dilationW", g.dilation[1]},
		{"padTop", g.padding.Top}, {"padLeft", g.padding.Left},
		{"outputs", outputs}, {"blocks", g.blocks()}, {"taps", g.taps()}, {"tiles", g.tapTiles()},
		{"skipC", skip / kernel}, {"skipU", skip % kernel / g.kernel[1]}, {"skipV", skip % g.kernel[1]},
		{"rectify", number(g.rectify)},
	}
}

// packedWeight is how many floats packWeight returns.
func (g igemm) packedWeight() int {
	t := g.constants.tile
	return g.groups * g.blocks() * t.filters() * t.Depth * g.tapTiles()
}

// packWeight lays weights out as [group][block][taps / 4][filter][4 taps], with zeros for filters and taps that do not
// exist.
func (g igemm) packWeight(weight []float32) []float32 {
	packed := make([]float32, g.packedWeight())
	taps, block := g.taps(), g.constants.tile.filters()
	padded := g.tapTiles() * g.constants.tile.Depth
	g.eachFilter(func(k, slot int) {
		first := slot / block * block * padded
		for tap := range taps {
			packed[first+(tap/4*block+slot%block)*4+tap%4] = weight[k*taps+tap]
		}
	})
	return packed
}

// packBias lays biases out as [group][block][filter]. It returns nil if there are none.
func (g igemm) packBias(bias []float32) []float32 {
	if bias == nil {
		return nil
	}
	packed := make([]float32, g.groups*g.blocks()*g.constants.tile.filters())
	g.eachFilter(func(k, slot int) { packed[slot] = bias[k] })
	return packed
}

// eachFilter calls f with each filter and its slot. Slots are numbered through all blocks, which have the same size
// even if the last of a group is not full.
func (g igemm) eachFilter(f func(k, slot int)) {
	block := g.constants.tile.filters()
	for k := range g.groups * g.filters {
		group, inGroup := k/g.filters, k%g.filters
		f(k, (group*g.blocks()+inGroup/block)*block+g.constants.place(inGroup%block))
	}
}

// place returns the slot of filter k of a block. If an output is made of two filters, they are neighbouring rows of one
// invocation.
func (c igemmConstants) place(k int) int {
	perPlane := c.filtersPerPlane()
	plane := k / perPlane
	row := plane/c.tile.LanesK*perPlane + k%perPlane
	return row*c.tile.LanesK + plane%c.tile.LanesK
}
