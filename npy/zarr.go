package npy

import (
	"archive/zip"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"gpuconv/whole"
)

// mostMetadata is the largest zarr.json in bytes. Those that [Format] writes have less than 1 kB.
const mostMetadata = 1 << 20

// zarrSuffix ends the name of the entry that describes an array of Zarr 3.
const zarrSuffix = "/zarr.json"

// zarrArrays returns the names of the arrays of Zarr 3 in an archive.
func zarrArrays(z *zip.Reader) (names []string) {
	for _, f := range z.File {
		if name, ok := strings.CutSuffix(f.Name, zarrSuffix); ok {
			names = append(names, name)
		}
	}
	return names
}

// zarrMetadata is the part of an array's zarr.json that says how its elements are stored.
// https://zarr-specs.readthedocs.io/en/latest/v3/core/index.html
type zarrMetadata struct {
	Format int    `json:"zarr_format"`
	Node   string `json:"node_type"`
	Shape  []int  `json:"shape"`
	DType  string `json:"data_type"`
	Grid   struct {
		Name          string `json:"name"`
		Configuration struct {
			Shape []int `json:"chunk_shape"`
		} `json:"configuration"`
	} `json:"chunk_grid"`
	Keys struct {
		Name string `json:"name"`
	} `json:"chunk_key_encoding"`
	Codecs []struct {
		Name          string `json:"name"`
		Configuration struct {
			Endian string `json:"endian"`
		} `json:"configuration"`
	} `json:"codecs"`
}

// newZarr starts to read an array of Zarr 3 from an archive, as [Format] writes it: not compressed, in chunks along the
// first axis. An empty key means the only array. A key that no array has is an error.
func newZarr(z *zip.Reader, size int64, name, key string) (*Reader, error) {
	names := zarrArrays(z)
	if key == "" && len(names) == 1 {
		key = names[0]
	}
	if !slices.Contains(names, key) {
		return nil, refused(name, "want the name of an array after a colon, as in a.zarr.zip:NAME; the names are %s",
			quote(strings.Join(names, ", ")))
	}
	name += ":" + key
	entries := map[string]*zip.File{}
	for _, f := range z.File {
		entries[f.Name] = f
	}
	of, err := readMetadata(entries[key+zarrSuffix], size)
	if err != nil {
		return nil, failed(name, err)
	}
	d, count, err := of.check()
	if err != nil {
		return nil, failed(name, err)
	}
	src, err := newChunkReader(entries, key, of, size, int64(d.size))
	if err != nil {
		return nil, failed(name, err)
	}
	part := key
	for _, f := range src.entries {
		part += fmt.Sprintf(" %08x", f.CRC32)
	}
	return &Reader{name: name, part: part, header: header{dtype: d, shape: of.Shape, count: count},
		src: elements{src: src, dtype: d, left: count}, left: count, closers: []io.Closer{src}}, nil
}

// readMetadata reads an array's zarr.json.
func readMetadata(f *zip.File, archive int64) (m zarrMetadata, err error) {
	if err := checkEntry(f, archive); err != nil {
		return m, err
	}
	if f.UncompressedSize64 > mostMetadata {
		return m, fmt.Errorf("zarr.json of %d bytes: want at most %d", f.UncompressedSize64, mostMetadata)
	}
	src, err := f.Open()
	if err != nil {
		return m, whole.Cause(err)
	}
	defer src.Close()
	text, err := io.ReadAll(src)
	if err != nil {
		return m, whole.Cause(err)
	}
	if err := json.Unmarshal(text, &m); err != nil {
		return m, fmt.Errorf("zarr.json: %w", err)
	}
	return m, nil
}

