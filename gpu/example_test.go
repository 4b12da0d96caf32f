package gpu_test

import (
	"fmt"
	"log"

	"gpuconv/conv"
	"gpuconv/cpu"
	"gpuconv/gpu"
)

// Open a device, convolve, print. Where the machine has no OpenGL device the CPU engine computes the same.
func Example() {
	var backend conv.Backend = cpu.Engine{}
	if device, err := gpu.Open(gpu.Options{}); err == nil {
		defer device.Close()
		backend = device
	}
	src := &conv.Tensor{Shape: conv.Shape{1, 1, 3, 4}, Data: []float32{
		1, 2, 4, 8,
		1, 2, 4, 8,
		1, 2, 4, 8,
	}}
	weight := &conv.Tensor{Shape: conv.Shape{1, 1, 1, 2}, Data: []float32{-1, 1}}
	dst, err := conv.Apply(backend, conv.Spec{}, weight, nil, src)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(dst.Shape, dst.Data)
	// Output:
	// [1 1 3 3] [1 2 4 1 2 4 1 2 4]
}

// Plan once, run many times: a plan keeps its program and its weights on the device. Each Run takes any batch up to
// that of the problem.
func ExampleDevice_Plan() {
	var backend conv.Backend = cpu.Engine{}
	if device, err := gpu.Open(gpu.Options{}); err == nil {
		defer device.Close()
		backend = device
	}
	p := conv.Problem{Src: conv.Shape{4, 1, 3, 3}, Weight: conv.Shape{2, 1, 3, 3}}
	p.Padding = conv.Pad(1, 1)
	weight := &conv.Tensor{Shape: p.Weight, Data: []float32{
		1, 1, 1, 1, 1, 1, 1, 1, 1, // the sum of a pixel and its neighbours
		0, 0, 0, 0, 2, 0, 0, 0, 0, // twice the pixel
	}}
	plan, err := backend.Plan(p, weight, nil)
	if err != nil {
		log.Fatal(err)
	}
	defer plan.Close()
	for _, images := range []int{4, 1} {
		src, err := conv.NewTensor(conv.Shape{images, 1, 3, 3})
		if err != nil {
			log.Fatal(err)
		}
		for i := range src.Data {
			src.Data[i] = 1
		}
		dst, err := conv.NewTensor(conv.Shape{images, 2, 3, 3})
		if err != nil {
			log.Fatal(err)
		}
		if err := plan.Run(dst, src); err != nil {
			log.Fatal(err)
		}
		last := images - 1
		fmt.Println(dst.Shape, dst.Plane(last, 0), dst.Plane(last, 1))
	}
	// Output:
	// [4 2 3 3] [4 6 4 6 9 6 4 6 4] [2 2 2 2 2 2 2 2 2]
	// [1 2 3 3] [4 6 4 6 9 6 4 6 4] [2 2 2 2 2 2 2 2 2]
}

// List the devices. To open the device with the number 0, use gpu.Options{Device: gpu.Numbered(0)}.
func ExampleDevices() {
	devices, err := gpu.Devices(gpu.DefaultProvider)
	if err != nil {
		log.Fatal(err)
	}
	for _, d := range devices {
		fmt.Println(d.Index, d, d.Name)
	}
}
