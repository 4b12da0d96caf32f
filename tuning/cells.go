package tuning

import (
	"math"

	"gpuconv/fault"
)

// Normalisation is divisive normalisation across channels. At each position, the response of channel i with the
// rectified drive a is
//
//	r_i = Gain · a_i^Exponent / (Semisaturation^Exponent + Σ_j a_j^Exponent)
//
// where the sum includes channel i (Heeger, Vis. Neurosci. 9:181, 1992; Carandini and Heeger, Nat. Rev. Neurosci.
// 13:51, 2012, equation 10). The response of a channel that is driven alone saturates at Gain, and is half of Gain if
// the drive equals Semisaturation. The zero value does nothing.
type Normalisation struct {
	Gain           float64 `json:"gain"`           // γ in these papers, in the unit of the responses
	Exponent       float64 `json:"exponent"`       // n in these papers; 2 in most of the literature
	Semisaturation float64 `json:"semisaturation"` // σ in these papers, in the unit of the drive
}

func (n Normalisation) check() error {
	if n == (Normalisation{}) {
		return nil
	}
	for _, p := range []struct {
		name  string
		value float64
	}{{"gain", n.Gain}, {"exponent", n.Exponent}, {"semisaturation", n.Semisaturation}} {
		if !(p.value > 0) || math.IsInf(p.value, 1) {
			return fault.New("tuning", "normalisation with "+p.name, p.value, "want a finite number above 0")
		}
	}
	return nil
}

// apply normalises maps of rectified drives. Before it takes powers, it divides the drives and Semisaturation by the
// largest of them, so that no power overflows. The result is the same.
func (n Normalisation) apply(m maps) {
	if n == (Normalisation{}) {
		return
	}
	for at := range m.positions() {
		scale := n.Semisaturation
		for cell := range m.cells {
			scale = max(scale, m.data[cell*m.positions()+at])
		}
		pool := math.Pow(n.Semisaturation/scale, n.Exponent)
		for cell := range m.cells {
			v := &m.data[cell*m.positions()+at]
			*v = math.Pow(*v/scale, n.Exponent)
			pool += *v
		}
		for cell := range m.cells {
			m.data[cell*m.positions()+at] *= n.Gain / pool
		}
	}
}

// withSums returns m with a further cell for each sum of channels.
func (m maps) withSums(sums [][]int) maps {
	channels, n := m.data, m.positions()
	for _, sum := range sums {
		total := make([]float64, n)
		for _, channel := range sum {
			for at, v := range channels[channel*n : (channel+1)*n] {
				total[at] += v
			}
		}
		m.data = append(m.data, total...)
	}
	m.cells += len(sums)
	return m
}
