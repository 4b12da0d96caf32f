package conv_test

import (
	"encoding/json"
	"fmt"
	"log"

	"gpuconv/conv"
	"gpuconv/cpu"
)

// The smallest useful thing: one image, one kernel, one call.
func ExampleApply() {
	src := &conv.Tensor{Shape: conv.Shape{1, 1, 3, 4}, Data: []float32{
		1, 2, 3, 4,
		5, 6, 7, 8,
		9, 10, 11, 12,
	}}
	edges := &conv.Tensor{Shape: conv.Shape{1, 1, 1, 2}, Data: []float32{-1, 1}}
	dst, err := conv.Apply(cpu.Engine{}, conv.Spec{}, edges, nil, src)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(dst.Shape, dst.Data)
	// Output:
	// [1 1 3 3] [1 1 1 1 1 1 1 1 1]
}

// A padding of half the kernel keeps the size of the image; ReLU and a pool follow the sums.
func ExampleApply_spec() {
	src := &conv.Tensor{Shape: conv.Shape{1, 1, 4, 4}, Data: []float32{
		0, 0, 0, 0,
		0, 1, 0, 0,
		0, 0, -2, 0,
		0, 0, 0, 0,
	}}
	box := &conv.Tensor{Shape: conv.Shape{1, 1, 3, 3}, Data: []float32{1, 1, 1, 1, 1, 1, 1, 1, 1}}
	dst, err := conv.Apply(cpu.Engine{}, conv.Spec{
		Padding:    conv.Pad(1, 1),
		Activation: conv.ReLU,
		Pool:       conv.Pool{Kind: conv.MaxPool, Size: [2]int{2, 2}},
	}, box, []float32{0.5}, src)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(dst.Shape, dst.Data)
	// Output:
	// [1 1 2 2] [1.5 1.5 1.5 0]
}

// Plan once and run many times: weights are copied and packed once.
func ExamplePlan() {
	p := conv.Problem{Src: conv.Shape{2, 1, 2, 2}, Weight: conv.Shape{1, 1, 2, 2}}
	weight := &conv.Tensor{Shape: p.Weight, Data: []float32{0.25, 0.25, 0.25, 0.25}}
	plan, err := cpu.Engine{}.Plan(p, weight, nil)
	if err != nil {
		log.Fatal(err)
	}
	defer plan.Close()
	shape, err := p.Dst()
	if err != nil {
		log.Fatal(err)
	}
	dst, err := conv.NewTensor(shape)
	if err != nil {
		log.Fatal(err)
	}
	for batch := range 2 {
		n := float32(batch)
		src := &conv.Tensor{Shape: p.Src, Data: []float32{n, n, n, n, 1, 2, 3, 4}}
		if err := plan.Run(dst, src); err != nil {
			log.Fatal(err)
		}
		fmt.Println(dst.Data)
	}
	// Output:
	// [0 2.5]
	// [1 2.5]
}

// Dst validates a convolution. An error names the argument, its value and the rule.
func ExampleProblem_Dst() {
	p := conv.Problem{Src: conv.Shape{5, 1, 48, 64}, Weight: conv.Shape{6, 1, 7, 7},
		Spec: conv.Spec{Padding: conv.Pad(3, 3)}}
	fmt.Println(p.Dst())
	p.Weight[1] = 3
	_, err := p.Dst()
	fmt.Println(err)
	// Output:
	// [5 6 48 64] <nil>
	// conv: weight [6 3 7 7]: want 1 input channels (src C=1, groups=1)
}

// Padding that keeps the size of the image, as PyTorch's padding='same'.
func ExampleSame() {
	padding, err := conv.Same([2]int{7, 4}, [2]int{1, 1}, [2]int{1, 1})
	fmt.Println(padding, err) // top, bottom, left, right
	// Output:
	// 3,3,1,2 <nil>
}

// A Spec is read and written as JSON. What is left out keeps its zero value.
func ExampleSpec() {
	var s conv.Spec
	if err := json.Unmarshal([]byte(`{"stride": [2, 2], "padding_mode": "reflect", "pool": "max:3:2"}`),
		&s); err != nil {
		log.Fatal(err)
	}
	fmt.Println(s.Stride, s.PaddingMode, s.Pool)
	// Output:
	// [2 2] reflect max:3,3:2,2
}
