package recipe

import (
	"fmt"
	"slices"

	"gpuconv/conv"
)

// smallConstants are the constants of direct_small.comp.
type smallConstants struct {
	slide
	columnForm
	paddingMode conv.PaddingMode
	lanes       int
	weights     int // vec4 of weights and biases that a pass has
	looped      bool
	ownIndex    bool // each invocation has the index of a part's weights in a register of its own
}

func (smallConstants) Includes() []string { return []string{"slide.glsl", "column.glsl"} }

func (c smallConstants) Defines() []Define {
	return append(slices.Concat(c.slide.defines(c.lanes, c.handed(c.lanes)), c.columnForm.defines()),
		sourceMode(c.paddingMode),
		Define{"VECTORS", fmt.Sprint(ceilDiv(c.filters, 4))},
		Define{"WEIGHTS", fmt.Sprint(c.weights)},
		Define{"LOOPED", bit(c.looped)},
		Define{"OWN_INDEX", bit(c.ownIndex)})
}

// smallScalars returns how many weights the scalar registers of a device hold beside addresses and other uniforms, or 0
// if weights take none. On Navi 21, Mesa's compiler ACO spills 343 registers if four rows of sums share all 294 weights
// of the tutorial's layer (6 filters of 7×7), and 54 % of the vector instructions are multiply-adds. Eight rows with
// parts of 7×1 taps spill none, and have 68 %.
func smallScalars(device Profile) int {
	const others = 16
	return max(0, classes[device.Class].scalar-others)
}

// smallFilters is the most filters of a tile on NVIDIA's hardware. NAK spends eight vector instructions on each pixel:
// its address, a comparison with the size of the buffer, and zeros outside the image. With 16 filters and 4 rows of
// sums a pixel serves more multiplications than with 8 filters and 6 or 8 rows: of the first layer of ResNet (64
// filters of 7×7, stride 2) 78 % of the vector instructions are multiply-adds instead of 68. Kernels of smallWhole taps
// or more keep 8 filters: with 16, too few of their taps would fit into the cache of instructions.
const smallFilters = 16

// smallBounds are the bounds of slides for the kernels of p.
func smallBounds(p conv.Problem, device Profile) slideBounds {
	t := slideBoundsOf(device)
	if device.Class == NVIDIA && p.Weight[2]*p.Weight[3] < smallWhole {
		t.filters = smallFilters
	}
	t.scalars = smallScalars(device)
	return t
}

// smallTilings is like slideTilings, with the bounds of direct_small.
func smallTilings(p conv.Problem, device Profile) []Tiling { return smallBounds(p, device).tilings() }

// smallLoaded returns how many registers of an invocation sums and weights of a tile of filters may take if the shader
// loops over parts, or 0 for no bound. In such a loop the index of a weight is not a literal. NVIDIA's multiplications
// cannot take such a weight as an operand, and NAK loads it to a register. With 48 sums and 7×7 taps of 8 filters it
// took all 255 registers, and memory for 19 more. With 8 filters it takes at most 128 registers if the bound is 104,
// but 168 if the bound is 136; with 16 filters it takes at most 128 if the bound is 208. On other hardware there is no
// bound. Nor is there one for kernels of smallWhole taps or more: they are worth it only as one part, and a bound would
// leave that part few rows.
func smallLoaded(p conv.Problem, device Profile, filters int) int {
	switch {
	case device.Class != NVIDIA || p.Weight[2]*p.Weight[3] >= smallWhole:
		return 0
	case filters > 8:
		return 208
	}
	return 104
}

// small is direct_small.comp, fitted to a problem and a device.
type small struct {
	conv.Problem
	device    Profile
	constants smallConstants
	tiles     int // of filters, in one group
}

// fitSmall accepts kernels whose tile of filters fits into a uniform block.
func fitSmall(p conv.Problem, device Profile) (small, error) {
	if _, err := fitDirect(p, device); err != nil {
		return small{}, err
	}
	return finishing(p, device, func(f finish) (small, error) {
		s := small{Problem: p, device: device}
		bounds := smallBounds(p, device).requested(device)
		filters, tiles := bounds.tileFilters(f, p.Weight[0]/p.Groups)
		bounds.loaded = smallLoaded(p, device, filters)
		fitted, err := chooseSlideTile(p, bounds, f, f.computed(p), filters)
		if err != nil {
			return small{}, err
		}
		taps := p.Weight[1] * p.Weight[2] * p.Weight[3]
		s.constants = smallConstants{slide: fitted, columnForm: columnFormOf(p, device, fitted),
			paddingMode: p.PaddingMode, lanes: bounds.lanes,
			weights: ceilDiv(filters, 4) * (taps + 1)}
		s.tiles = tiles
		s.constants.looped = s.parts() > 1
		s.constants.ownIndex = s.constants.looped && device.Class == NVIDIA
		return s, s.accept()
	})
}

// parts is how many parts the kernels of all channels have. A part is tapsH × tapsW taps of one channel, which the
// shader unrolls. The shader loops over parts.
func (s small) parts() int {
	down, across := s.constants.parts(s.Problem)
	return s.Weight[1] * down * across
}

