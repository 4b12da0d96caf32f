package gpu

import (
	"fmt"
	"strings"

	"gpuconv/conv"
)

// softConstants are the constants of direct_soft.comp. SCHEDULE follows from
// them: kernel and channels are what it is unrolled for.
type softConstants struct {
	filters, channels, kernelH, kernelW int
	rows, segments, shift               int
	relu                                bool
}

// Tiles of direct_soft.comp. BenchmarkConv guards them.
const (
	softLanes    = 64   // eight vectors of llvmpipe: fewer, larger work-groups cost less to start
	softFilters  = 8    // per tile: more spill
	softRows     = 2    // each input row then serves two rows of sums
	softSegments = 2    // 8 columns
	softMACs     = 8192 // multiplications unrolled per invocation: beyond, compiling takes many seconds
)

func (c softConstants) taps() int { return c.channels * c.kernelH * c.kernelW }

// loads is how many vec4 cover the window of one row.
func (c softConstants) loads() int { return ceilDiv(c.shift+4*c.segments+c.kernelW-1, 4) }

// floats is how many weights and biases one tile has.
func (c softConstants) floats() int { return c.filters * (c.taps() + 1) }

func (c softConstants) defines() []define {
	return []define{
		{"LANES", fmt.Sprint(softLanes)},
		{"FILTERS", fmt.Sprint(c.filters)},
		{"ROWS", fmt.Sprint(c.rows)},
		{"SEGMENTS", fmt.Sprint(c.segments)},
		{"LOADS", fmt.Sprint(c.loads())},
		{"WEIGHTS", fmt.Sprint(ceilDiv(c.floats(), 4))},
		{"FIRST_BIAS", fmt.Sprint(c.filters * c.taps())},
		{"RELU", bit(c.relu)},
		{"EACH_LOAD(M)", each(c.loads())},
		{"EACH_SUM(M)", each(c.filters * c.rows * c.segments)},
		{"SCHEDULE", c.schedule()},
	}
}

// schedule writes the sums' loops, unrolled: each window row once, then every
// tap that it feeds.
func (c softConstants) schedule() string {
	var b strings.Builder
	for channel := range c.channels {
		for r := range c.rows + c.kernelH - 1 {
			fmt.Fprintf(&b, "ROW(%d,%d) ", channel, r)
			for row := max(0, r-c.kernelH+1); row < min(c.rows, r+1); row++ {
				c.scheduleRow(&b, channel, row, r-row)
			}
		}
	}
	return strings.TrimSpace(b.String())
}

// scheduleRow writes the taps of kernel row u for one row of sums.
func (c softConstants) scheduleRow(b *strings.Builder, channel, row, u int) {
	for v := range c.kernelW {
		for filter := range c.filters {
			tap := filter*c.taps() + (channel*c.kernelH+u)*c.kernelW + v
			for segment := range c.segments {
				sum := (filter*c.rows+row)*c.segments + segment
				fmt.Fprintf(b, "ADD(%d,%d,%d) ", sum, tap, c.shift+4*segment+v)
			}
		}
	}
}

// softTile fits the constants to a problem.
func softTile(p conv.Problem, sums conv.Shape) softConstants {
	tiles := ceilDiv(p.Weight[0], softFilters)
	c := softConstants{
		filters: ceilDiv(p.Weight[0], tiles), channels: p.Weight[1], kernelH: p.Weight[2], kernelW: p.Weight[3],
		rows: softRows, segments: softSegments, relu: p.Activation == conv.ReLU,
		shift: -p.Padding.Left - 4*floorDiv(-p.Padding.Left, 4),
	}
	if sums.H()%c.rows != 0 {
		c.rows = 1
	}
	if sums.W()%(4*c.segments) != 0 {
		c.segments = 1
	}
	return c
}

func floorDiv(a, b int) int { return (a - (a%b+b)%b) / b }

