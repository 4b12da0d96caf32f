package recipe

import (
	"fmt"

	"gpuconv/conv"
)

// sharedConstants are the constants of direct_shared.comp.
type sharedConstants struct {
	slide
	paddingMode       conv.PaddingMode
	lanesW, lanesH    int
	strideW, dilation int // along W
	tileH             int // rows of pixels in shared memory
	phase             int // columns of such a row that have the same remainder by strideW
}

func (sharedConstants) Includes() []string { return []string{"pixel.glsl", "slide.glsl"} }

func (c sharedConstants) Defines() []Define {
	return append(c.slide.defines(c.lanesW*c.lanesH, c.shared()),
		Define{"LANES_W", fmt.Sprint(c.lanesW)},
		Define{"LANES_H", fmt.Sprint(c.lanesH)},
		Define{"VECTORS", fmt.Sprint(c.vectors())},
		Define{"STRIDE_W", fmt.Sprint(c.strideW)},
		Define{"DILATION_W", fmt.Sprint(c.dilation)},
		Define{"TILE_H", fmt.Sprint(c.tileH)},
		Define{"PHASE", fmt.Sprint(c.phase)},
		Define{"EACH_WEIGHT(M)", each(c.taps() * c.vectors())},
		Define{"REST_W", fmt.Sprint(c.restW)},
		Define{"EACH_REST_COLUMN(M)", each(c.restW)},
		Define{"EACH_REST_WEIGHT(M)", each(c.tapsH * c.restW * c.vectors())},
		Define{"REST_SCHEDULE", c.schedule(c.restW)},
		sourceMode(c.paddingMode), sourceBinding(BindSrc))
}

func (c sharedConstants) vectors() int { return ceilDiv(c.filters, 4) }

// tileFloats is how many floats of shared memory the tile takes.
func (c sharedConstants) tileFloats() int { return c.tileH * c.phase * c.strideW }

// shared is how many floats of shared memory a work-group takes: for the tile and later, in the same place, for
// pooling. A window of 2×2 has columns of two invocations, and one of them hands its values to the other.
func (c sharedConstants) shared() int { return max(c.tileFloats(), c.handed(c.lanesW*c.lanesH)) }

// sharedLanes returns how many invocations (lanes) a work-group has along W and along H: along W as many as shared
// memory has banks, so that lanes that read at the same time read words of one row.
func sharedLanes(device Profile) (w, h int) {
	has := classes[device.Class]
	if device.Class == Software {
		// llvmpipe runs a work-group vector by vector: with two of them, a test finds a missing barrier.
		return has.banks, 2
	}
	return has.banks, has.lanes() / has.banks
}

// sharedHeld returns the most weights that an invocation keeps in registers, beside sums and addresses. On NVIDIA's
// hardware sums take up to 64 of 128 registers, on AMD's 48 of 96, on other hardware 32 of 64. On software renderers
// it is fewer, so that tests with small kernels also run the code for several parts and for a narrower last part
// (restW).
func sharedHeld(device Profile) int {
	if device.Class == Software {
		return 12
	}
	return 32
}

// What loads of direct_shared cost, in multiplications. A pixel comes from shared memory, at a known address and a
// literal offset. A weight is a quarter of a vec4 that all lanes share.
const (
	sharedLoad   = 1
	sharedWeight = 1
)

// directShared is direct_shared.comp, fitted to a problem and a device.
type directShared struct {
	conv.Problem
	device    Profile
	constants sharedConstants
	tiles     int // of filters, in one group
}

