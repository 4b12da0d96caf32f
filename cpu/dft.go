package cpu

import (
	"fmt"

	"gpuconv/conv"
	"gpuconv/cpu/internal/simd"
)

// dft computes kernels with many rows by means of the discrete Fourier transform of columns. It cuts an image into
// windows of rows. Windows overlap by the rows of a kernel less one (overlap-save). A column of a window with T rows
// becomes T/2 complex frequencies. At each frequency the kernel is one row of complex weights, so that a sum takes
// 2·T/V·C·KW multiplications in place of C·KH·KW, where V is how many rows of sums a window gives. Another T
// multiplications lead from the frequencies to a sum. For 31×31 weights on one channel that is 178 in place of 961.
//
// The transforms are products with matrices, not fast Fourier transforms. So all three steps are tiles of sums, as fast
// as those of direct, with neighbouring columns side by side in registers. Fast transforms of columns and rows would
// take a fifth of the multiplications, but most of their time would go into shuffling and storing.
//
// The frequencies θₖ = 2π(k+½)/T, for 0 ≤ k < T/2, lie half a step above the usual ones. None of them has a value that
// is always real, so that all are computed alike. With x[r] for the rows of a window, of real numbers:
//
//	X[k] = Σ_r x[r]·exp(−iθₖr)                 // spectra
//	Z[k] = Σ_c Σ_v X[k, c, j+v]·A[k, c, v]     // products, A[k, c, v] = Σ_u w[c, u, v]·exp(iθₖu)
//	y[i] = b + 2/T·Σ_k Re(Z[k]·exp(iθₖi))      // sums, for 0 ≤ i < V
//
// The rounding errors of a large pixel reach all outputs of its window that see its column, whatever their rows. So the
// engine chooses dft only with conv.Fast, and dft states a tolerance. Blocks with pixels that are not finite, or so
// large that a spectrum could overflow, are computed as plain sums, to the same bits as direct.
type dft struct {
	problem  conv.Problem // with defaults filled in
	sums     conv.Shape
	kernels  *simd.Kernels
	step     int // V, the rows of sums of a window
	window   int // T, the rows of inputs of a window: even
	width    int // the columns of sums of a block: they fill whole registers
	xWidth   int // floats between the spectra of two channels
	zWidth   int // floats between two planes of products
	zStep    int // floats between the products of two frequencies
	chunks   [][]filterPanel
	slab     slab
	spectra  matrix // leads from a column of a window to its frequencies
	inverse  matrix // leads back
	products simd.Taps
	plain    simd.Taps
	layout   []panels  // of plain sums
	weight   []float32 // [groups][T/2][panels][taps][2·filters of the panel]
	filter   []float32 // the filters themselves, [groups][panels of layout][taps][filters of the panel]
	bias     []float32
	biases   []float32 // [filters][MaxFilters]: each bias as often as a tile has rows
	zeros    [simd.MaxFilters]float32
	limit    float32 // the largest magnitude of a pixel with which no sum of a transform overflows
}

// filterPanel is some filters whose products at a frequency share a tile, with a real and an imaginary row for each. A
// chunk is the panels whose products are kept at the same time. first counts within the group.
type filterPanel struct{ first, filters int }

// acceptsDFT returns nil, or an error that says why dft cannot compute p.
func acceptsDFT(p conv.Problem, sums conv.Shape, _ *simd.Kernels) error {
	if p.Stride != [2]int{1, 1} {
		return fmt.Errorf("it computes stride 1, not %v", p.Stride)
	}
	if n := kernelRows(&p); n > dftMost/2 {
		return fmt.Errorf("its windows have up to %d rows, a kernel with its dilation has %d", dftMost, n)
	}
	return nil
}

// dftMost is the most rows of a window. TestDFTTolerance measures errors up to it.
const dftMost = 256

// kernelRows returns how many rows a kernel spans, with its dilation.
func kernelRows(p *conv.Problem) int { return (p.Weight[2]-1)*p.Dilation[0] + 1 }