// passFloats is how many floats the weights and biases of one pass take, with what alignment needs.
func (s small) passFloats() int {
	return roundUp(16*s.constants.weights, max(s.device.UniformAlignment, 16)) / 4
}

// accept returns an error if the device cannot hold or dispatch s.
func (s small) accept() error {
	device := s.device
	if bytes := 4 * s.passFloats(); bytes > device.UniformBlock {
		return fmt.Errorf("%d bytes of weights per pass, the device's uniform blocks hold %d",
			bytes, device.UniformBlock)
	}
	if bytes, err := conv.Product(4, s.passFloats(), s.Groups, s.tiles); err != nil || bytes > device.Block() {
		return fmt.Errorf("weight %v packed, the device's buffers hold %d bytes", s.Weight, device.Block())
	}
	if s.constants.looped && device.outerIterations(s.parts(), 0) < s.parts() {
		return fmt.Errorf("kernels of %d parts, the device ends loops after %d iterations",
			s.parts(), device.LoopIterations)
	}
	if columns, most := s.constants.columns(s.Problem), device.units(s.constants.lanes); columns > most {
		sums := s.constants.computed(s.Problem)
		return fmt.Errorf("sums of %d×%d are %d columns of blocks, the device dispatches %d at once",
			sums.H(), sums.W(), columns, most)
	}
	return device.shared(4 * s.constants.handed(s.constants.lanes))
}

// smallPasses is the most dispatches for which direct_small is worth it: each reads all pixels of its group again. Not
// timed.
const smallPasses = 64

// smallWhole is the number of taps from which on a kernel is worth it only if it is unrolled whole: a kernel that is
// cut into parts takes fewer loads with direct_shared.
const smallWhole = 100

func (s small) worth() error {
	switch passes := s.Groups * s.tiles; {
	case s.Weight[1] > slideChannels:
		return fmt.Errorf("%d input channels per group: it is worth it with at most %d", s.Weight[1], slideChannels)
	case passes > smallPasses:
		return fmt.Errorf("%d dispatches of %d filters: it is worth it with at most %d",
			passes, s.constants.filters, smallPasses)
	case s.constants.taps() < s.Weight[2]*s.Weight[3] && s.Weight[2]*s.Weight[3] >= smallWhole:
		return fmt.Errorf("a kernel of %d×%d in parts: with at least %d taps it is worth it only if unrolled whole",
			s.Weight[2], s.Weight[3], smallWhole)
	}
	return nil
}

func (s small) recipe() Recipe {
	return Recipe{
		Stages: []Stage{{
			Program:   Key{Shader: "direct_small", Constants: s.constants},
			Passes:    s.passes,
			MaxImages: s.device.units(s.constants.lanes) / s.constants.columns(s.Problem),
			Lanes:     s.constants.lanes,
			MACs:      s.constants.macs(s.Problem),
		}},
		Pack:          func(weight, bias []float32) ([]float32, []float32) { return s.pack(weight, bias), nil },
		PackedFloats:  s.Groups * s.tiles * s.passFloats(),
		UniformWeight: true,
		Finishes:      s.constants.finishes(),
		Tiling:        s.constants.tiling(),
	}
}

// eachPass calls f with the first filter of each pass and how many filters it has.
func (s small) eachPass(f func(pass, first, filters int)) {
	perGroup := s.Weight[0] / s.Groups
	for pass := range s.Groups * s.tiles {
		inGroup := pass % s.tiles * s.constants.filters
		f(pass, pass/s.tiles*perGroup+inGroup, min(s.constants.filters, perGroup-inGroup))
	}
}

// pack lays out each pass's weights [part][u][v][filter], with zeros where filters do not fill a vec4, and its biases
// after them. Parts are in the order of channels, then down the kernel, then across.
func (s small) pack(weight, bias []float32) []float32 {
	packed := make([]float32, s.Groups*s.tiles*s.passFloats())
	width := 4 * ceilDiv(s.constants.filters, 4)
	kernelTaps := s.Weight[1] * s.Weight[2] * s.Weight[3]
	s.eachPass(func(pass, first, filters int) {
		to := packed[pass*s.passFloats():]
		for f := range filters {
			for at := range kernelTaps {
				to[s.constants.place(s.Problem, at)*width+f] = weight[(first+f)*kernelTaps+at]
			}
			if bias != nil {
				to[kernelTaps*width+f] = bias[first+f]
			}
		}
	})
	return packed
}

// passes returns one dispatch for each tile of filters of each group.
func (s small) passes(images int) (all []Pass) {
	columns := images * s.constants.columns(s.Problem)
	x, y := fold(ceilDiv(columns, s.constants.lanes), s.device.WorkGroups)
	s.eachPass(func(index, first, filters int) {
		all = append(all, Pass{
			Uniforms: append(s.constants.columnUniforms(s.Problem, columns),
				Uniform{"allChannels", s.Src.C()}, Uniform{"firstChannel", index / s.tiles * s.Weight[1]},
				Uniform{"allFilters", s.Weight[0]}, Uniform{"firstFilter", first}, Uniform{"filters", filters},
				Uniform{"parts", s.parts()}),
			Groups:      [3]int{x, y, 1},
			WeightFirst: 4 * index * s.passFloats(),
			WeightBytes: 4 * s.passFloats(),
		})
	})
	return all
}
