package filters_test

import (
	"fmt"

	"gpuconv/conv"
	"gpuconv/filters"
)

// The tutorial's bank: a centre-surround pair and four Gabors of 7×7 pixels.
func ExampleNMA() {
	nma := filters.NMA{Channels: 6, Size: 7}
	weight, err := nma.Bank()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(weight.Shape)
	for _, name := range nma.Names() {
		fmt.Println(name)
	}
	// Output:
	// [6 1 7 7]
	// ON centre
	// OFF centre
	// Gabor θ 0°, prefers 90°
	// Gabor θ 45°, prefers 45°
	// Gabor θ 90°, prefers 0°
	// Gabor θ 135°, prefers 135°
}

// Quadrature pairs. conv.Energy makes complex cells of them.
func ExampleBank() {
	bank := filters.Bank{
		Filters:    []filters.Filter{&filters.Gabor{SF: 0.2}, &filters.Gabor{SF: 0.2, Orientation: 90}},
		Quadrature: true,
		Balanced:   true,
	}
	weight, err := bank.Weights()
	if err != nil {
		fmt.Println(err)
		return
	}
	names, err := bank.Names()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(weight.Shape)
	for k, name := range names {
		fmt.Printf("%d: %s\n", k, name)
	}
	// Output:
	// [4 1 15 15]
	// 0: 0°, phase 0
	// 1: 0°, phase 90
	// 2: 90°, phase 0
	// 3: 90°, phase 90
}

// Gabors that are distributed as the neurons of V1, the same ones for each seed.
func ExamplePopulation() {
	population := filters.Population{Count: 3, Seed: 1, SFCorrelation: 0.75}
	all, err := population.Filters()
	if err != nil {
		fmt.Println(err)
		return
	}
	weight, err := filters.Bank{Filters: all, Size: 25}.Weights()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(weight.Shape)
	// Output: [3 1 25 25]
}

// What a layer of PyTorch has before it is trained.
func ExamplePyTorch() {
	weight, bias, err := filters.PyTorch{Seed: 1}.Init(conv.Shape{8, 3, 5, 5})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(weight.Shape, len(bias))
	// Output: [8 3 5 5] 8
}
