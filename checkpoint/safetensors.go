package checkpoint

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"sort"
)

// Bounds of the header of a .safetensors file. A network has some thousand tensors, and its header has about 100 bytes
// for each.
const (
	mostHeader  = 16 << 20
	mostTensors = 1 << 16
)

// safetensorsTypes are the types of elements, as package npy names them. F8 and the complex types are not among them.
var safetensorsTypes = map[string]string{"F16": "f2", "BF16": "bf16", "F32": "f4", "F64": "f8", "I8": "i1", "I16": "i2",
	"I32": "i4", "I64": "i8", "U8": "u1", "U16": "u2", "U32": "u4", "U64": "u8", "BOOL": "b1"}

// safetensors is a .safetensors file: 8 bytes for the length of a JSON object, that object, and the data.
// https://huggingface.co/docs/safetensors/index#format
type safetensors struct {
	r     io.ReaderAt
	all   []tensor
	start int64 // of the data
}

func readSafetensors(r io.ReaderAt, size int64) (file, error) {
	if size < 8 {
		return nil, fmt.Errorf("a file of %d bytes: want at least 8, the length of the header", size)
	}
	var length [8]byte
	if _, err := r.ReadAt(length[:], 0); err != nil {
		return nil, err
	}
	n := binary.LittleEndian.Uint64(length[:])
	if n > mostHeader || int64(n) > size-8 {
		return nil, fmt.Errorf("a header of %d bytes: want at most %d, within the file's %d", n, mostHeader, size)
	}
	header := make([]byte, n)
	if _, err := r.ReadAt(header, 8); err != nil && err != io.EOF {
		return nil, err
	}
	entries, err := parseSafetensors(header)
	if err != nil {
		return nil, err
	}
	f := &safetensors{r: r, start: 8 + int64(n)}
	for name, e := range entries {
		t := tensor{name: name, shape: e.Shape, dtype: e.DType, start: e.Offsets[0], end: e.Offsets[1]}
		if known, ok := safetensorsTypes[e.DType]; ok {
			t.dtype = known
		}
		if t.start < 0 || t.end < t.start || t.end > size-f.start {
			return nil, fmt.Errorf("tensor %q from byte %d to %d: want it within the %d bytes of data", name, t.start,
				t.end, size-f.start)
		}
		f.all = append(f.all, t)
	}
	sort.Slice(f.all, func(i, j int) bool {
		a, b := f.all[i], f.all[j]
		return a.start < b.start || a.start == b.start && a.name < b.name
	})
	return f, nil
}

// safetensorsEntry is what the header says about a tensor.
type safetensorsEntry struct {
	DType   string   `json:"dtype"`
	Shape   []int    `json:"shape"`
	Offsets [2]int64 `json:"data_offsets"`
}

// parseSafetensors reads the header's object, one entry at a time.
func parseSafetensors(header []byte) (map[string]safetensorsEntry, error) {
	d := json.NewDecoder(bytes.NewReader(header))
	if open, err := d.Token(); err != nil || open != json.Delim('{') {
		return nil, fmt.Errorf("its header is not a JSON object")
	}
	entries := map[string]safetensorsEntry{}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return nil, fmt.Errorf("its header: %w", err)
		}
		if name == "__metadata__" { // free texts
			if err := d.Decode(new(json.RawMessage)); err != nil {
				return nil, fmt.Errorf("its header: %w", err)
			}
			continue
		}
		var e safetensorsEntry
		if err := d.Decode(&e); err != nil {
			return nil, fmt.Errorf("its header, tensor %q: %w", name, err)
		}
		if len(e.Shape) > mostDims {
			return nil, fmt.Errorf("tensor %q has %d dimensions: want at most %d", name, len(e.Shape), mostDims)
		}
		if entries[fmt.Sprint(name)] = e; len(entries) > mostTensors {
			return nil, fmt.Errorf("it has more than %d tensors: want at most that", mostTensors)
		}
	}
	if _, err := d.Token(); err != nil {
		return nil, fmt.Errorf("its header: %w", err)
	}
	return entries, nil
}

// mostDims is the largest number of dimensions of a tensor, as in NumPy.
const mostDims = 64

func (f *safetensors) tensors() []tensor { return f.all }
func (f *safetensors) others() []string  { return nil }

func (f *safetensors) section(t tensor) (io.ReadCloser, error) {
	return io.NopCloser(io.NewSectionReader(f.r, f.start+t.start, t.end-t.start)), nil
}
