package npy

import (
	"archive/zip"
	"bufio"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strings"
	"time"

	"gpuconv/conv"
	"gpuconv/fault"
	"gpuconv/whole"
)

// Kind is a kind of file.
type Kind int

// The kinds of files that an array is written to.
const (
	NPY  Kind = iota // .npy
	NPZ              // .npz: a zip archive, as numpy.savez writes it
	Zarr             // .zarr.zip: a zip archive with a group of Zarr 3
)

// String returns the name of the kind: npy, npz or zarr.
func (k Kind) String() string { return [...]string{"npy", "npz", "zarr"}[k] }

// Format says how an array is written. The zero value is .npy of float32.
type Format struct {
	Kind Kind
	// Half rounds to float16, to the nearest, ties to even. A number of magnitude 65,520 or more becomes infinite; one
	// below 2⁻²⁵ becomes 0. Between 2⁻¹⁴ and 65,504 the error is at most 2⁻¹¹ of the number.
	Half bool
	// Chunk is how many indices of the first axis are in a chunk of Zarr, at least 1. The last chunk is filled with 0.
	Chunk int
	// Axes names the axes of an array of Zarr, for xarray.
	Axes []string
}

// Name returns the name of the file of an array.
func (f Format) Name(array string) string {
	return array + [...]string{".npy", ".npz", ".zarr.zip"}[f.Kind]
}

// DType returns the type of the elements: float32 or float16.
func (f Format) DType() string {
	if f.Half {
		return "float16"
	}
	return "float32"
}

func (f Format) size() int {
	if f.Half {
		return 2
	}
	return 4
}

// NewWriter does what the function [NewWriter] does, for any format. array is the name of the array in a .npz or Zarr
// file. Zarr refuses a shape without axes.
func (f Format) NewWriter(file *whole.File, array string, shape ...int) (*Writer, error) {
	w, err := f.begin(file, array, shape)
	if err != nil {
		_ = file.Discard()
		return nil, &fault.Error{Package: "npy", Argument: file.Name(), Err: err}
	}
	return w, nil
}

func (f Format) begin(file *whole.File, array string, shape []int) (*Writer, error) {
	count, err := elementCount(shape)
	if err != nil {
		return nil, err
	}
	if f.Kind == Zarr && len(shape) == 0 {
		return nil, fmt.Errorf("a shape without axes: want at least one")
	}
	w := &Writer{name: file.Name(), shape: cloneShape(shape), left: count, file: file,
		out: bufio.NewWriterSize(file, bufferSize)}
	w.elements = f.NewEncoder(w.out)
	head := formatHeaderOf(shape, f.descr())
	if f.Kind == NPY {
		_, err := w.out.Write(head)
		return w, err
	}
	archive := zip.NewWriter(w.out)
	w.finish = archive.Close
	if f.Kind == NPZ {
		if w.elements.to, err = stored(archive, array+".npy"); err == nil {
			_, err = w.elements.to.Write(head)
		}
		return w, err
	}
	chunks, err := f.newChunks(archive, array, shape)
	if err != nil {
		return nil, err
	}
	w.elements.to, w.finish = chunks, chunks.close
	return w, nil
}

// stored begins an entry of an archive, without compression. The same arrays give the same bytes.
func stored(archive *zip.Writer, name string) (io.Writer, error) {
	return archive.CreateHeader(storedHeader(name))
}

func storedHeader(name string) *zip.FileHeader {
	return &zip.FileHeader{Name: name, Method: zip.Store,
		Modified: time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)} // zip's first day, as in NumPy
}

// chunks cuts elements into the chunks of an array of Zarr: each is an entry of the archive.
// https://zarr-specs.readthedocs.io/en/latest/v3/core/index.html
type chunks struct {
	archive *zip.Writer
	array   string
	axes    int
	size    int // bytes of a chunk
	left    int // bytes that the present chunk still takes; 0: there is none
	made    int
	entry   io.Writer
}

// grid returns the shape of a chunk.
func (f Format) grid(shape []int) []int {
	grid := cloneShape(shape)
	if len(grid) > 0 {
		grid[0] = max(1, min(f.Chunk, shape[0]))
	}
	return grid
}