func prepareDFT(p conv.Problem, sums conv.Shape, k *simd.Kernels) recipe {
	d := &dft{problem: p, sums: sums, kernels: k}
	d.step, d.window = dftWindow(&p, sums)
	d.width = d.blockWidth()
	d.xWidth, d.zWidth = lines(d.registersX(d.width)*k.Lanes), lines(d.width)
	d.zStep = lines(2 * d.cutFilters() * d.zWidth)
	d.layout = evenPanels(d.filters(), simd.MaxFilters)
	return d
}

// cutFilters cuts the filters of a group into chunks and panels. It returns the most filters of a chunk.
func (d *dft) cutFilters() (most int) {
	chunks := ceilDiv(d.filters(), max(simd.MaxFilters/2, dftFloats/(d.window*d.zWidth)))
	for i := range chunks {
		var chunk []filterPanel
		lo, hi := d.filters()*i/chunks, d.filters()*(i+1)/chunks
		for _, l := range evenPanels(hi-lo, simd.MaxFilters/2) {
			for j := range l.count {
				chunk = append(chunk, filterPanel{lo + l.first + j*l.filters, l.filters})
			}
		}
		d.chunks, most = append(d.chunks, chunk), max(most, hi-lo)
	}
	return most
}

// dftFloats limits the spectra of a block's inputs, and the products of a chunk of filters, to 512 KiB each: together
// they fit into a core's second-level cache.
const dftFloats = 512 << 10 / 4

// Blocks are dftWidest columns wide, or as wide as dftFloats allows for many channels, but at least dftNarrowest.
const (
	dftWidest    = 256
	dftNarrowest = 64
)

// blockWidth returns how many columns of sums a block has. They fill whole registers, and all blocks of a row are about
// equally wide.
func (d *dft) blockWidth() int {
	most := dftFloats/(d.window*d.problem.Weight[1]) - d.reach()
	most = max(dftNarrowest, min(dftWidest, most))
	blocks := ceilDiv(d.sums.W(), most)
	return ceilDiv(ceilDiv(d.sums.W(), blocks), d.kernels.Lanes) * d.kernels.Lanes
}

// reach returns how many columns of inputs a sum sees to the right of its own.
func (d *dft) reach() int { return (d.problem.Weight[3] - 1) * d.problem.Dilation[1] }

// registersX returns how many registers the spectra take for this many columns of sums.
func (d *dft) registersX(columns int) int {
	return d.registers(columns) + ceilDiv(d.reach(), d.kernels.Lanes)
}

func (d *dft) registers(columns int) int { return ceilDiv(columns, d.kernels.Lanes) }

func (d *dft) bound() float64        { return 1 }
func (d *dft) inPlace() bool         { return false }
func (d *dft) together() int         { return 1 }
func (d *dft) phases(int) phases     { return phases{columns: 1} }
func (d *dft) rowStep() int          { return d.step }
func (d *dft) fits(rows int) bool    { return rows <= d.step }
func (d *dft) images(int, int) int   { return 1 }
func (d *dft) marks() int            { return 0 }
func (d *dft) suits([]float32) error { return nil }
func (d *dft) filters() int          { return d.problem.Weight[0] / d.problem.Groups }
func (d *dft) frequencies() int      { return d.window / 2 }

// size returns how many taps a filter has, and rowTaps how many at a frequency: a real and an imaginary one for each
// channel and column.
func (d *dft) size() int    { return d.problem.Weight[1] * d.problem.Weight[2] * d.problem.Weight[3] }
func (d *dft) rowTaps() int { return 2 * d.problem.Weight[1] * d.problem.Weight[3] }

func (d *dft) packedLen() int {
	return d.problem.Weight[0]*(d.window*d.rowTaps()+d.size()+1+simd.MaxFilters) + d.window*(d.window+d.step)
}

// cutLeast bounds how many parts the filters are cut into: the filters of a part, times the columns of a kernel, are at
// least this many. Each part screens and transforms the pixels again, which took two fifths of the CPU time of 32
// filters with 9 columns.
const cutLeast = 512

func (d *dft) cuts() int {
	return min(d.panels(), max(1, d.filters()*d.problem.Weight[3]/cutLeast))
}

// panels returns how many panels all chunks have together.
func (d *dft) panels() (n int) {
	for _, chunk := range d.chunks {
		n += len(chunk)
	}
	return n
}