// fitShared accepts kernels whose pixels fit into shared memory.
func fitShared(p conv.Problem, device Profile) (directShared, error) {
	if _, err := fitDirect(p, device); err != nil {
		return directShared{}, err
	}
	return finishing(p, device, func(f finish) (directShared, error) {
		bounds := slideBoundsOf(device)
		bounds.held, bounds.load, bounds.weight, bounds.rests = sharedHeld(device), sharedLoad, sharedWeight, true
		bounds = bounds.requested(device)
		filters, tiles := bounds.tileFilters(f, p.Weight[0]/p.Groups)
		c, err := newSharedConstants(p, device, bounds, f, filters)
		if err != nil {
			return directShared{}, err
		}
		d := directShared{p, device, c, tiles}
		return d, d.accept()
	})
}

// newSharedConstants returns the tile that costs least. If shared memory has no room for it, it returns the one that
// costs least among those with fewer rows, and so on. It counts a tile's memory as the method shared does.
func newSharedConstants(
	p conv.Problem, device Profile, bounds slideBounds, f finish, filters int,
) (sharedConstants, error) {
	rows := f.computed(p)
	if rows.W() == 1 {
		p.Stride[1] = 1 // one column of sums does not use it, and 1 fits into a literal of the shader, of 32 bits
	}
	if p.Weight[3] == 1 {
		p.Dilation[1] = 1
	}
	c := sharedConstants{paddingMode: p.PaddingMode, strideW: p.Stride[1], dilation: p.Dilation[1]}
	c.lanesW, c.lanesH = sharedLanes(device)
	// To estimate costs, each row of lanes counts as an image of its own.
	rows[0], rows[2] = rows.N()*c.lanesH, ceilDiv(rows.H(), c.lanesH)
	var err error
	for ; bounds.rows > 0; bounds.rows-- {
		if c.slide, err = chooseSlideTile(p, bounds, f, rows, filters); err != nil {
			return sharedConstants{}, err
		}
		c.tileH = (c.lanesH*c.rows-1)*p.Stride[0] + (p.Weight[2]-1)*p.Dilation[0] + 1
		c.phase = ceilDiv((c.lanesW-1)*p.Stride[1]+(p.Weight[3]-1)*p.Dilation[1]+1, p.Stride[1])
		bytes := 1 << 62
		if tile, overflow := conv.Product(4, c.tileH, c.phase, c.strideW); overflow == nil {
			bytes = max(tile, 4*c.handed(c.lanesW*c.lanesH))
		}
		if err = device.shared(bytes); err == nil {
			return c, nil
		}
	}
	return sharedConstants{}, err
}

// tilesH and tilesW are how many tiles the sums of an image take down and across. A work-group computes one tile.
func (d directShared) tilesH() int {
	return ceilDiv(d.constants.computed(d.Problem).H(), d.constants.lanesH*d.constants.rows)
}

func (d directShared) tilesW() int {
	return ceilDiv(d.constants.computed(d.Problem).W(), d.constants.lanesW)
}

// channelIterations is how many iterations the inner loops take for one channel.
func (d directShared) channelIterations() int {
	down, across := d.constants.parts(d.Problem)
	staging := ceilDiv(d.constants.tileFloats(), d.constants.lanesW*d.constants.lanesH)
	// Each loop's last check, which ends it, counts too, except for the loop over down: outerIterations adds that one.
	return staging + 1 + down*(across+2)
}

// accept returns an error if the device cannot hold or dispatch d.
func (d directShared) accept() error {
	c, device := d.constants, d.device
	if err := device.invocations(c.lanesW * c.lanesH); err != nil {
		return err
	}
	if c.lanesH > device.WorkGroupSize[1] {
		return fmt.Errorf("%d invocations along y per work-group, the device has %d", c.lanesH, device.WorkGroupSize[1])
	}
	if n := d.Groups * d.tiles; n > device.WorkGroups[2] {
		return fmt.Errorf("%d groups × %d tiles of filters, the device dispatches %d along z",
			d.Groups, d.tiles, device.WorkGroups[2])
	}
	if n, most := d.tilesH()*d.tilesW(), device.units(1); n > most {
		sums := c.computed(d.Problem)
		return fmt.Errorf("sums of %d×%d are %d tiles, the device dispatches %d at once", sums.H(), sums.W(), n, most)
	}
	if device.outerIterations(d.Weight[1], d.channelIterations()) < d.Weight[1] {
		return fmt.Errorf("%d channels of %d iterations, the device ends loops after %d",
			d.Weight[1], d.channelIterations(), device.LoopIterations)
	}
	if bytes, err := conv.Product(4, d.packedFloats()); err != nil || bytes > device.Block() {
		return fmt.Errorf("weight %v packed, the device's buffers hold %d bytes", d.Weight, device.Block())
	}
	return nil
}

