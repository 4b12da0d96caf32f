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

// TestToFloat16: each float16 becomes itself; between two of them the nearer is taken, and the even one if none is
// nearer.
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
		{Kind: Zarr, Chunk: 3, Half: true, Axes: []string{"image", "channel", "row", "column"}},
		{Kind: Zarr, Chunk: 100}} {
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
		}
		got, err := ReadFile(t.Context(), path)
		if err != nil || !slices.Equal(got.Data, want) || !slices.Equal(got.Shape, []int{7, 2, 3, 5}) {
			t.Errorf("%v: %v, %v", f, got, err)
		}
		skipThrough(t, path, want)
	}
}

// skipThrough reads every third stretch of an array, and passes over the others. Then it reads all.
func skipThrough(t *testing.T, path string, want []float32) {
	t.Helper()
	r, err := Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	part := make([]float32, 13)
	for at := 0; at < len(want); {
		n := min(26, len(want)-at)
		if err := r.Skip(n); err != nil {
			t.Fatal(err)
		}
		at += n
		n = min(13, len(want)-at)
		if err := r.Read(part[:n]); err != nil || !slices.Equal(part[:n], want[at:at+n]) {
			t.Errorf("%s: elements %d … %d are %v, want %v, %v", path, at, at+n, part[:n], want[at:at+n], err)
		}
		at += n
	}
	wantError(t, r.Skip(1), "npy: "+r.name+": want to skip 0 to 0 elements, not 1")
	all := make([]float32, len(want))
	if err := r.Rewind(); err != nil {
		t.Fatal(err)
	}
	if err := r.Read(all); err != nil || !slices.Equal(all, want) {
		t.Errorf("%s: read again it is %v, want %v, %v", path, all, want, err)
	}
}

// TestZarrIsRefused: each archive of Zarr that [Format] would not write is refused, and the error says why.
func TestZarrIsRefused(t *testing.T) {
	const fine = `{"zarr_format": 3, "node_type": "array", "shape": [3, 2], "data_type": "float32", ` +
		`"chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [2, 2]}}, ` +
		`"chunk_key_encoding": {"name": "default"}, "codecs": [{"name": "bytes", "configuration": {"endian": "little"}}]}`
	chunk := strings.Repeat("1234", 4)
	for name, c := range map[string]struct {
		entries []string // name and content in turn
		key     string
		want    string // "" if it is read
	}{
		"fine":       {[]string{"a/zarr.json", fine, "a/c/0/0", chunk, "a/c/1/0", chunk}, "", ""},
		"by name":    {[]string{"a/zarr.json", fine, "a/c/0/0", chunk, "a/c/1/0", chunk}, "a", ""},
		"other name": {[]string{"a/zarr.json", fine}, "b", `: want the name of an array after a colon, as in a.zarr.zip:NAME; the names are "a"`},
		"no chunk":   {[]string{"a/zarr.json", fine, "a/c/0/0", chunk}, "", ":a: chunk a/c/1/0 is missing"},
		"short":      {[]string{"a/zarr.json", fine, "a/c/0/0", chunk, "a/c/1/0", "1234"}, "", ":a: chunk a/c/1/0 has 4 bytes: want 16"},
		"no JSON":    {[]string{"a/zarr.json", "{"}, "", ":a: zarr.json: unexpected end of JSON input"},
		"compressed": {[]string{"a/zarr.json", strings.Replace(fine, `"bytes"`, `"zstd"`, 1)}, "",
			":a: compressed, or not little-endian: want the codec bytes alone, as gpuconv writes it"},
		"version 2": {[]string{"a/zarr.json", strings.Replace(fine, "3", "2", 1)}, "", `:a: zarr_format 2, "array": want an array of Zarr 3`},
		"columns": {[]string{"a/zarr.json", strings.Replace(fine, "[2, 2]", "[2, 1]", 1)}, "",
			":a: chunks [2 1] of shape [3 2]: want chunks along the first axis, as gpuconv writes them"},
		"words": {[]string{"a/zarr.json", strings.Replace(fine, "float32", "string", 1)}, "",
			`:a: data_type "string": want float16, float32 or float64`},
		"huge": {[]string{"a/zarr.json", strings.Replace(fine, "[3, 2]", "[30000000, 2]", 1), "a/c/0/0", chunk}, "",
			":a: chunk a/c/1/0 is missing"},
	} {
		var content bytes.Buffer
		z := zip.NewWriter(&content)
		for i := 0; i < len(c.entries); i += 2 {
			entry, err := stored(z, c.entries[i])
			if err != nil {
				t.Fatal(err)
			}
			if _, err := io.WriteString(entry, c.entries[i+1]); err != nil {
				t.Fatal(err)
			}
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		r, err := newReader(bytes.NewReader(content.Bytes()), int64(content.Len()), "a.zarr.zip", c.key)
		if c.want == "" {
			if err == nil {
				_, err = r.Array()
			}
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		wantError(t, err, "npy: a.zarr.zip"+c.want)
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