// inputRows returns how many rows of inputs the windows have together that give this many rows of sums.
func (d *dft) inputRows(rows int) int { return (ceilDiv(rows, d.step)-1)*d.step + d.window }

// columns returns how many columns the slab needs: the spectra of the last block read that far.
func (d *dft) columns() int {
	last := (ceilDiv(d.sums.W(), d.width) - 1) * d.width
	return last + d.registersX(d.sums.W()-last)*d.kernels.Lanes
}

// workspace returns the floats for the spectra of a block's inputs, the products of a chunk of filters, and a filter's
// sums.
func (d *dft) workspace() int {
	return d.window*d.problem.Weight[1]*d.xWidth + d.frequencies()*d.zStep + max(d.step, simd.MaxFilters)*d.zWidth
}

func (d *dft) settle(s *slab, _, _ int) {
	d.slab = *s
	p, channels := &d.problem, d.problem.Weight[1]
	var spectra, products, inverse, plain []int
	for r := range d.window {
		spectra = append(spectra, s.at(0, r, 0))
	}
	for plane := range 2 * channels { // the real parts of all channels, then the imaginary ones
		for v := range p.Weight[3] {
			products = append(products, plane*d.xWidth+v*p.Dilation[1])
		}
	}
	for k := range d.frequencies() {
		inverse = append(inverse, k*d.zStep, k*d.zStep+d.zWidth)
	}
	for c := range channels {
		for u := range p.Weight[2] {
			for v := range p.Weight[3] {
				plain = append(plain, s.at(c, u*p.Dilation[0], v*p.Dilation[1]))
			}
		}
	}
	d.spectra.taps, d.inverse.taps = simd.NewTaps(spectra), simd.NewTaps(inverse)
	d.products, d.plain = simd.NewTaps(products), simd.NewTaps(plain)
}

// dftBlock is a part of the sums that is computed at a time: some rows and columns, for one part of a group's filters.
// cut is the number of that part, and cuts is how many parts there are. Rows count from the first of the band.
type dftBlock struct{ group, row, rows, column, columns, cut, cuts int }

// of returns which of n panels belong to the block's part of the filters: lo ≤ i < hi.
func (b dftBlock) of(n int) (lo, hi int) { return n * b.cut / b.cuts, n * (b.cut + 1) / b.cuts }

func (d *dft) band(w *worker, o output, p part) {
	d.slab.fill(w, p, 0, 0, d.inputRows(p.rows))
	for row := 0; row < p.rows; row += d.step {
		for column := 0; column < d.sums.W(); column += d.width {
			b := dftBlock{p.group, row, min(d.step, p.rows-row), column, min(d.width, d.sums.W()-column), p.cut, p.cuts}
			if d.safe(w.slab, b) {
				d.transform(w, o, b)
			} else {
				d.add(w, o, b)
			}
		}
	}
}

// safe reports whether the pixels that the spectra of a block come from are finite and not too large.
func (d *dft) safe(slab []float32, b dftBlock) bool {
	columns := b.columns + d.reach()
	for c := range d.problem.Weight[1] {
		for r := range d.window {
			for _, v := range slab[d.slab.at(c, b.row+r, b.column):][:columns] {
				if !(v <= d.limit && v >= -d.limit) {
					return false
				}
			}
		}
	}
	return true
}

// transform computes a block by means of spectra.
func (d *dft) transform(w *worker, o output, b dftBlock) {
	channels, spectra := d.problem.Weight[1], w.work
	products := spectra[d.window*channels*d.xWidth:]
	sums := products[d.frequencies()*d.zStep:]
	t := &w.tile
	*t = simd.Tile{Tiles: 1, Bias: d.zeros[:], Plane: channels * d.xWidth}
	for c := range channels {
		d.multiply(t, &d.spectra, spectra[c*d.xWidth:], w.slab[d.slab.at(c, b.row, b.column):], d.window,
			d.registersX(b.columns))
	}
	lo, hi := b.of(d.panels())
	for _, chunk := range d.chunks {
		n := len(chunk)
		chunk = chunk[min(max(lo, 0), n):max(0, min(hi, n))]
		if lo, hi = lo-n, hi-n; len(chunk) == 0 {
			continue
		}
		d.addProducts(t, products, spectra, b, chunk)
		last := chunk[len(chunk)-1]
		for filter := chunk[0].first; filter < last.first+last.filters; filter++ {
			d.restore(t, sums, products[2*(filter-chunk[0].first)*d.zWidth:], o, b, filter)
		}
	}
}

