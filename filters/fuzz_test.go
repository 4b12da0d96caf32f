package filters

import (
	"math"
	"strings"
	"testing"

	"gpuconv/param"
)

// FuzzSettings makes filters of any kind with any values of their first parameters. An error has one line. Weights that
// are made are finite.
func FuzzSettings(f *testing.F) {
	for i := range Kinds() {
		f.Add(i, 0.1, 45.0, 0.0, 1.0, 5, i%2 == 0)
	}
	f.Add(0, 1e308, -1e308, 5e-324, 1e-300, 1, true)
	f.Add(1, 0.0, math.Copysign(0, -1), 1e9, -1.0, 3, false)
	f.Fuzz(func(t *testing.T, kind int, a, b, c, d float64, size int, balanced bool) {
		kinds := Kinds()
		k := kinds[(kind%len(kinds)+len(kinds))%len(kinds)]
		var axes []param.Axis
		for i, v := range []float64{a, b, c, d} {
			if i < len(k.Parameters) && !(k.Parameters[i].Name == "count" && v > 20) { // a population, which takes long
				axes = append(axes, param.NewAxis(k.Parameters[i].Name, v))
			}
		}
		all, err := k.Make(axes...)
		if err == nil {
			_, err = Bank{Filters: all, Size: 1 + (size%32+32)%32, Balanced: balanced}.Weights()
		}
		if err != nil && (!strings.HasPrefix(err.Error(), "filters: ") || strings.Contains(err.Error(), "\n")) {
			t.Fatalf("error %q, want one line that begins with filters:", err)
		}
		if err != nil {
			return
		}
		w, err := Bank{Filters: all, Size: 1 + (size%32+32)%32, Balanced: balanced}.Weights()
		if err != nil {
			t.Fatal(err)
		}
		for i, v := range w.Data {
			if v-v != 0 {
				t.Fatalf("%s, %v: weight %d is %v", k.Name, axes, i, v)
			}
		}
	})
}
