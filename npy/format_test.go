package npy

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"io"
	"math"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gpuconv/whole"
)

// TestToFloat16: each float16 is its own, between two of them the nearer is taken, and the even one if none is nearer.
func TestToFloat16(t *testing.T) {
	for bits := range uint16(0x7c00) {
		low := float16(bits)
		if got := toFloat16(low); got != bits {
			t.Fatalf("%v becomes %#x, want %#x", low, got, bits)
		}
		if got := toFloat16(-low); got != bits|0x8000 {
			t.Fatalf("%v becomes %#x, want %#x", -low, got, bits|0x8000)
		}
		high := 65536.0 // beyond the last
		if bits+1 < 0x7c00 {
			high = float64(float16(bits + 1))
		}
		middle := float32((float64(low) + high) / 2) // exact
		even := bits + bits&1
		for v, want := range map[float32]uint16{math.Nextafter32(middle, 0): bits, middle: even,
			math.Nextafter32(middle, 1e9): bits + 1} {
			if got := toFloat16(v); got != want {
				t.Fatalf("%v becomes %#x, want %#x", v, got, want)
			}
		}
	}
	if nan := toFloat16(float32(math.NaN())); !math.IsNaN(float64(float16(nan))) {
		t.Errorf("NaN becomes %#x", nan)
	}
	if got := toFloat16(float32(math.Inf(-1))); got != 0xfc00 {
		t.Errorf("−∞ becomes %#x", got)
	}
}

// TestFormats: what is written in pieces is read back, from .npy and .npz, and from the chunks of Zarr, in float32 and
// float16.
func TestFormats(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	data := make([]float32, 7*2*3*5)
	for i := range data {
		data[i] = float32(r.IntN(2048)) / 64 // exact in float16
	}
	data[3] = 1e6 // infinite in float16
	for _, f := range []Format{{}, {Half: true}, {Kind: NPZ}, {Kind: NPZ, Half: true}, {Kind: Zarr, Chunk: 3},
		{Kind: Zarr, Chunk: 3, Half: true, Axes: []string{"image", "channel", "row", "column"}}, {Kind: Zarr, Chunk: 100}} {
		path := filepath.Join(t.TempDir(), f.Name("a"))
		file, err := whole.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		w, err := f.NewWriter(file, "a", 7, 2, 3, 5)
		if err != nil {
			t.Fatal(err)
		}
		for piece := range slices.Chunk(data, 11) {
			if err := w.Write(piece); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		want := slices.Clone(data)
		if f.Half {
			want[3] = float32(math.Inf(1))
		}
		if lost := w.Overflown(); lost != map[bool]int{true: 1}[f.Half] {
			t.Errorf("%v: %d numbers became infinite", f, lost)
		}
		if f.Kind == Zarr {
			readChunks(t, path, f, want)
			continue
		}
		got, err := ReadFile(t.Context(), path)
		if err != nil || !slices.Equal(got.Data, want) || !slices.Equal(got.Shape, []int{7, 2, 3, 5}) {
			t.Errorf("%v: %v, %v", f, got, err)
		}
	}
}

// readChunks compares the chunks of the array a of a Zarr archive with values; the last is filled with 0.
func readChunks(t *testing.T, path string, f Format, want []float32) {
	t.Helper()
	z, err := zip.OpenReader(path)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	var got []float32
	for _, e := range z.File {
		src, err := e.Open()
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(src)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(e.Name, "zarr.json") {
			if !json.Valid(content) || bytes.Contains(content, []byte(f.DType())) != (e.Name == "a/zarr.json") {
				t.Errorf("%s is %s", e.Name, content)
			}
			continue
		}
		part := make([]float32, len(content)/f.size())
		d, _ := parseDType(map[bool]string{false: "<f4", true: "<f2"}[f.Half])
		d.decode(part, content, new(Loss))
		got = append(got, part...)
	}
	if len(got) < len(want) || !slices.Equal(got[:len(want)], want) || slices.Max(append(got[len(want):], 0)) != 0 {
		t.Errorf("%v: chunks of %d numbers, want %d", f, len(got), len(want))
	}
}
