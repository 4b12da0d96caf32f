package recipe

import (
	"fmt"

	"gpuconv/conv"
)

// fitSoft refuses what exceeds the device's limits, and what has no tile.
func fitSoft(p conv.Problem, device Profile) (soft, error) {
	if _, err := fitDirect(p, device); err != nil {
		return soft{}, err
	}
	s, err := chooseSoftTile(p, device)
	if err != nil {
		return soft{}, err
	}
	return s, s.accept()
}

// accept returns an error if the device cannot hold or dispatch s.
func (s soft) accept() error {
	device := s.device
	if bytes := 4 * s.tile.floats(); bytes > device.UniformBlock {
		return fmt.Errorf("%d bytes of weights per pass, the device's uniform blocks hold %d",
			bytes, device.UniformBlock)
	}
	if texels := s.imageTexels(); texels > device.TextureBuffer {
		return fmt.Errorf("an image of %d texels, the device's buffer textures hold %d", texels, device.TextureBuffer)
	}
	if blocks, most := s.blocksH()*s.blocksW(), device.units(softLanes); blocks > most {
		return fmt.Errorf("sums of %d×%d are %d strips, the device dispatches %d at once",
			s.sums.H(), s.sums.W(), blocks, most)
	}
	return nil
}

// Rough costs of direct_soft and of direct, on a core of a Zen 3 server processor. Zen 5 is two to six times as fast in
// all of them, so that compiling pays from similar numbers of images on: for the tutorial's layer from 800 on Zen 5 and
// from 500 on Zen 3. If a cache has the programs, loading those of either algorithm takes the same time.
const (
	softCompile   = 0.5e-3  // seconds of compiling for each multiplication that a program writes out
	softMAC       = 0.1e-9  // seconds of a multiplication
	directCompile = 0.25    // seconds of compiling
	directMAC     = 2e-9    // seconds of a multiplication
	softWorth     = 1 << 18 // multiplications of a batch that repay compiling, if the plan may run many times
	softCompact   = 512     // multiplications which, written out, compile as fast as direct
)

// worth compares the total cost of the job with direct_soft and with direct, which computes the same bits. A program of
// at most softCompact multiplications is always worth it.
func (s soft) worth() error {
	written := s.tile.macs()
	if written <= softCompact {
		return nil
	}
	if s.device.Images == 0 {
		if s.MACs() < softWorth {
			return fmt.Errorf("%.3g multiplications do not repay compiling %d at once: want %.3g",
				s.MACs(), written, float64(softWorth))
		}
		return nil
	}
	return s.repays(s.MACs() / float64(max(1, s.Src.N())) * float64(s.device.Images))
}

// repays returns an error if a job of this many multiplications does not repay compiling the programs that no cache
// has.
func (s soft) repays(macs float64) error {
	direct, err := fitDirect(s.Problem, s.device)
	if err != nil {
		return nil // direct cannot compute it
	}
	compiling := 0.0 // seconds more than direct
	for _, stage := range s.recipe().Stages {
		if c := stage.Program.Constants.(softConstants); !s.device.hasCompiled(stage.Program) {
			compiling += softCompile * float64(c.macs())
		}
	}
	for _, stage := range direct.recipe().Stages {
		if !s.device.hasCompiled(stage.Program) {
			compiling -= directCompile
		}
	}
	if saved := (directMAC - softMAC) * macs; saved < compiling {
		return fmt.Errorf("compiling takes %.2g s more than direct's, computing %.3g multiplications only %.2g s less",
			compiling, macs, saved)
	}
	return nil
}

func (s soft) recipe() Recipe {
	steps := s.steps()
	floats := 0
	for _, step := range steps {
		floats = step.weightFirst/4 + s.alignedFloats(step.constants)
	}
	r := Recipe{
		Pack: func(weight, bias []float32) ([]float32, []float32) {
			return s.pack(steps, floats, weight, bias), nil
		},
		PackedFloats:  floats,
		UniformWeight: true,
		Finishes:      s.tile.finishes(),
		Textures:      FloatTexels,
		Tiling:        s.tile.tiling(),
	}
	if s.tile.vectors {
		r.Textures = VectorTexels
	}
	images := min(s.device.units(softLanes)/(s.blocksH()*s.blocksW()), s.device.TextureBuffer/s.imageTexels())
	for lo := 0; lo < len(steps); { // consecutive steps of one program make a stage
		hi := lo
		for hi < len(steps) && steps[hi].constants == steps[lo].constants {
			hi++
		}
		part := steps[lo:hi]
		r.Stages = append(r.Stages, Stage{
			Program:   Key{Shader: "direct_soft", Constants: part[0].constants},
			Passes:    func(images int) []Pass { return s.passes(part, images) },
			MaxImages: images,
		})
		lo = hi
	}
	return r
}

// soft is direct_soft.comp, fitted to a problem and a device. An invocation computes a strip of outputs in several
// turns, which go down the image. A block is the sums of one turn.
type soft struct {
	conv.Problem
	device Profile
	sums   conv.Shape
	dst    conv.Shape    // what the tile writes: sums, or the problem's outputs
	tile   softConstants // for a step of full size
	turns  int           // of each strip
}

func (s soft) blocksH() int { return ceilDiv(s.dst.H(), s.turns*s.tile.outputRows()) }
func (s soft) blocksW() int { return ceilDiv(s.dst.W(), s.outputColumns()) }

// outputColumns is how many columns of outputs a block has.
func (s soft) outputColumns() int { return 4 * s.tile.segments / s.tile.span() }

// outputTexels returns how many elements of the shader's dst a row of outputs takes: one for each output, or with
// vectors one for every four columns of sums.
func (s soft) outputTexels() int {
	if s.tile.vectors {
		return s.dst.W() * s.tile.span() / 4
	}
	return s.dst.W()
}

