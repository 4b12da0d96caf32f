package dataset

import (
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gpuconv/npy"
)

func array(shape ...int) *npy.Array {
	n := 1
	for _, extent := range shape {
		n *= extent
	}
	a := &npy.Array{Shape: shape}
	for i := range n {
		a.Data = append(a.Data, float32(i)-2)
	}
	return a
}

func archive(t *testing.T, train, test, stimuli *npy.Array) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "a.npz")
	if err := npy.WriteNPZ(path, npy.Named{Name: "resp_train", Array: train}, npy.Named{Name: "resp_test", Array: test},
		npy.Named{Name: "stimuli", Array: stimuli}); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestOpen(t *testing.T) {
	for _, stimuli := range []*npy.Array{array(3), array(3, 1)} {
		r, err := Open(t.Context(), archive(t, array(3, 4), array(3, 4), stimuli))
		if err != nil {
			t.Fatal(err)
		}
		if r.Neurons != 4 || !slices.Equal(r.Orientation, []float64{-2, -1, 0}) || len(r.Train) != 12 ||
			r.Test[11] != 9 {
			t.Errorf("read %+v", r)
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	odd := func(at int, v float64) *npy.Array {
		a := array(3, 4)
		a.Data[at] = float32(v)
		return a
	}
	for want, path := range map[string]string{
		"resp_test [3 5]: want [3 4]":              archive(t, array(3, 4), array(3, 5), array(3)),
		"stimuli [4]: want [3] or [3 1]":           archive(t, array(3, 4), array(3, 4), array(4)),
		"stimuli [1 3]: want":                      archive(t, array(3, 4), array(3, 4), array(1, 3)),
		"resp_train [12]: want [stimuli, neur":     archive(t, array(12), array(3, 4), array(3)),
		"want at least 2 stimuli":                  archive(t, array(1, 4), array(1, 4), array(1)),
		"and 1 neuron":                             archive(t, array(3, 0), array(3, 0), array(3)),
		"resp_test: stimulus 1, neuron 2 is NaN":   archive(t, array(3, 4), odd(6, math.NaN()), array(3)),
		"resp_train: stimulus 2, neuron 3 is +Inf": archive(t, odd(11, math.Inf(1)), array(3, 4), array(3)),
		"orientation 1 is -Inf":                    archive(t, array(3, 4), array(3, 4), &npy.Array{Shape: []int{3}, Data: []float32{1, float32(math.Inf(-1)), 2}}),
		"orientation 0 is NaN":                     archive(t, array(3, 4), array(3, 4), &npy.Array{Shape: []int{3}, Data: []float32{float32(math.NaN()), 1, 2}}),
		"resp_train: stimulus 0, neuron 0 is NaN":  archive(t, odd(0, math.NaN()), array(3, 4), array(3)),
	} {
		if _, err := Open(t.Context(), path); err == nil || !strings.HasPrefix(err.Error(), "dataset: ") ||
			!strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want dataset: …%s…", err, want)
		}
	}
	path := filepath.Join(t.TempDir(), "b.npz")
	if err := npy.WriteNPZ(path, npy.Named{Name: "resp_train", Array: array(3, 4)}); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), path); err == nil || !strings.Contains(err.Error(), `no array "resp_test"`) {
		t.Errorf("without resp_test: %v", err)
	}
	single := filepath.Join(t.TempDir(), "c.npy")
	if err := npy.WriteFile(single, array(3, 4)); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), single); err == nil ||
		!strings.Contains(err.Error(), "is a single array: want an .npz archive") {
		t.Errorf("of an array: %v", err)
	}
	if _, err := Open(t.Context(), filepath.Join(t.TempDir(), "none.npz")); err == nil {
		t.Error("a file that does not exist is read")
	}
}

// TestSum has an example of RFC 1321, appendix A.5. sha256sum computed the SHA-256.
func TestSum(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a")
	write(t, path, []byte("message digest"))
	want := Sums{MD5: "f96b697d7cb7938d525a2f31aaf161d0",
		SHA256: "f7846f55cf23e14eebeab5b4e1550cad5b509e3348fbc4efa3a1413d393cb650", Size: 14}
	if got, err := Sum(t.Context(), path); err != nil || got != want {
		t.Errorf("%+v, %v; want %+v", got, err, want)
	}
	if _, err := Sum(t.Context(), path+"x"); err == nil || !strings.Contains(err.Error(), "no such file") {
		t.Errorf("of no file: %v", err)
	}
}

// TestBins: orientations near the middle of their bins, in any order, are sorted into these bins.
func TestBins(t *testing.T) {
	r := &Recordings{}
	for i := range 60 {
		bin := i * 7 % 60
		r.Orientation = append(r.Orientation, float64(bin)*6+3+0.5*math.Sin(float64(i)))
	}
	got, period, ok := r.Bins()
	if !ok || period != 360 {
		t.Fatal(period, ok)
	}
	for i, v := range got {
		if bin := i * 7 % 60; math.Abs(v-float64(bin)*6-3) > 0.1 || math.Abs(v-got[0]-float64(bin)*6) > 1e-9 {
			t.Errorf("orientation %d, %v, is taken for %v", i, r.Orientation[i], v)
		}
	}
	if got, period, ok := (&Recordings{Orientation: []float64{-90, -45, 0, 45}}).Bins(); !ok || period != 180 ||
		!slices.Equal(got, []float64{-90, -45, 0, 45}) {
		t.Errorf("%v, %v, %v", got, period, ok)
	}
	if _, period, ok := (&Recordings{Orientation: []float64{0, 120, 240}}).Bins(); !ok || period != 360 {
		t.Errorf("three directions: %v, %v", period, ok)
	}
	for _, uneven := range [][]float64{{0, 10, 90}, {0, 0}, {0, 90, 180}, {-90, -45, 0, 45, 90}} {
		if got, _, ok := (&Recordings{Orientation: uneven}).Bins(); ok {
			t.Errorf("%v are taken for %v", uneven, got)
		}
	}
}

// TestLayout: shapes are checked before a value is read. That the data of resp_train is damaged shows only later.
func TestLayout(t *testing.T) {
	damaged := func(path string) string {
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		content[200] ^= 1 // after the headers of the entry and of the array
		if err := os.WriteFile(path, content, 0o666); err != nil {
			t.Fatal(err)
		}
		return path
	}
	good := damaged(archive(t, array(3, 4), array(3, 4), array(3)))
	if stimuli, neurons, err := Layout(t.Context(), good); stimuli != 3 || neurons != 4 || err != nil {
		t.Errorf("%d stimuli, %d neurons, %v", stimuli, neurons, err)
	}
	if _, err := Open(t.Context(), good); err == nil || !strings.Contains(err.Error(), "checksum") {
		t.Errorf("damaged: %v", err)
	}
	const want = "stimuli [5]: want [3] or [3 1]"
	bad := damaged(archive(t, array(3, 4), array(3, 4), array(5)))
	if _, err := Open(t.Context(), bad); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("Open: %v, want %q in it", err, want)
	}
	if _, _, err := Layout(t.Context(), bad); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("Layout: %v, want %q in it", err, want)
	}
}
