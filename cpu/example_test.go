package cpu_test

import (
	"fmt"
	"log"

	"gpuconv/conv"
	"gpuconv/cpu"
)

// The zero value uses all cores and the best instructions of the processor.
func ExampleEngine() {
	src := &conv.Tensor{Shape: conv.Shape{1, 1, 3, 3}, Data: []float32{1, 2, 3, 4, 5, 6, 7, 8, 9}}
	box := &conv.Tensor{Shape: conv.Shape{1, 1, 2, 2}, Data: []float32{1, 1, 1, 1}}
	dst, err := conv.Apply(cpu.Engine{}, conv.Spec{}, box, nil, src)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(dst.Shape, dst.Data)
	// Output:
	// [1 1 2 2] [12 16 24 28]
}

// Plain Go is the same on every platform. A plan says how it computes.
func ExampleEngine_describe() {
	p := conv.Problem{Src: conv.Shape{8, 64, 56, 56}, Weight: conv.Shape{64, 64, 3, 3}}
	d, err := cpu.Engine{ISA: cpu.Generic}.Explain(p)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(d.Algorithm)
	for _, r := range d.Rejected {
		fmt.Printf("not %s: %v\n", r.Algorithm, r.Reason)
	}
	// Output:
	// winograd
	// not dft: winograd comes before it
	// not depthwise: winograd comes before it
	// not direct: winograd comes before it
}

// A plan of the reference also gives the magnitude Σ|x||w| + |b| of each sum, from which error bounds are made.
func ExampleReference() {
	p := conv.Problem{Src: conv.Shape{1, 1, 1, 3}, Weight: conv.Shape{1, 1, 1, 2}}
	weight := &conv.Tensor{Shape: p.Weight, Data: []float32{1, -1}}
	plan, err := cpu.Reference{}.Plan(p, weight, nil)
	if err != nil {
		log.Fatal(err)
	}
	defer plan.Close()
	src := &conv.Tensor{Shape: p.Src, Data: []float32{3, 2, 5}}
	value, magnitude := make([]float64, 2), make([]float64, 2)
	if err := plan.(conv.Oracle).RunFloat64(value, magnitude, src); err != nil {
		log.Fatal(err)
	}
	fmt.Println(value, magnitude)
	// Output:
	// [1 -3] [5 7]
}
