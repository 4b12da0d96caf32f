package recipe

import (
	"fmt"

	"gpuconv/conv"
)

// directConstants are the constants of direct.comp.
type directConstants struct {
	paddingMode conv.PaddingMode
	byRow       bool // see [Profile]
	localSize   int
	positions   int
	vectors     int
	finish
}

func (directConstants) Includes() []string { return []string{"pixel.glsl"} }

func (c directConstants) Defines() []Define {
	byRow := "0"
	if c.byRow {
		byRow = fmt.Sprint(rowPart)
	}
	return append([]Define{
		sourceMode(c.paddingMode), sourceBinding(BindSrc),
		{"BY_ROW", byRow},
		{"LOCAL_SIZE", fmt.Sprint(c.localSize)},
		{"POSITIONS", fmt.Sprint(c.positions)},
		{"VECTORS", fmt.Sprint(c.vectors)},
		{"EACH_POSITION(M)", each(c.positions)},
		{"EACH_VECTOR(M)", each(c.vectors)},
		{"EACH_SUM(M)", each(c.positions * c.vectors)},
		{"EACH_OUTPUT(M)", each(c.outputs() * c.vectors)},
		{"EACH_PLANE(M)", each(4 / c.filtersPerPlane())},
	}, c.finish.defines()...)
}

// outputs is how many outputs of a plane an invocation computes.
func (c directConstants) outputs() int { return c.positions / c.perOutput() }

// DirectTile is the block of sums that an invocation of direct.comp keeps in registers.
type DirectTile struct {
	Positions int
	Vectors   int // vec4 of filters
}

func (t DirectTile) String() string {
	return fmt.Sprintf("%d filters × %d positions", 4*t.Vectors, t.Positions)
}

// directTiles are the tiles for a class of devices. The first is taken unless another is requested.
func directTiles(device Profile) []DirectTile {
	all := []DirectTile{
		{4, 2}, // 32 sums: a loaded weight serves 4 positions, a loaded pixel 8 filters
		{2, 2}, // 16 sums: twice as many invocations, for few positions
		{8, 1}, // 32 sums, for few filters
		{4, 1},
	}
	if device.Class == Software {
		return all // llvmpipe keeps a sum in a vector register: 32 already spill
	}
	return append(all, DirectTile{4, 4}) // 64 sums: hardware has the registers
}

const directLocalSize = 64 // two warps; eight vectors of llvmpipe

// chooseDirectTile returns the tile that is requested, or else the first. It drops each vec4 for which a group has no
// filters. tiles is how many tiles the filters of a group take.
func chooseDirectTile(device Profile, filters int) (t DirectTile, tiles int) {
	t, requested := device.Tiling.(DirectTile)
	if !requested {
		t = directTiles(device)[0]
	}
	t.Vectors = min(t.Vectors, ceilDiv(filters, 4))
	return t, ceilDiv(filters, 4*t.Vectors)
}

// directLocal returns how many invocations a work-group has.
func directLocal(device Profile) int {
	return min(directLocalSize, device.WorkGroupSize[0], device.WorkGroupInvocations)
}

// directTilings are all tiles for a device.
func directTilings(_ conv.Problem, device Profile) (all []Tiling) {
	for _, t := range directTiles(device) {
		all = append(all, t)
	}
	return all
}

// direct is direct.comp, fitted to a problem and a device.
type direct struct {
	conv.Problem
	device    Profile
	constants directConstants
	tile      DirectTile
	tiles     int        // of filters, in one group
	dst       conv.Shape // what the tile writes: sums, or the problem's outputs
}

// fitDirect refuses only what exceeds the device's limits. Other algorithms that compute direct sums have the same
// limits and call it too.
func fitDirect(p conv.Problem, device Profile) (direct, error) {
	sums, err := p.Sums()
	if err != nil {
		return direct{}, err
	}
	t, tiles := chooseDirectTile(device, p.Weight[0]/p.Groups)
	constants := directConstants{paddingMode: p.PaddingMode, byRow: device.ByRow,
		localSize: directLocal(device), positions: t.Positions, vectors: t.Vectors, finish: directFinish(p, device, t)}
	d := direct{p, device, constants, t, tiles, constants.finish.outputs(p)}
	return d, d.accept(sums)
}

// accept returns an error if the device cannot hold or dispatch d.
func (d direct) accept(sums conv.Shape) error {
	device := d.device
	if n := d.Groups * d.tiles; n > device.WorkGroups[2] {
		return fmt.Errorf("%d groups × %d tiles of filters, the device dispatches %d along z",
			d.Groups, d.tiles, device.WorkGroups[2])
	}
	packed, err := conv.Product(4, 4*d.tile.Vectors, d.Groups*d.tiles, d.Weight[1], d.Weight[2], d.Weight[3])
	if err != nil || packed > device.Block() {
		return fmt.Errorf("weight %v packed, the device's buffers hold %d bytes", d.Weight, device.Block())
	}
	if err := acceptsImages(d.Problem, device); err != nil {
		return err
	}
	if most := device.units(d.constants.localSize * d.tile.Positions); sums.H()*sums.W() > most {
		return fmt.Errorf("sums of %d×%d, the device dispatches %d at once", sums.H(), sums.W(), most)
	}
	if device.outerIterations(1, rowIterations(d.Problem, device)) < 1 {
		return fmt.Errorf("kernel width %d, the device ends loops after %d iterations",
			d.Weight[3], device.LoopIterations)
	}
	return nil
}

