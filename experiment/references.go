package experiment

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"
	"unicode/utf8"

	"gpuconv/fault"
	"gpuconv/whole"
)

// ReferencesName is the file that [MergeVirtual] writes in place of activations.npy.
const ReferencesName = arrayName + ".refs.json"

// mostReferences is how many chunks a file of references may have: of 100 bytes each, 13 MB.
const mostReferences = 1 << 17

// mostReferred is how many bytes a chunk of several images has at most. Zarr reads a chunk whole.
const mostReferred = 16 << 20

// references is what fsspec calls a reference file system, version 1: the names of files, and for each its text or
// where its bytes are. With zarr.json among them it is a store of Zarr 3, whose chunks are parts of the shards' arrays.
// https://fsspec.github.io/kerchunk/spec.html
type references struct {
	Version   int               `json:"version"`
	Templates map[string]string `json:"templates"`
	Refs      map[string]any    `json:"refs"`
}

// MergeVirtual does what [Merge] does, but copies no activations: in their place it writes [ReferencesName], which zarr
// opens through fsspec as one array. The shards must stay where they are. The first template in the file is the path of
// their folder. It refuses if there are so many images that no chunk size divides all shards and gives at most 131,072
// chunks.
func MergeVirtual(ctx context.Context, folder string, out *whole.Folder, progress func(done int)) (*Report, error) {
	return merge(ctx, folder, out, progress, (*merger).refer)
}

// refer compares the arrays of all shards with their checksums, and writes where their elements are.
func (m *merger) refer(ctx context.Context, out *whole.Folder, progress func(done int)) error {
	shape, format := m.total.ActivationsShape, m.format
	format.Axes, format.Chunk = axes, m.chunk()
	if chunks := shape.N() / format.Chunk; chunks > mostReferences {
		return fault.New("experiment", m.Folder, "", "the shards have %d and %d images: want sizes with a common "+
			"divisor, for at most %d chunks, or a merge that copies", m.reports[0].ActivationsShape.N(),
			m.reports[len(m.reports)-1].ActivationsShape.N(), mostReferences)
	}
	if err := m.each(ctx, nil, progress); err != nil {
		return err
	}
	path, err := filepath.Abs(m.Folder)
	if err == nil && !utf8.ValidString(path) { // JSON cannot hold it
		err = fault.New("experiment", m.Folder, "", "want a path in UTF-8")
	}
	if err != nil {
		return err
	}
	group, array, err := format.Metadata(shape[:]...)
	if err != nil {
		return err
	}
	r := references{1, map[string]string{"shards": path}, map[string]any{"zarr.json": string(group),
		arrayName + "/zarr.json": string(array)}}
	size := int64(format.Chunk) * shapeBytes(shape, format)
	n := 0
	for i, of := range m.reports {
		head, err := format.Head(of.ActivationsShape[:]...)
		if err != nil {
			return err
		}
		file := "{{shards}}/" + ShardName(i+1, len(m.reports)) + "/" + format.Name(arrayName)
		for k := range of.ActivationsShape.N() / format.Chunk {
			r.Refs[fmt.Sprintf("%s/c/%d/0/0/0", arrayName, n)] = []any{file, int64(len(head)) + int64(k)*size, size}
			n++
		}
	}
	m.total.ActivationsFile = ReferencesName
	return out.Write(ReferencesName, func(w io.Writer) error { return json.NewEncoder(w).Encode(r) })
}

// chunk returns how many images a chunk has, such that each shard has whole chunks: the largest such number that is not
// over mostReferred bytes, but at least 1.
func (m *merger) chunk() int {
	common := 0
	for _, r := range m.reports {
		common = divisor(common, r.ActivationsShape.N())
	}
	most := max(1, mostReferred/shapeBytes(m.total.ActivationsShape, m.format))
	for n := min(int64(common), most); n > 1; n-- {
		if int64(common)%n == 0 {
			return int(n)
		}
	}
	return 1
}

// divisor returns the greatest common divisor; of 0 and b it is b.
func divisor(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}
