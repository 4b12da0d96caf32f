package npy_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"gpuconv/npy"
)

// folder returns a new folder for an example, and what removes it.
func folder() (string, func()) {
	dir, err := os.MkdirTemp("", "npy")
	if err != nil {
		log.Fatal(err)
	}
	return dir, func() { os.RemoveAll(dir) }
}

// Write an array that is in memory, and read it back.
func Example() {
	dir, remove := folder()
	defer remove()
	path := filepath.Join(dir, "x.npy")
	if err := npy.WriteFile(path, &npy.Array{Shape: []int{2, 3}, Data: []float32{1, 2, 3, 4, 5, 6}}); err != nil {
		log.Fatal(err)
	}
	a, err := npy.ReadFile(context.Background(), path)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(a.Shape, a.Data)
	// Output:
	// [2 3] [1 2 3 4 5 6]
}

// An array of an archive has a key. Two dimensions are one image of one channel.
func ExampleArray_Images() {
	dir, remove := folder()
	defer remove()
	path := filepath.Join(dir, "x.npz")
	if err := npy.WriteNPZ(path, npy.Named{Name: "image",
		Array: &npy.Array{Shape: []int{1, 2}, Data: []float32{3, 4}}}); err != nil {
		log.Fatal(err)
	}
	a, err := npy.ReadFile(context.Background(), path+":image")
	if err != nil {
		log.Fatal(err)
	}
	t, err := a.Images()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(t.Shape, t.Data)
	// Output:
	// [1 1 1 2] [3 4]
}

// Write an array in pieces, here one image after the other. The file appears when it is complete.
func ExampleCreate() {
	dir, remove := folder()
	defer remove()
	path := filepath.Join(dir, "images.npy")
	w, err := npy.Create(path, 3, 1, 1, 2)
	if err != nil {
		log.Fatal(err)
	}
	defer w.Abort() // after Close it does nothing
	for n := range 3 {
		if err := w.Write([]float32{float32(n), float32(n) / 2}); err != nil {
			log.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		log.Fatal(err)
	}
	a, err := npy.ReadFile(context.Background(), path)
	fmt.Println(a.Shape, a.Data, err)
	// Output:
	// [3 1 1 2] [0 0 1 0.5 2 1] <nil>
}

// Read an array in pieces, so that memory has one image at a time.
func ExampleOpen() {
	dir, remove := folder()
	defer remove()
	path := filepath.Join(dir, "images.npy")
	if err := npy.WriteFile(path, &npy.Array{Shape: []int{2, 1, 2}, Data: []float32{1, 2, 3, 4}}); err != nil {
		log.Fatal(err)
	}
	r, err := npy.Open(context.Background(), path)
	if err != nil {
		log.Fatal(err)
	}
	defer r.Close()
	shape, err := npy.ImageShape(r.Shape())
	if err != nil {
		log.Fatal(err)
	}
	image := make([]float32, shape.C()*shape.H()*shape.W())
	for range shape.N() {
		if err := r.Read(image); err != nil {
			log.Fatal(err)
		}
		fmt.Println(image)
	}
	// Output:
	// [1 2]
	// [3 4]
}
