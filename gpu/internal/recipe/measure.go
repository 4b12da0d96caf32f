package recipe

import (
	"fmt"

	"gpuconv/conv"
)

// measureConstants are the constants of measure.comp.
type measureConstants struct{ kind int }

func (c measureConstants) Defines() []Define {
	return []Define{{"LANES", fmt.Sprint(conv.MeasureLanes)}, {"KIND", fmt.Sprint(c.kind)}}
}

// pickKind is the value of KIND that copies single outputs. The others are those of [conv.MeasureKind].
const pickKind = 3

// Measuring says how measures of the maps of a chunk are made on the device, after the stages of a [Blueprint]. Stages
// read the outputs at BindSrc and Table at BindWeight, and write the numbers at BindDst.
type Measuring struct {
	Stages  []Stage // one for each kind of measure
	Table   []int32
	Numbers int // of an image
	Pieces  int // the most images of a chunk
	image   int // outputs of an image
	device  Profile
}

// measureInts is how many ints of the table a measure has.
const measureInts = 6

// DrawMeasuring plans measures for the chunks of b. The error wraps [conv.ErrUnsupported] if the device cannot make
// them, or if shaders write the outputs into the caller's memory, where they need not come back from.
func DrawMeasuring(b Blueprint, measures []conv.Measure) (Measuring, error) {
	device := b.device
	maps, _ := b.Problem.Dst()
	m := Measuring{Numbers: maps.C() * len(measures), Pieces: b.Description.Chunk,
		image: maps.C() * maps.H() * maps.W(), device: device}
	refuse := func(why string) (Measuring, error) { return m, unsupported("measures", why) }
	switch {
	case b.Transfers.Route == Lent:
		return refuse("the device writes outputs into the host's memory")
	case b.Bands.Cut():
		return refuse("images are cut into bands")
	case device.invocations(conv.MeasureLanes) != nil:
		return refuse(device.invocations(conv.MeasureLanes).Error())
	case m.Numbers == 0:
		return refuse("there are none")
	}
	for _, one := range measures {
		if err := one.Check(maps); err != nil {
			return m, err
		}
		// The loops over elements and over the tree check once more than they run.
		if limit := device.LoopIterations; limit > 0 && ceilDiv(one.Count(), conv.MeasureLanes)+16 > limit {
			return refuse(fmt.Sprintf("a measure of %d outputs, the device ends loops after %d iterations", one.Count(),
				limit))
		}
	}
	for kind := conv.Mean; kind <= conv.MeanSquare; kind++ {
		first := len(m.Table) / measureInts
		for number, one := range measures {
			if one.Kind == kind {
				m.Table = append(m.Table, measureRow(one, maps.W(), number)...)
			}
		}
		if parts := len(m.Table)/measureInts - first; parts > 0 {
			m.Stages = append(m.Stages, measureStage(kind, first, parts, len(measures), maps, device))
		}
	}
	for _, s := range m.Stages {
		m.Pieces = min(m.Pieces, s.MaxImages)
	}
	if bytes := 4 * m.Numbers; m.Pieces == 0 || bytes > device.Block() {
		return refuse(fmt.Sprintf("%d numbers of an image", m.Numbers))
	}
	m.Pieces = min(m.Pieces, device.Block()/(4*m.Numbers))
	return m, nil
}

// measureRow returns the row of the table for a measure: see measure.comp. Whole rows of a map are one long row.
func measureRow(m conv.Measure, columns, number int) []int32 {
	width := m.Right - m.Left
	if width == columns {
		width = m.Count()
	}
	step := conv.MeasureLanes/width*columns + conv.MeasureLanes%width
	return []int32{int32(m.Top*columns + m.Left), int32(width), int32(m.Count()), int32(step),
		int32(conv.MeasureLanes % width), int32(number)}
}

func measureStage(kind conv.MeasureKind, first, parts, numbers int, maps conv.Shape, device Profile) Stage {
	most := device.units(conv.MeasureLanes) / conv.MeasureLanes
	return Stage{
		Program: Key{Shader: "measure", Constants: measureConstants{int(kind)}},
		Passes: func(images int) []Pass {
			groups := images * maps.C() * parts
			x, y := fold(groups, device.WorkGroups)
			return []Pass{{Groups: [3]int{x, y, 1}, Uniforms: []Uniform{
				{"firstPart", first}, {"parts", parts}, {"groups", groups}, {"planeSize", maps.H() * maps.W()},
				{"columns", maps.W()}, {"numbers", numbers},
			}}}
		},
		MaxImages: most / (maps.C() * parts),
		Lanes:     conv.MeasureLanes,
	}
}

// Programs returns the programs of the stages, and then the one that copies single outputs.
func (m Measuring) Programs() (all []Key) {
	for _, s := range m.Stages {
		all = append(all, s.Program)
	}
	return append(all, Key{Shader: "measure", Constants: measureConstants{pickKind}})
}

// Picks returns the dispatch that copies this many single outputs behind the first numbers. It reads the places of the
// outputs at BindWeight.
func (m Measuring) Picks(first, picks int) Pass {
	x, y := fold(ceilDiv(picks, conv.MeasureLanes), m.device.WorkGroups)
	return Pass{Groups: [3]int{x, y, 1}, Uniforms: []Uniform{{"first", first}, {"picks", picks}}}
}

// Image returns how many outputs an image has.
func (m Measuring) Image() int { return m.image }
