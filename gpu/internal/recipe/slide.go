package recipe

import (
	"fmt"
	"slices"
	"strings"

	"gpuconv/conv"
)

// slide is the tile of direct_small.comp, depthwise.comp and direct_shared.comp: a block of sums, one column wide, for
// each of some filters. An invocation keeps the block in registers. It reads one row of pixels after the other. To each
// sum it adds the pixel times the tap that meets it there. The shader writes this out for one part of a kernel, tapsH ×
// tapsW taps, and loops over the parts and channels. slide.glsl makes outputs of the sums.
type slide struct {
	rows, filters      int // of sums
	tapsH, tapsW       int // of a part: KH is a multiple of tapsH
	restW              int // columns of taps of the last part across, if KW is not a multiple of tapsW; else 0
	strideH, dilationH int
	finish
}

// slideBounds are the bounds of slides for a class of devices, and the costs by which a slide is chosen.
type slideBounds struct {
	rows    int  // most rows of sums in a column
	least   int  // fewest rows
	filters int  // most filters
	sums    int  // most rows × filters
	macs    int  // most multiplications written out
	held    int  // most weights of a part in registers; 0 if weights are uniforms, which need no loads
	scalars int  // most weights that are in use at once, see alive, if weights are uniforms; 0 for no bound
	loaded  int  // most sums and weights in use at once, if the shader loops over parts; 0 for no bound
	rests   bool // the last part across may have fewer taps
	load    int  // cost of loading a pixel, in multiplications
	weight  int  // cost of loading a weight to a register, in multiplications
	lanes   int  // invocations of a work-group
	fill    int  // how many invocations keep the device busy
}

// slideBoundsOf returns the bounds for a device. None was timed, as no hardware was at hand.
func slideBoundsOf(device Profile) slideBounds {
	has := classes[device.Class]
	t := slideBounds{
		rows: 8, filters: 8, sums: has.sums(), macs: has.code, lanes: has.lanes(), fill: has.fill,
		load: 4, // the load, its address, the choice of zeros and its share of the cache's bandwidth
	}
	if device.Class == Software {
		t.rows, t.filters, t.sums = 3, 3, 6
	}
	if device.Unrolled > 0 {
		t.macs = min(t.macs, device.Unrolled)
	}
	t.lanes = min(t.lanes, device.WorkGroupSize[0], device.WorkGroupInvocations)
	return t
}

// slideChannels is the most channels per group for which slides are worth it. With more, a product of matrices (igemm)
// shares its loads among more filters. Not timed.
const slideChannels = 7

// SlideCut is the block of sums that an invocation of a slide keeps in registers.
type SlideCut struct{ Rows, Filters int }

func (c SlideCut) String() string {
	return fmt.Sprintf("%d filters × %d×1 positions", c.Filters, c.Rows)
}

// slideTilings lists cuts to measure, within the bounds of a device.
func slideTilings(_ conv.Problem, device Profile) []Tiling { return slideBoundsOf(device).tilings() }

// tilings lists cuts within the bounds: 1, 2, 4 … rows, and all or half of the filters that may share a pixel.
func (t slideBounds) tilings() (all []Tiling) {
	for _, filters := range []int{t.filters, ceilDiv(t.filters, 2)} {
		for rows := 1; rows <= t.rows && rows*filters <= t.sums; rows *= 2 {
			all = append(all, SlideCut{rows, filters})
		}
	}
	return all
}

// requested narrows the bounds to the cut that device requests, if there is one.
func (t slideBounds) requested(device Profile) slideBounds {
	if c, ok := device.Tiling.(SlideCut); ok {
		t.rows, t.least, t.filters = c.Rows, c.Rows, c.Filters
	}
	return t
}

func (s slide) tiling() Tiling { return SlideCut{s.rows, s.filters} }

// finishing calls fit with the finish of a valid problem: the energy or pool that a tile is to compute after the sums.
// If fit returns an error, or there is nothing to finish, it calls fit for sums alone.
func finishing[T any](p conv.Problem, device Profile, fit func(f finish) (T, error)) (T, error) {
	if f := finishOf(p, device); f.finishes() {
		if fitted, err := fit(f); err == nil {
			return fitted, nil
		}
	}
	return fit(finish{})
}

// computed returns the shape of the sums that tiles compute. It leaves out a last row or column that is in no window of
// the pool.
func (f finish) computed(p conv.Problem) conv.Shape {
	sums, _ := p.Sums()
	dst := f.outputs(p)
	sums[2], sums[3] = f.span()*dst.H(), f.span()*dst.W()
	return sums
}

// tileFilters returns how many filters a tile has, and how many tiles a group of perGroup filters takes. With energy a
// tile has whole pairs of filters.
func (t slideBounds) tileFilters(f finish, perGroup int) (filters, tiles int) {
	pair := f.filtersPerPlane()
	tiles = ceilDiv(perGroup/pair, max(1, t.filters/pair))
	return pair * ceilDiv(perGroup/pair, tiles), tiles
}

