package dataset_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"gpuconv/dataset"
	"gpuconv/npy"
)

// Any archive of the layout is read, for example one with your own recordings: here 4 stimuli and 2 neurons.
func ExampleOpen() {
	dir, err := os.MkdirTemp("", "dataset")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "mine.npz")
	responses := &npy.Array{Shape: []int{4, 2}, Data: []float32{1, 0, 2, -1, 1, 0, 0, 1}}
	if err := npy.WriteNPZ(path,
		npy.Named{Name: "resp_train", Array: responses},
		npy.Named{Name: "resp_test", Array: responses},
		npy.Named{Name: "stimuli", Array: &npy.Array{Shape: []int{4}, Data: []float32{-90, -44, 1, 45}}},
	); err != nil {
		log.Fatal(err)
	}
	r, err := dataset.Open(context.Background(), path)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(r.Neurons, "neurons,", r.Orientation)
	bins, period, ok := r.Bins()
	fmt.Println(bins, period, ok)
	// Output:
	// 2 neurons, [-90 -44 1 45]
	// [-89.5 -44.5 0.5 45.5] 180 true
}
