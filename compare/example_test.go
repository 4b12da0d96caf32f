package compare_test

import (
	"fmt"
	"slices"

	"gpuconv/compare"
	"gpuconv/conv"
	"gpuconv/cpu"
)

// Test one backend against the float64 reference.
func Example() {
	p := conv.Problem{Src: conv.Shape{2, 1, 24, 32}, Weight: conv.Shape{6, 1, 7, 7},
		Spec: conv.Spec{Padding: conv.Pad(3, 3)}}
	c, err := compare.Random("a first layer", p)
	if err != nil {
		fmt.Println(err)
		return
	}
	trial, err := compare.NewTrial(cpu.Reference{}, c)
	if err != nil {
		fmt.Println(err)
		return
	}
	outcome := trial.Run(cpu.Engine{}, compare.Options{Relations: compare.Relations()})
	fmt.Println(outcome.Status())
	for _, f := range outcome.Findings[:6] {
		fmt.Println(f)
	}
	// Output:
	// passed
	// exact (integers) passed
	// exact (large integers) passed
	// locality (outliers) passed
	// bound passed
	// rms passed
	// guards passed
}

// Test one backend by the error bound alone.
func ExampleCheck() {
	p := conv.Problem{Src: conv.Shape{1, 3, 9, 9}, Weight: conv.Shape{4, 3, 3, 3}}
	c, err := compare.Random("small", p)
	if err != nil {
		fmt.Println(err)
		return
	}
	result, err := compare.Check(cpu.Engine{}, cpu.Reference{}, c)
	fmt.Println(result.OK(), result.Elements, err)
	// Output: true 196 <nil>
}

// Test an output that already exists.
func ExampleAnswer() {
	p := conv.Problem{Src: conv.Shape{1, 1, 4, 4}, Weight: conv.Shape{1, 1, 3, 3}}
	ones := func(s conv.Shape) *conv.Tensor {
		n, _ := s.Len()
		return &conv.Tensor{Shape: s, Data: slices.Repeat([]float32{1}, n)}
	}
	answer, err := compare.NewAnswer(cpu.Reference{},
		compare.Case{Name: "ones", Problem: p, Src: ones(p.Src), Weight: ones(p.Weight)})
	if err != nil {
		fmt.Println(err)
		return
	}
	got := &conv.Tensor{Shape: conv.Shape{1, 1, 2, 2}, Data: []float32{9, 9, 9, 8}}
	result, err := answer.Compare(got, conv.Description{})
	fmt.Println(result.OK(), result.Wrong, result.Got, result.Want, err)
	// Output: false 1 8 9 <nil>
}