// multiply multiplies the first rows of a matrix by columns of x, as many as fill this many registers.
func (d *dft) multiply(t *simd.Tile, m *matrix, dst, x []float32, rows, registers int) {
	t.Taps = m.taps
	for row := 0; row < rows; row += simd.MaxFilters {
		n := min(simd.MaxFilters, m.rows-row)
		t.Weight, t.X, t.Dst = m.weight[row*m.taps.Len():], x, dst[row*t.Plane:]
		d.tiles(t, n, registers)
	}
}

// tiles runs t for the columns that fill this many registers, as several tiles if one cannot hold them.
func (d *dft) tiles(t *simd.Tile, filters, registers int) {
	for left := ceilDiv(registers, d.kernels.Vectors(filters)); left > 0; left-- {
		width := ceilDiv(registers, left)
		registers -= width
		d.kernels.Run(filters, width, t)
		if left > 1 {
			t.X, t.Dst = t.X[width*d.kernels.Lanes:], t.Dst[width*d.kernels.Lanes:]
		}
	}
}

// addProducts adds up the products of a chunk of filters at all frequencies.
func (d *dft) addProducts(t *simd.Tile, products, spectra []float32, b dftBlock, chunk []filterPanel) {
	t.Taps, t.Bias, t.Plane, t.Flags = d.products, d.zeros[:], d.zWidth, 0
	for k := range d.frequencies() {
		x := spectra[k*2*d.problem.Weight[1]*d.xWidth:]
		for _, p := range chunk {
			t.Weight = d.weight[((b.group*d.frequencies()+k)*d.filters()+p.first)*2*d.rowTaps():]
			t.X, t.Dst = x, products[k*d.zStep+2*(p.first-chunk[0].first)*d.zWidth:]
			d.tiles(t, 2*p.filters, d.registers(b.columns))
		}
	}
}

// restore turns a filter's products into its sums. Where a tile would write beyond the block, it writes to the
// parameter sums first, and what lies in the block is copied from there.
func (d *dft) restore(t *simd.Tile, sums, products []float32, o output, b dftBlock, filter int) {
	dst := o.data[filter*o.plane+b.row*d.sums.W()+b.column:]
	t.Bias, t.Flags = d.biases[(b.group*d.filters()+filter)*simd.MaxFilters:], d.flags()
	if b.rows == d.step && b.columns%d.kernels.Lanes == 0 {
		t.Plane = d.sums.W()
		d.multiply(t, &d.inverse, dst, products, b.rows, d.registers(b.columns))
		return
	}
	t.Plane = d.zWidth
	d.multiply(t, &d.inverse, sums, products, b.rows, d.registers(b.columns))
	for i := range b.rows {
		copy(dst[i*d.sums.W():][:b.columns], sums[i*d.zWidth:])
	}
}

func (d *dft) flags() simd.Flags {
	if d.problem.Activation == conv.ReLU {
		return simd.ReLU
	}
	return 0
}

// add computes a block as plain sums.
func (d *dft) add(w *worker, o output, b dftBlock) {
	t, first := &w.tile, b.group*d.filters()
	*t = simd.Tile{Tiles: 1, Taps: d.plain, Plane: d.zWidth, Flags: d.flags()}
	for _, l := range d.layout {
		lo, hi := b.of(l.count)
		for panel := lo; panel < hi; panel++ {
			filter := l.first + panel*l.filters
			t.Weight, t.Bias = d.filter[(first+filter)*d.size():], d.bias[first+filter:]
			for i := range b.rows {
				t.X, t.Dst = w.slab[d.slab.at(0, b.row+i, b.column):], w.work
				d.tiles(t, l.filters, d.registers(b.columns))
				for k := range l.filters {
					at := (filter+k)*o.plane + (b.row+i)*d.sums.W() + b.column
					copy(o.data[at:][:b.columns], w.work[k*d.zWidth:])
				}
			}
		}
	}
}