// texels returns how many texels hold n floats of a row.
func (s soft) texels(n int) int {
	if s.tile.vectors {
		return n / 4
	}
	return n
}

func (s soft) srcTexels() int { return s.texels(s.Src.W()) }

// imageTexels returns how many texels an image takes, or its outputs if they take more.
func (s soft) imageTexels() int {
	return max(s.Src.C()*s.Src.H()*s.srcTexels(), s.dst.C()*s.dst.H()*s.outputTexels())
}

// softStep is one dispatch: a tile of filters of one group, and some of its taps.
type softStep struct {
	constants    softConstants
	firstFilter  int  // among all filters
	filters      int  // of the tile: the last tile of a group may have fewer
	firstChannel int  // among all channels
	inGroup      int  // the first channel, among those of its group
	firstTapRow  int  // of the kernel
	resume, last bool // it adds to an earlier step's sums; it completes them
	weightFirst  int  // where its weights begin, in bytes
}

// steps lists the dispatches: first the steps of full size of all groups and tiles, then the remainders, so that the
// program changes once.
func (s soft) steps() []softStep {
	var whole, rest []softStep
	perGroup := s.Weight[0] / s.Groups
	for k := 0; k < s.Weight[0]; k += min(s.tile.filters, perGroup-k%perGroup) {
		step := softStep{firstFilter: k, filters: min(s.tile.filters, perGroup-k%perGroup)}
		w, r := s.tapSteps(step)
		whole, rest = append(whole, w...), append(rest, r...)
	}
	at := 0
	all := append(whole, rest...)
	for i := range all {
		all[i].weightFirst = at
		at += 4 * s.alignedFloats(all[i].constants)
	}
	return all
}

// countSteps is the length of the list that steps returns.
func (s soft) countSteps() int {
	tiles := s.Groups * ceilDiv(s.Weight[0]/s.Groups, s.tile.filters)
	return tiles * ceilDiv(s.Weight[1], s.tile.channels) * ceilDiv(s.Weight[2], s.tile.tapsH)
}

// tapSteps lists the steps of one tile of filters: those of full size, and the rest, which have fewer taps.
func (s soft) tapSteps(step softStep) (whole, rest []softStep) {
	perGroup := s.Weight[0] / s.Groups
	for c := 0; c < s.Weight[1]; c += s.tile.channels {
		for u := 0; u < s.Weight[2]; u += s.tile.tapsH {
			step.constants = s.tile
			step.constants.channels = min(s.tile.channels, s.Weight[1]-c)
			step.constants.tapsH = min(s.tile.tapsH, s.Weight[2]-u)
			step.inGroup, step.firstChannel, step.firstTapRow = c, step.firstFilter/perGroup*s.Weight[1]+c, u
			step.resume = c > 0 || u > 0
			step.last = c+s.tile.channels >= s.Weight[1] && u+s.tile.tapsH >= s.Weight[2]
			if step.constants == s.tile {
				whole = append(whole, step)
			} else {
				rest = append(rest, step)
			}
		}
	}
	return whole, rest
}

// alignedFloats is how many floats of the uniform buffer one step takes: its weights and biases, and then what
// alignment needs.
func (s soft) alignedFloats(c softConstants) int {
	return roundUp(4*c.floats(), max(s.device.UniformAlignment, 16)) / 4
}

// pack lays out each step's weights [filter][c][u][v], with zeros for filters that do not exist, and then its biases.
func (s soft) pack(steps []softStep, floats int, weight, bias []float32) []float32 {
	packed := make([]float32, floats)
	for _, step := range steps {
		part := packed[step.weightFirst/4:]
		c := step.constants
		run := c.tapsH * c.kernelW
		for f := range step.filters {
			for channel := range c.channels {
				from := ((step.firstFilter+f)*s.Weight[1]+step.inGroup+channel)*s.Weight[2] + step.firstTapRow
				copy(part[(f*c.channels+channel)*run:][:run], weight[from*s.Weight[3]:])
			}
		}
		if bias != nil {
			copy(part[c.filters*c.taps():][:step.filters], bias[step.firstFilter:])
		}
	}
	return packed
}

// passes returns one dispatch for each step.
func (s soft) passes(steps []softStep, images int) []Pass {
	blocks := images * s.blocksH() * s.blocksW()
	x, y := fold(ceilDiv(blocks, softLanes), s.device.WorkGroups)
	firstTexel := -s.Padding.Left
	if s.tile.vectors {
		firstTexel = floorDiv(firstTexel, 4)
	}
	perPlane := s.tile.filtersPerPlane()
	var all []Pass
	for _, step := range steps {
		all = append(all, Pass{
			Uniforms: []Uniform{
				{"srcH", s.Src.H()}, {"srcTexels", s.srcTexels()},
				{"allChannels", s.Src.C()}, {"firstChannel", step.firstChannel},
				{"dstH", s.dst.H()}, {"dstTexels", s.outputTexels()}, {"allPlanes", s.dst.C()},
				{"firstPlane", step.firstFilter / perPlane}, {"planes", step.filters / perPlane}, {"turns", s.turns},
				{"blocksH", s.blocksH()}, {"blocksW", s.blocksW()}, {"blocks", blocks},
				{"firstRow", step.firstTapRow*s.tile.dilation[0] - s.Padding.Top}, {"firstTexel", firstTexel},
				{"resume", number(step.resume)}, {"rectify", number(step.last && s.Activation == conv.ReLU)},
			},
			Groups:      [3]int{x, y, 1},
			WeightFirst: step.weightFirst,
			WeightBytes: 4 * s.alignedFloats(step.constants),
		})
	}
	return all
}