// Metadata returns the texts of zarr.json of a group of Zarr 3 and of an array in it, in chunks of f.Chunk indices.
func (f Format) Metadata(shape ...int) (group, array []byte, err error) {
	type object = map[string]any
	metadata := object{"zarr_format": 3, "node_type": "array", "shape": cloneShape(shape), "data_type": f.DType(),
		"chunk_grid":         object{"name": "regular", "configuration": object{"chunk_shape": f.grid(shape)}},
		"chunk_key_encoding": object{"name": "default", "configuration": object{"separator": "/"}},
		"fill_value":         0.0, "attributes": object{},
		"codecs": []object{{"name": "bytes", "configuration": object{"endian": "little"}}}}
	if len(f.Axes) == len(shape) {
		metadata["dimension_names"] = f.Axes
	}
	group, err = json.MarshalIndent(object{"zarr_format": 3, "node_type": "group", "attributes": object{}}, "", "  ")
	if err == nil {
		array, err = json.MarshalIndent(metadata, "", "  ")
	}
	return append(group, '\n'), append(array, '\n'), err
}

// newChunks writes the metadata of a group and of its array.
func (f Format) newChunks(archive *zip.Writer, array string, shape []int) (*chunks, error) {
	elements, err := conv.Product(f.grid(shape)...)
	if err != nil {
		return nil, err
	}
	of, in, err := f.Metadata(shape...)
	if err != nil {
		return nil, err
	}
	for _, part := range []struct {
		name string
		text []byte
	}{{"zarr.json", of}, {array + zarrSuffix, in}} {
		entry, err := stored(archive, part.name)
		if err != nil {
			return nil, err
		}
		if _, err := entry.Write(part.text); err != nil {
			return nil, err
		}
	}
	return &chunks{archive: archive, array: array, axes: len(shape), size: elements * f.size()}, nil
}

// Write implements [io.Writer].
func (c *chunks) Write(p []byte) (n int, err error) {
	for len(p) > 0 {
		if c.left == 0 {
			if err := c.begin(); err != nil {
				return n, err
			}
		}
		part := p[:min(len(p), c.left)]
		if _, err := c.entry.Write(part); err != nil {
			return n, err
		}
		p, n, c.left = p[len(part):], n+len(part), c.left-len(part)
	}
	return n, nil
}

// key returns the name of the entry of a chunk, such as activations/c/3/0/0/0.
func (c *chunks) key(i int) string {
	return fmt.Sprintf("%s/c/%d%s", c.array, i, strings.Repeat("/0", c.axes-1))
}

// begin begins the entry of the next chunk.
func (c *chunks) begin() (err error) {
	c.entry, err = stored(c.archive, c.key(c.made))
	c.made, c.left = c.made+1, c.size
	return err
}

// close fills the last chunk and ends the archive.
func (c *chunks) close() error {
	zeros := make([]byte, min(c.left, bufferSize))
	for c.left > 0 {
		if _, err := c.Write(zeros[:min(c.left, len(zeros))]); err != nil {
			return err
		}
	}
	return c.archive.Close()
}

// writeHalves writes data as '<f2', rounded in scratch. It returns how many finite numbers became infinite.
func writeHalves(w io.Writer, data []float32, scratch []byte) (overflown int, err error) {
	for len(data) > 0 {
		n := min(len(data), len(scratch)/2)
		for i, v := range data[:n] {
			h := toFloat16(v)
			if h&0x7fff == 0x7c00 && !math.IsInf(float64(v), 0) {
				overflown++
			}
			binary.LittleEndian.PutUint16(scratch[2*i:], h)
		}
		if _, err := w.Write(scratch[:2*n]); err != nil {
			return overflown, err
		}
		data = data[n:]
	}
	return overflown, nil
}

// toFloat16 returns the bits of the float16 that is nearest to v, ties to even. A NaN stays one.
func toFloat16(v float32) uint16 {
	bits := math.Float32bits(v)
	sign := uint16(bits >> 16 & 0x8000)
	magnitude := bits & 0x7fffffff
	switch {
	case magnitude > 0x7f800000:
		return sign | 0x7e00 | uint16(magnitude>>13&0x3ff)
	case magnitude >= 0x477ff000: // 65,520: rounds to 2¹⁶, which float16 does not hold
		return sign | 0x7c00
	case magnitude < 0x38800000: // below 2⁻¹⁴: a multiple of 2⁻²⁴. The product is exact, RoundToEven ties to even
		return sign | uint16(math.RoundToEven(float64(math.Float32frombits(magnitude))*0x1p24))
	}
	odd := magnitude >> 13 & 1
	return sign | uint16((magnitude+0xfff+odd)>>13-(127-15)<<10)
}