// chooseSlideTile returns the slide of this many filters that costs least for p. sums is the shape of the sums that
// tiles compute. It considers only slides that can finish f: they have both filters of a pair and both rows of a window
// in one tile, and both columns of a window in one work-group.
func chooseSlideTile(p conv.Problem, t slideBounds, f finish, sums conv.Shape, filters int) (slide, error) {
	if filters%f.filtersPerPlane() > 0 || t.lanes%f.span() > 0 {
		return slide{}, fmt.Errorf("%d filters of a tile or %d lanes of a work-group are not pairs", filters, t.lanes)
	}
	var best slide
	var least float64
	most := min(t.rows, roundUp(sums.H(), f.span()), max(f.span(), t.sums/filters))
	for rows := max(f.span(), t.least); rows <= most; rows++ {
		for tapsH := 1; tapsH <= p.Weight[2] && rows%f.span() == 0; tapsH++ {
			for tapsW := 1; tapsW <= p.Weight[3] && rows*filters*tapsH*tapsW <= t.macs; tapsW++ {
				s := slide{rows, filters, tapsH, tapsW, p.Weight[3] % tapsW, p.Stride[0], p.Dilation[0], f}
				looped := p.Weight[1]*p.Weight[2]*p.Weight[3] > s.taps()
				if p.Weight[2]%tapsH > 0 || !s.within(t, looped) {
					continue
				}
				if cost := s.cost(p, t, sums, looped); best.rows == 0 || cost < least {
					best, least = s, cost
				}
			}
		}
	}
	if best.rows == 0 && t.least > 0 {
		return slide{}, fmt.Errorf("sums of %d rows, or the bounds of the device, have no columns of %d",
			sums.H(), t.least)
	}
	if best.rows == 0 {
		return slide{}, fmt.Errorf("one tap of %d filters is more than %d multiplications", filters, t.macs)
	}
	best.strideH, best.dilationH = best.literals()
	return best, nil
}

// within reports whether the sums and weights of a part are within the bounds, and whether a part and a rest may be
// written out. looped says that the shader loops over parts or channels.
func (s slide) within(t slideBounds, looped bool) bool {
	switch {
	case looped && t.loaded > 0 && s.filters*(s.rows+s.alive()) > t.loaded:
		return false
	case s.restW > 0 && (!t.rests || s.rows*s.filters*s.tapsH*(s.tapsW+s.restW) > t.macs):
		return false
	case t.held > 0 && s.filters*s.taps() > t.held:
		return false
	}
	return t.scalars == 0 || s.filters*s.alive() <= t.scalars
}

// alive returns the most weights of a filter that are in use at once. A row of taps is in use from the row of pixels
// that it meets for the first row of sums to the one that it meets for the last.
func (s slide) alive() int {
	most := 0
	for _, r := range s.window() {
		rows := 0
		for u := range s.tapsH {
			if first := u * s.dilationH; first <= r && r <= first+(s.rows-1)*s.strideH {
				rows++
			}
		}
		most = max(most, rows)
	}
	return most * s.tapsW
}

// literals returns the stride and dilation along H, or 1 if the slide does not depend on them. So more problems share a
// program, and no number beyond int32 reaches a program.
func (s slide) literals() (stride, dilation int) {
	stride, dilation = s.strideH, s.dilationH
	if s.rows == 1 {
		stride = 1
	}
	if s.tapsH == 1 {
		dilation = 1
	}
	return stride, dilation
}

// cost estimates what one tap of one sum costs, in multiplications. It is higher if the last block is not full, and if
// there are too few invocations to keep the device busy. Energy, pools and stores cost the same in every tile, and do
// not count.
func (s slide) cost(p conv.Problem, t slideBounds, sums conv.Shape, looped bool) float64 {
	taps, work := s.rows*s.taps(), s.work(t, looped)
	if s.restW > 0 {
		rest, across := s, p.Weight[3]/s.tapsW
		rest.tapsW = s.restW
		taps, work = s.rows*s.tapsH*p.Weight[3], across*work+rest.work(t, looped)
	}
	blocks := ceilDiv(sums.H(), s.rows)
	invocations := float64(max(1, sums.N())) * float64(blocks) * float64(sums.W())
	perTap, padded := float64(work)/float64(taps), float64(blocks*s.rows)
	return perTap * padded / float64(sums.H()) * max(1, float64(t.fill)/invocations)
}

// work estimates what a part costs. Each part adds a fixed cost.
func (s slide) work(t slideBounds, looped bool) int {
	const part = 16 // for the addresses of columns and weights
	work := s.filters*s.rows*s.taps() + t.load*len(s.window())*s.tapsW + part
	switch {
	case t.held > 0:
		work += t.weight * s.filters * s.taps()
	case looped:
		work += s.filters * s.taps() // a uniform is loaded, as part of a vec4, if its index is not a literal
	}
	return work
}

// window lists the rows of pixels that the taps of a part read, counted from the block's first.
func (s slide) window() []int {
	var rows []int
	for o := range s.rows {
		for u := range s.tapsH {
			rows = append(rows, o*s.strideH+u*s.dilationH)
		}
	}
	slices.Sort(rows)
	return slices.Compact(rows)
}

