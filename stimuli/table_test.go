package stimuli

import (
	"bytes"
	"fmt"
	"path/filepath"
	"testing"

	"gpuconv/conv"
	"gpuconv/npy"
	"gpuconv/param"
)

// TestWriteTable: written in parts, a table has the bytes that it has whole. The sets have more images than a part has
// rows.
func TestWriteTable(t *testing.T) {
	const n = 2*partRows + 3
	orientations, err := param.Range(0, n, 1)
	if err != nil {
		t.Fatal(err)
	}
	sweep, err := NewSweep(NMA{Resolution: 0.1}, orientations)
	if err != nil {
		t.Fatal(err)
	}
	product, err := NewProduct(Canvas{Rows: 2, Columns: 2}, func() Pattern { return &Grating{} },
		param.Axis{Name: "orientation", Values: orientations})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "a.npy")
	if err := npy.WriteFile(file, &npy.Array{Shape: []int{n, 1, 1, 1}, Data: make([]float32, n)}); err != nil {
		t.Fatal(err)
	}
	array, err := OpenArray(t.Context(), file, Options{})
	if err != nil {
		t.Fatal(err)
	}
	part, err := NewPart(sweep, 7, n-20)
	if err != nil {
		t.Fatal(err)
	}
	joined, err := Join(sweep, sweep)
	if err != nil {
		t.Fatal(err)
	}
	ofJoined, err := NewPart(joined, 7, n)
	if err != nil {
		t.Fatal(err)
	}
	files := &Files{shape: conv.Shape{n, 1, 2, 2}}
	alike := &head{}
	for i := range n {
		files.items = append(files.items, item{path: fmt.Sprintf("folder/%d.png", i), head: alike})
	}
	files.items[n-1].page = 1 // in the last part
	ofFiles, err := NewPart(files, 7, n-20)
	if err != nil {
		t.Fatal(err)
	}
	for name, s := range map[string]Set{"sweep": sweep, "product": product, "array": array, "part": part,
		"joined": joined, "part of joined": ofJoined, "files": files, "part of files": ofFiles} {
		var whole, parts bytes.Buffer
		table, err := s.Table()
		if err == nil {
			err = table.WriteCSV(&whole)
		}
		if err == nil {
			err = WriteTable(&parts, s)
		}
		lines := bytes.Count(parts.Bytes(), []byte{'\n'})
		if err != nil || whole.String() != parts.String() || lines != s.Shape().N()+1 {
			t.Errorf("%s: %d bytes, want %d: %v", name, parts.Len(), whole.Len(), err)
		}
		want := float64(rowBytes * partRows)
		switch name {
		case "joined", "part of joined":
			want = rowBytes * float64(joined.Shape().N())
		case "files", "part of files":
			want += itemBytes*n + headBytes
		}
		if got := TableMemory(s); got != want {
			t.Errorf("%s: %v bytes, want %v", name, got, want)
		}
	}
	if err := array.Close(); err != nil {
		t.Error(err)
	}
}
