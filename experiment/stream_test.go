package experiment

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"gpuconv/conv"
	"gpuconv/npy"
	"gpuconv/whole"
)

// TestStreams: a file is written whole or not at all.
func TestStreams(t *testing.T) {
	j := small(t)
	e := prepared(t, j, 7)
	failure := errors.New("failure")
	failing := e
	failing.Plan = altered{e.Plan, func(*conv.Tensor) error { return failure }}
	stream := func(e Prepared) func(*whole.File) error {
		return func(file *whole.File) error {
			_, err := Stream{Images: j.Images, Problem: e.Problem, Plan: e.Plan}.Write(t.Context(), file)
			return err
		}
	}
	drawn := func(file *whole.File) error { return Draw(t.Context(), j.Images, file) }
	for name, c := range map[string]struct {
		write func(*whole.File) error
		shape []int
		err   error
	}{
		"convolved": {stream(e), []int{30, 3, 10, 13}, nil},
		"failing":   {stream(failing), nil, failure},
		"drawn":     {drawn, []int{30, 1, 10, 13}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "x.npy")
			file, err := whole.Create(path)
			if err != nil {
				t.Fatal(err)
			}
			if err := c.write(file); !errors.Is(err, c.err) {
				t.Fatalf("error %v, want %v", err, c.err)
			}
			if entries, _ := os.ReadDir(filepath.Dir(path)); c.err != nil {
				if len(entries) > 0 {
					t.Errorf("it leaves %v", entries)
				}
				return
			}
			if a, err := npy.ReadFile(t.Context(), path); err != nil || !slices.Equal(a.Shape, c.shape) {
				t.Errorf("it reads as %v, %v", a, err)
			}
		})
	}
}