// sharedTaps is the fewest taps for which direct_shared is worth it. With smaller kernels the cache serves pixels as
// fast as shared memory does, and direct_small, which unrolls kernels (whole up to its limits), loads no weights for
// them. Not timed.
const sharedTaps = 100

func (d directShared) worth() error {
	switch taps := d.Weight[2] * d.Weight[3]; {
	case taps < sharedTaps:
		return fmt.Errorf("a kernel of %d×%d: it is worth it with at least %d taps", d.Weight[2], d.Weight[3],
			sharedTaps)
	case d.Weight[1] > slideChannels:
		return fmt.Errorf("%d input channels per group: it is worth it with at most %d", d.Weight[1], slideChannels)
	}
	return nil
}

func (d directShared) recipe() Recipe {
	return Recipe{
		Stages: []Stage{{
			Program:   Key{Shader: "direct_shared", Constants: d.constants},
			Passes:    d.passes,
			MaxImages: d.device.units(1) / (d.tilesH() * d.tilesW()),
			Lanes:     d.constants.lanesW * d.constants.lanesH,
			MACs:      d.constants.macs(d.Problem),
		}},
		Pack:         d.pack,
		PackedFloats: d.packedFloats() + d.Groups*d.tiles*4*d.constants.vectors(),
		Finishes:     d.constants.finishes(),
		Tiling:       d.constants.tiling(),
	}
}

// packedFloats is how many floats the packed weights take.
func (d directShared) packedFloats() int {
	return d.Groups * d.tiles * 4 * d.constants.vectors() * d.Weight[1] * d.Weight[2] * d.Weight[3]
}

// pack lays weights out as [group][tile][channel][part][u][v][filter] and biases as [group][tile][filter], with zeros
// where filters do not fill a vec4.
func (d directShared) pack(weight, bias []float32) (packedWeight, packedBias []float32) {
	width := 4 * d.constants.vectors()
	perGroup, taps := d.Weight[0]/d.Groups, d.Weight[1]*d.Weight[2]*d.Weight[3]
	packedWeight, packedBias = make([]float32, d.packedFloats()), make([]float32, d.Groups*d.tiles*width)
	for k := range d.Weight[0] {
		tile := k/perGroup*d.tiles + k%perGroup/d.constants.filters
		slot := k % perGroup % d.constants.filters
		for at := range taps {
			packedWeight[(tile*taps+d.constants.place(d.Problem, at))*width+slot] = weight[k*taps+at]
		}
		if bias != nil {
			packedBias[tile*width+slot] = bias[k]
		}
	}
	return packedWeight, packedBias
}

func (d directShared) passes(images int) []Pass {
	imageTiles := images * d.tilesH() * d.tilesW()
	x, y := fold(imageTiles, d.device.WorkGroups)
	return []Pass{{
		Uniforms: append(d.constants.uniforms(d.Problem),
			Uniform{"allChannels", d.Src.C()}, Uniform{"channels", d.Weight[1]},
			Uniform{"allFilters", d.Weight[0]}, Uniform{"filters", d.Weight[0] / d.Groups},
			Uniform{"tilesH", d.tilesH()}, Uniform{"tilesW", d.tilesW()}, Uniform{"imageTiles", imageTiles},
			Uniform{"tiles", d.tiles}),
		Groups: [3]int{x, y, d.Groups * d.tiles},
	}}
}