// macs is how many multiply-adds an invocation makes for p.
func (s slide) macs(p conv.Problem) int {
	return s.rows * s.filters * p.Weight[1] * p.Weight[2] * p.Weight[3]
}

func (s slide) taps() int { return s.tapsH * s.tapsW }

// handed is how many floats of shared memory a work-group needs to exchange the columns of pool windows. The most is 16
// KiB, with 64 sums and 128 lanes.
func (s slide) handed(lanes int) int {
	if !s.pools() {
		return 0
	}
	return s.rows * s.filters / s.filtersPerPlane() * lanes / 2
}

// parts returns how many parts a kernel of p has, down and across, without the narrower last part across (restW).
func (s slide) parts(p conv.Problem) (down, across int) {
	return p.Weight[2] / s.tapsH, p.Weight[3] / s.tapsW
}

// defines returns those that the three shaders share, for work-groups of this many lanes (invocations) and floats of
// shared memory.
func (s slide) defines(lanes, shared int) []Define {
	planes := s.filters / s.filtersPerPlane()
	return append(s.finish.defines(), []Define{
		{"LOCAL_SIZE", fmt.Sprint(lanes)},
		{"SHARED", fmt.Sprint(shared)},
		{"ROWS", fmt.Sprint(s.rows)},
		{"FILTERS", fmt.Sprint(s.filters)},
		{"TAPS_H", fmt.Sprint(s.tapsH)},
		{"TAPS_W", fmt.Sprint(s.tapsW)},
		{"EACH_COLUMN(M)", each(s.tapsW)},
		{"EACH_SUM(M)", eachOf(s.rows, s.filters)},
		{"EACH_VALUE(M)", eachOf(s.rows, planes)},
		{"EACH_ROW(M)", each(s.rows / s.span())},
		{"EACH_PLANE(M)", each(planes)},
		{"SCHEDULE", s.schedule(s.tapsW)},
	}...)
}

// eachOf writes the unrolled loops M(0, 0) M(0, 1) … M(n−1, m−1).
func eachOf(n, m int) string {
	var b strings.Builder
	for i := range n {
		for j := range m {
			fmt.Fprintf(&b, "M(%d, %d) ", i, j)
		}
	}
	return strings.TrimSpace(b.String())
}

// schedule writes out four loops, one inside the other: over rows of pixels, this many columns of taps, rows of sums,
// and filters.
func (s slide) schedule(columns int) string {
	var b strings.Builder
	if columns == 0 {
		return "" // there is no rest
	}
	last := 0
	for _, r := range s.window() {
		fmt.Fprintf(&b, "ROW(%d, %d) ", r, r-last)
		last = r
		for v := range columns {
			fmt.Fprintf(&b, "LOAD(%d) ", v)
			s.eachMeeting(r, func(o, u int) {
				for f := range s.filters {
					fmt.Fprintf(&b, "ADD(%d, %d, %d) ", o, f, u*columns+v)
				}
			})
		}
	}
	return strings.TrimSpace(b.String())
}

// eachMeeting calls f for each row o of sums and row u of taps that take row r of pixels.
func (s slide) eachMeeting(r int, f func(o, u int)) {
	for o := range s.rows {
		for u := range s.tapsH {
			if o*s.strideH+u*s.dilationH == r {
				f(o, u)
			}
		}
	}
}

// columnUniforms returns the uniforms of column.glsl.
func (s slide) columnUniforms(p conv.Problem, columns int) []Uniform {
	return append(s.uniforms(p), Uniform{"strideW", p.Stride[1]}, Uniform{"dilationW", p.Dilation[1]},
		Uniform{"blocksH", s.blocksH(p)}, Uniform{"columns", columns})
}

// blocksH is how many blocks a plane of sums has from top to bottom. columns is how many columns these blocks have in
// total.
func (s slide) blocksH(p conv.Problem) int { return ceilDiv(s.computed(p).H(), s.rows) }
func (s slide) columns(p conv.Problem) int { return s.blocksH(p) * s.computed(p).W() }

// uniforms returns those that all three shaders share.
func (s slide) uniforms(p conv.Problem) []Uniform {
	partsH, partsW := s.parts(p)
	dst := s.outputs(p)
	return []Uniform{
		{"srcH", p.Src.H()}, {"srcW", p.Src.W()}, {"dstH", dst.H()}, {"dstW", dst.W()},
		{"strideH", p.Stride[0]}, {"dilationH", p.Dilation[0]}, {"padTop", p.Padding.Top}, {"padLeft", p.Padding.Left},
		{"partsH", partsH}, {"partsW", partsW},
		{"rectify", number(p.Activation == conv.ReLU)},
	}
}

// place converts the index of a filter's tap from the order [channel][row][column] to [channel][part down][part
// across][u][v].
func (s slide) place(p conv.Problem, at int) int {
	row, v := at/p.Weight[3], at%p.Weight[3] // row counts rows of earlier channels too: KH is a multiple of tapsH
	first, columns := v-v%s.tapsW, s.tapsW   // of the part
	if first+columns > p.Weight[3] {
		columns = s.restW
	}
	return (row-row%s.tapsH)*p.Weight[3] + first*s.tapsH + row%s.tapsH*columns + v - first
}
