package npy

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// TestLost: an element is lost if it was finite and becomes infinite, or if it was an integer and becomes another one.
// Rounded fractions and numbers below float32's range are not lost.
func TestLost(t *testing.T) {
	largest := math.MaxFloat32
	for name, c := range map[string]struct {
		of   string
		bits []uint64 // of each element
		want Loss
	}{
		"float64 beyond float32": {"f8", floats(1e300, -1e39, math.MaxFloat64, 1, 2), Loss{Infinite: 3}},
		// Half a step above the largest float32, 2¹²⁸·(1−2⁻²⁵), rounds to infinity; just below it does not.
		"float64 at the border":   {"f8", floats(largest, 0x1.ffffffp127, 0x1.fffffefffffffp127), Loss{Infinite: 1}},
		"float64 that is special": {"f8", floats(math.Inf(1), math.Inf(-1), math.NaN(), 0), Loss{}},
		"float64 fractions":       {"f8", floats(0.1, 1e-300, 16777217.5, 1e20+1, 1e30), Loss{}},
		"float64 integers":        {"f8", floats(1<<24, 1<<24+1, 1<<24+2, -(1<<24 + 1), 1<<53-1), Loss{Inexact: 3}},
		"int32":                   {"i4", []uint64{1<<24 + 1, 1 << 24, uint64(math.MaxUint32 - 1<<24), 1 << 31}, Loss{Inexact: 2}},
		"uint32":                  {"u4", []uint64{1<<24 + 1, math.MaxUint32, math.MaxUint32 - 255}, Loss{Inexact: 2}},
		"int64": {"i8", []uint64{1<<24 + 1, 3, 1 << 63, math.MaxInt64, 1<<62 + 1, 1 << 62},
			Loss{Inexact: 3}},
		"uint64": {"u8", []uint64{math.MaxUint64, 1 << 63, 1<<63 + 1<<40, 1<<63 + 1<<39}, Loss{Inexact: 2}},
		"int16":  {"i2", []uint64{1 << 15, 1<<15 - 1}, Loss{}},
	} {
		for _, order := range []string{"<", ">"} {
			for _, fortran := range []bool{false, true} {
				d, err := parseDType(order + c.of)
				if err != nil {
					t.Fatal(err)
				}
				reader := readBits(t, d, c.bits, fortran)
				if err := reader.Scan(); err != nil {
					t.Fatal(err)
				}
				if got := reader.Lost(); got != c.want {
					t.Errorf("%s, %s, Fortran order %v: lost %+v, want %+v", name, order, fortran, got, c.want)
				}
				if reader.Done() != 2*len(c.bits) {
					t.Errorf("%s: %d elements are done, want %d", name, reader.Done(), 2*len(c.bits))
				}
			}
		}
	}
}

// TestLostIntegers: an integer is lost exactly if its float32 is another number.
func TestLostIntegers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := rapid.Int64Range(-1<<62, 1<<62).Draw(t, "v") >> rapid.IntRange(0, 62).Draw(t, "shift")
		var lost Loss
		lost.countInteger(magnitude(v))
		if back := int64(float32(v)); lost.Any() != (back != v) {
			t.Fatalf("%d becomes %d: lost %+v", v, back, lost)
		}
	})
}

func TestLossSays(t *testing.T) {
	for want, l := range map[string]Loss{
		"of 4 elements, 1 exceeds float32's range, 3.4e38, and became infinite": {Infinite: 1},
		"of 4 elements, 2 are integers above 2²⁴ that float32 rounds":           {Inexact: 2},
		"of 4 elements, 2 exceed float32's range, 3.4e38, and became infinite and 1 is an integer above 2²⁴ that " +
			"float32 rounds": {2, 1},
	} {
		if got := l.Say(4); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func floats(values ...float64) []uint64 {
	var all []uint64
	for _, v := range values {
		all = append(all, math.Float64bits(v))
	}
	return all
}

// readBits opens an array [2, n]: a row of the given elements and a row of zeros.
func readBits(t *testing.T, d dtype, row []uint64, fortran bool) *Reader {
	t.Helper()
	var data []byte
	for at := range 2 * len(row) {
		i := at
		if fortran {
			i = cIndex(at, []int{2, len(row)})
		}
		element := make([]byte, 8)
		if i < len(row) {
			binary.LittleEndian.PutUint64(element, row[i])
		}
		if element = element[:d.size]; d.big {
			slices.Reverse(element)
		}
		data = append(data, element...)
	}
	word := map[bool]string{true: "True", false: "False"}[fortran]
	head := fmt.Sprintf("{'descr': '%s', 'fortran_order': %s, 'shape': (2, %d), }\n", d.descr, word, len(row))
	file := rawFile(1, head, data)
	reader, err := newReader(bytes.NewReader(file), int64(len(file)), "x", "")
	if err != nil {
		t.Fatal(err)
	}
	return reader
}