// check returns the type and the number of elements. It refuses what this package does not write, but
// takes float64, too.
func (m zarrMetadata) check() (dtype, int, error) {
	count, err := elementCount(m.Shape)
	if err != nil {
		return dtype{}, 0, err
	}
	chunk := m.Grid.Configuration.Shape
	switch {
	case m.Format != 3 || m.Node != "array":
		return dtype{}, 0, fmt.Errorf("zarr_format %d, %s: want an array of Zarr 3", m.Format, quote(m.Node))
	case len(m.Codecs) != 1 || m.Codecs[0].Name != "bytes" || m.Codecs[0].Configuration.Endian != "little":
		return dtype{}, 0, fmt.Errorf("compressed, or not little-endian: want the codec bytes alone, as gpuconv " +
			"writes it")
	case m.Grid.Name != "regular" || m.Keys.Name != "default" || len(m.Shape) == 0 || len(chunk) != len(m.Shape) ||
		chunk[0] < 1 || !slices.Equal(chunk[1:], m.Shape[1:]):
		return dtype{}, 0, fmt.Errorf("chunks %v of shape %v: want chunks along the first axis, as gpuconv writes them",
			chunk, m.Shape)
	}
	descr, ok := map[string]string{"float16": "<f2", "float32": "<f4", "float64": "<f8"}[m.DType]
	if !ok {
		return dtype{}, 0, fmt.Errorf("data_type %s: want float16, float32 or float64", quote(m.DType))
	}
	if _, err := elementCount(chunk); err != nil {
		return dtype{}, 0, err
	}
	d, err := parseDType(descr)
	return d, count, err
}

// chunkReader reads the elements of an array that is stored in chunks along its first axis.
type chunkReader struct {
	entries []*zip.File
	open    io.ReadCloser // the present chunk, or nil
	left    int64         // bytes of the array that were not read yet
}

// newChunkReader finds the entry of each chunk, and compares their sizes with the chunk's shape.
func newChunkReader(entries map[string]*zip.File, key string, m zarrMetadata,
	archive, element int64) (*chunkReader, error) {
	row := element // bytes of one index of the first axis
	for _, extent := range m.Shape[1:] {
		row *= int64(extent)
	}
	per := int64(m.Grid.Configuration.Shape[0])
	c := &chunkReader{left: row * int64(m.Shape[0])}
	if c.left == 0 {
		return c, nil
	}
	for i := range (int64(m.Shape[0]) + per - 1) / per {
		name := fmt.Sprintf("%s/c/%d%s", key, i, strings.Repeat("/0", len(m.Shape)-1))
		f := entries[name]
		if f == nil {
			return nil, fmt.Errorf("chunk %s is missing", name)
		}
		if err := checkEntry(f, archive); err != nil {
			return nil, err
		}
		if f.UncompressedSize64 != uint64(row*per) {
			return nil, fmt.Errorf("chunk %s has %d bytes: want %d", name, f.UncompressedSize64, row*per)
		}
		c.entries = append(c.entries, f)
	}
	return c, nil
}

// Read implements [io.Reader]. At the end of a chunk package zip checks its checksum; the filling of the last chunk is
// read for that.
func (c *chunkReader) Read(p []byte) (int, error) {
	for {
		if c.left == 0 {
			return 0, c.finish()
		}
		if c.open == nil {
			src, err := c.entries[0].Open()
			if err != nil {
				return 0, err
			}
			c.open, c.entries = src, c.entries[1:]
		}
		n, err := c.open.Read(p[:min(int64(len(p)), c.left)])
		c.left -= int64(n)
		if err != io.EOF {
			return n, err
		}
		c.open.Close()
		if c.open = nil; len(c.entries) == 0 && c.left > 0 {
			return n, io.ErrUnexpectedEOF
		}
		if n > 0 {
			return n, nil
		}
	}
}

// finish reads the filling of the last chunk. It returns [io.EOF] if all is right.
func (c *chunkReader) finish() error {
	if c.open != nil {
		if _, err := io.Copy(io.Discard, c.open); err != nil {
			return err
		}
	}
	return io.EOF
}

// Close implements [io.Closer].
func (c *chunkReader) Close() error {
	if c.open == nil {
		return nil
	}
	return c.open.Close()
}