// worth refuses nothing: direct is the last in the table.
func (direct) worth() error { return nil }

func (d direct) recipe() Recipe {
	return Recipe{
		Stages: []Stage{{
			Program:   Key{Shader: "direct", Constants: d.constants},
			Passes:    d.passes,
			MaxImages: d.device.units(d.block()) / (d.dst.H() * d.dst.W()),
			Lanes:     d.constants.localSize,
			MACs:      d.tile.Positions * d.width() * d.taps(),
		}},
		Pack: func(weight, bias []float32) ([]float32, []float32) {
			return d.packWeight(weight), d.packBias(bias)
		},
		PackedFloats: d.Groups * d.tiles * d.width() * (d.taps() + 1),
		Finishes:     d.constants.finishes(),
		Tiling:       d.tile,
	}
}

// width is how many filters a tile has room for. taps is how many taps a filter has. block is how many outputs of a
// plane a work-group computes.
func (d direct) width() int { return 4 * d.tile.Vectors }
func (d direct) taps() int  { return d.Weight[1] * d.Weight[2] * d.Weight[3] }
func (d direct) block() int { return d.constants.localSize * d.constants.outputs() }

// directFinish returns the finish of invocations. It is none if later passes add to the sums, or if the positions of a
// tile make no whole windows of the pool.
func directFinish(p conv.Problem, device Profile, t DirectTile) finish {
	f, rows := finishOf(p, device), p.Weight[1]*p.Weight[2]
	if device.outerIterations(rows, rowIterations(p, device)) < rows || t.Positions%f.perOutput() > 0 {
		return finish{}
	}
	return f
}

// rowIterations returns how many iterations the loops inside the loop over rows of taps take for each row.
func rowIterations(p conv.Problem, device Profile) int {
	if !device.ByRow {
		return p.Weight[3]
	}
	// For each part, the loop over parts takes one iteration, and the last check of the loop inside it counts as one.
	return p.Weight[3] + 2*ceilDiv(p.Weight[3], rowPart)
}

// packWeight lays weights out as [group][tile][channel][row][column][4*vectors].
func (d direct) packWeight(weight []float32) []float32 {
	taps, width := d.taps(), d.width()
	packed := make([]float32, d.Groups*d.tiles*taps*width)
	d.eachFilter(func(k, tile, slot int) {
		for tap := range taps {
			packed[(tile*taps+tap)*width+slot] = weight[k*taps+tap]
		}
	})
	return packed
}

// packBias lays biases out as [group][tile][4*vectors]. They are zeros if there are none.
func (d direct) packBias(bias []float32) []float32 {
	packed := make([]float32, d.Groups*d.tiles*d.width())
	if bias != nil {
		d.eachFilter(func(k, tile, slot int) { packed[tile*d.width()+slot] = bias[k] })
	}
	return packed
}

// eachFilter calls f with each filter, its tile and its slot in the tile.
func (d direct) eachFilter(f func(k, tile, slot int)) {
	perGroup := d.Weight[0] / d.Groups
	for k := range d.Weight[0] {
		group, inGroup := k/perGroup, k%perGroup
		f(k, group*d.tiles+inGroup/d.width(), inGroup%d.width())
	}
}

// passes divides the rows of taps among passes, so that none takes more loop iterations than the device allows. Later
// passes add to what earlier ones wrote.
func (d direct) passes(images int) []Pass {
	rows := d.Weight[1] * d.Weight[2]
	perPass := d.device.outerIterations(rows, rowIterations(d.Problem, d.device))
	outputs := images * d.dst.H() * d.dst.W()
	x, y := fold(ceilDiv(outputs, d.block()), d.device.WorkGroups)
	var all []Pass
	for first := 0; first < rows; first += perPass {
		all = append(all, Pass{
			Uniforms: d.uniforms(outputs, first, min(first+perPass, rows)),
			Groups:   [3]int{x, y, d.Groups * d.tiles},
		})
	}
	return all
}

func (d direct) uniforms(outputs, firstTap, lastTap int) []Uniform {
	rectify := d.Activation == conv.ReLU && lastTap == d.Weight[1]*d.Weight[2]
	return []Uniform{
		{"srcH", d.Src.H()}, {"srcW", d.Src.W()}, {"allChannels", d.Src.C()}, {"channels", d.Weight[1]},
		{"dstH", d.dst.H()}, {"dstW", d.dst.W()}, {"allPlanes", d.dst.C()}, {"planes", d.dst.C() / d.Groups},
		{"kernelH", d.Weight[2]}, {"kernelW", d.Weight[3]},
		{"strideH", d.Stride[0]}, {"strideW", d.Stride[1]}, {"dilationH", d.Dilation[0]}, {"dilationW", d.Dilation[1]},
		{"padTop", d.Padding.Top}, {"padLeft", d.Padding.Left},
		{"outputs", outputs}, {"tiles", d.tiles},
		{"firstTap", firstTap}, {"lastTap", lastTap}, {"rectify", number(rectify)},
	}
}