// acceptsSoft takes what direct_soft.comp is written for, on software renderers.
func acceptsSoft(p conv.Problem, l Limits) error {
	sums, err := p.Sums()
	if err != nil {
		return err
	}
	switch {
	case !l.Software:
		return fmt.Errorf("the device is not a software renderer")
	case p.Stride != [2]int{1, 1} || p.Dilation != [2]int{1, 1} || p.Groups != 1:
		return fmt.Errorf("it needs strides, dilations and groups of 1")
	case p.PaddingMode != conv.Zeros:
		return fmt.Errorf("it needs zero padding, not %v", p.PaddingMode)
	case p.Src.W()%4 != 0 || sums.W()%4 != 0:
		return fmt.Errorf("it needs widths that are multiples of 4, src has %d and the sums %d", p.Src.W(), sums.W())
	}
	c := softTile(p, sums)
	if macs := 4 * c.taps() * c.filters * c.rows * c.segments; macs > softMACs {
		return fmt.Errorf("it would unroll %d multiplications, %d at most", macs, softMACs)
	}
	if bytes := 4 * c.floats(); bytes > l.UniformBlock {
		return fmt.Errorf("%d bytes of weights per tile, the device's uniform blocks hold %d", bytes, l.UniformBlock)
	}
	if blocks, most := sums.H()/c.rows*(sums.W()/(4*c.segments)), l.units(softLanes); blocks > most {
		return fmt.Errorf("sums of %d×%d are %d blocks, the device dispatches %d at once", sums.H(), sums.W(), blocks, most)
	}
	return acceptsDirect(p, l) // the general limits of buffers and pooling
}

func prepareSoft(p conv.Problem, l Limits) recipe {
	s := soft{Problem: p, limits: l}
	s.sums, _ = p.Sums() // p was accepted
	s.softConstants = softTile(p, s.sums)
	s.tileBytes = roundUp(4*s.floats(), max(l.UniformAlignment, 16))
	return recipe{
		stage: stage{
			program:   programKey{shader: "direct_soft", constants: s.softConstants},
			passes:    s.passes,
			maxImages: l.units(softLanes) / (s.blocksH() * s.blocksW()),
		},
		pack: func(weight, bias []float32) ([]float32, []float32) {
			return s.packWeight(weight, bias), nil
		},
		packedFloats:  s.tiles() * s.tileBytes / 4,
		uniformWeight: true,
	}
}

func roundUp(n, unit int) int { return ceilDiv(n, unit) * unit }

// soft is what preparing and dispatching direct_soft.comp share.
type soft struct {
	conv.Problem
	softConstants
	limits    Limits
	sums      conv.Shape
	tileBytes int // of one tile's weights and biases, aligned
}

func (s soft) blocksH() int { return s.sums.H() / s.rows }
func (s soft) blocksW() int { return s.sums.W() / (4 * s.segments) }
func (s soft) tiles() int   { return ceilDiv(s.Weight[0], s.filters) }

// packWeight lays out each tile's weights as they come, then its biases. The last
// tile repeats filters of the one before so that every tile is full.
func (s soft) packWeight(weight, bias []float32) []float32 {
	packed := make([]float32, s.tiles()*s.tileBytes/4)
	for tile := range s.tiles() {
		part := packed[tile*s.tileBytes/4:]
		first := s.firstFilter(tile)
		copy(part[:s.filters*s.taps()], weight[first*s.taps():])
		if bias != nil {
			copy(part[s.filters*s.taps():][:s.filters], bias[first:])
		}
	}
	return packed
}

func (s soft) firstFilter(tile int) int { return min(tile*s.filters, s.Weight[0]-s.filters) }

// passes dispatches one tile of filters after the other.
func (s soft) passes(images int) []pass {
	blocks := images * s.blocksH() * s.blocksW()
	x, y := fold(ceilDiv(blocks, softLanes), s.limits.WorkGroups)
	var all []pass
	for tile := range s.tiles() {
		all = append(all, pass{
			uniforms: []uniform{
				{"srcH", s.Src.H()}, {"srcSegments", s.Src.W() / 4}, {"channels", s.Src.C()},
				{"sumH", s.sums.H()}, {"sumSegments", s.sums.W() / 4}, {"allFilters", s.Weight[0]},
				{"firstFilter", s.firstFilter(tile)},
				{"blocksH", s.blocksH()}, {"blocksW", s.blocksW()}, {"blocks", blocks},
				{"padTop", s.Padding.Top}, {"firstSegment", floorDiv(-s.Padding.Left, 4)},
			},
			groups:      [3]int{x, y, 1},
			weightFirst: tile * s.tileBytes,
			weightBytes: s.tileBytes,
		})
	}
	return all
}
