package npy

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// BenchmarkWriter writes 64 MiB to a file, in pieces. to=file is os.File.Write of the same bytes, which is the upper
// limit. to=converted is what big-endian machines do.
func BenchmarkWriter(b *testing.B) {
	const total = 16 << 20 // elements
	for _, piece := range []int{64, 48 * 64, 1 << 20} {
		data := make([]float32, piece)
		pieces := total / piece
		run := func(to string, write func(path string) error) {
			b.Run(fmt.Sprintf("to=%s/elements=%d", to, piece), func(b *testing.B) {
				path := filepath.Join(b.TempDir(), "a.npy")
				b.SetBytes(int64(4 * piece * pieces))
				for b.Loop() {
					if err := write(path); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
		run("file", func(path string) error { return writePlain(path, data, pieces) })
		run("npy", func(path string) error { return writePieces(path, data, pieces, newScratch()) })
		run("converted", func(path string) error { return writePieces(path, data, pieces, make([]byte, bufferSize)) })
	}
}

func writePlain(path string, data []float32, pieces int) error {
	f, err := os.Create(path + ".tmp")
	if err != nil {
		return err
	}
	defer f.Close()
	for range pieces {
		if _, err := f.Write(view(data)); err != nil {
			return err
		}
	}
	if err := f.Close(); err != nil {
		return err
	}
	return os.Rename(path+".tmp", path)
}

func writePieces(path string, data []float32, pieces int, scratch []byte) error {
	w, err := Create(path, pieces, len(data))
	if err != nil {
		return err
	}
	defer w.Abort()
	w.elements.scratch = scratch
	for range pieces {
		if err := w.Write(data); err != nil {
			return err
		}
	}
	return w.Close()
}

// BenchmarkReadFile reads 4 Mi elements of each dtype.
func BenchmarkReadFile(b *testing.B) {
	const n = 4 << 20
	for _, descr := range []string{"<f4", ">f4", "<f2", "<f8", ">f8", "|u1", "<i8"} {
		for _, fortran := range []bool{false, true} {
			b.Run(fmt.Sprintf("descr=%s/fortran=%v", descr, fortran), func(b *testing.B) {
				word := map[bool]string{true: "True", false: "False"}[fortran]
				head := fmt.Sprintf("{'descr': '%s', 'fortran_order': %s, 'shape': (1024, %d)}", descr, word, n/1024)
				path := filepath.Join(b.TempDir(), "a.npy")
				file := rawFile(1, head, make([]byte, n*int(descr[2]-'0')))
				if err := os.WriteFile(path, file, 0o666); err != nil {
					b.Fatal(err)
				}
				b.SetBytes(4 * n)
				for b.Loop() {
					if _, err := ReadFile(b.Context(), path); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
