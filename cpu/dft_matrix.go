package cpu

import (
	"math"

	"gpuconv/cpu/internal/simd"
)

// matrix is a matrix by which tiles multiply: [panels][taps][rows of the panel]. Panels have MaxFilters rows, but the
// last one may have fewer.
type matrix struct {
	rows   int
	taps   simd.Taps
	weight []float32
}

// set fills the matrix: at returns the element of a row and a column. There are as many columns as taps.
func (m *matrix) set(rows int, at func(row, column int) float64) {
	m.rows, m.weight = rows, make([]float32, 0, rows*m.taps.Len())
	for first := 0; first < rows; first += simd.MaxFilters {
		for c := range m.taps.Len() {
			for r := first; r < min(first+simd.MaxFilters, rows); r++ {
				m.weight = append(m.weight, float32(at(r, c)))
			}
		}
	}
}

// angle returns θₖ·r = 2π(k+½)r/window, without whole turns. These are taken off in integers, which is exact.
func angle(window, k, r int) float64 {
	return math.Pi * float64((2*k+1)*r%(2*window)) / float64(window)
}

// setMatrices sets the matrix that leads from the rows of a window to the real and imaginary parts of its frequencies,
// and the one that leads from these to sums.
func (d *dft) setMatrices() {
	d.spectra.set(d.window, func(plane, r int) float64 {
		sin, cos := math.Sincos(angle(d.window, plane/2, r))
		if plane%2 == 0 {
			return cos
		}
		return -sin
	})
	d.inverse.set(d.step, func(i, plane int) float64 {
		sin, cos := math.Sincos(angle(d.window, plane/2, i))
		if plane%2 == 0 {
			return 2 * cos / float64(d.window)
		}
		return -2 * sin / float64(d.window)
	})
}

func (d *dft) pack(weight, bias []float32) {
	d.setMatrices()
	d.bias = append([]float32(nil), bias...)
	d.biases = make([]float32, 0, len(bias)*simd.MaxFilters)
	for _, b := range bias {
		for range simd.MaxFilters {
			d.biases = append(d.biases, b)
		}
	}
	d.filter = packPanels(weight, d.layout, d.problem.Groups, []int{0, d.size()})
	d.limit = d.safePixel(weight)
	d.weight = make([]float32, d.problem.Weight[0]*d.window*d.rowTaps())
	sin, cos := d.waves()
	forEach(d.problem.Groups*d.filters()*d.problem.Weight[1], func(i int) { d.packChannel(weight, sin, cos, i) })
}

// safePixel returns the largest magnitude of a pixel with which no sum of a transform overflows, or less than 0 if
// there is none. A frequency of a column is at most T times the pixel, a weight at a frequency at most the sum of the
// magnitudes of its column of the kernel, and a sum at most T products.
func (d *dft) safePixel(weight []float32) float32 {
	most, size := 0.0, d.size()
	for f := range d.problem.Weight[0] {
		sum := 0.0
		for _, w := range weight[f*size:][:size] {
			sum += math.Abs(float64(w))
		}
		if !(sum <= math.MaxFloat32) {
			return -1
		}
		most = max(most, sum)
	}
	square := float64(d.window) * float64(d.window)
	return float32(min(math.MaxFloat32/4/square/max(most, 1), 1e30))
}

// waves returns sin θₖu and cos θₖu for the rows u of a kernel, [T/2][KH].
func (d *dft) waves() (sin, cos []float64) {
	rows := d.problem.Weight[2]
	sin, cos = make([]float64, d.frequencies()*rows), make([]float64, d.frequencies()*rows)
	for i := range sin {
		sin[i], cos[i] = math.Sincos(angle(d.window, i/rows, i%rows*d.problem.Dilation[0]))
	}
	return sin, cos
}

// packChannel packs A[k, c, v] for channel i of the channels of all filters.
func (d *dft) packChannel(weight []float32, sin, cos []float64, i int) {
	channels, rows, columns := d.problem.Weight[1], d.problem.Weight[2], d.problem.Weight[3]
	group, filter, c := i/channels/d.filters(), i/channels%d.filters(), i%channels
	p := d.panelOf(filter)
	step := 2 * p.filters // floats from one tap to the next
	kernel := weight[i*rows*columns:][:rows*columns]
	for k := range d.frequencies() {
		panel := d.weight[((group*d.frequencies()+k)*d.filters()+p.first)*2*d.rowTaps():]
		for v := range columns {
			re, im := 0.0, 0.0
			for u := range rows {
				w := float64(kernel[u*columns+v])
				re, im = re+w*cos[k*rows+u], im+w*sin[k*rows+u]
			}
			real, imaginary := (c*columns+v)*step, ((channels+c)*columns+v)*step
			at := 2 * (filter - p.first)
			panel[real+at], panel[real+at+1] = float32(re), float32(im)
			panel[imaginary+at], panel[imaginary+at+1] = float32(-im), float32(re)
		}
	}
}

// panelOf returns the panel that has a filter.
func (d *dft) panelOf(filter int) filterPanel {
	for _, chunk := range d.chunks {
		for _, p := range chunk {
			if filter < p.first+p.filters {
				return p
			}
		}
	}
	panic("cpu: no panel has the filter")
}
