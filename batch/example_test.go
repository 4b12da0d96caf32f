package batch_test

import (
	"context"
	"fmt"
	"log"

	"gpuconv/batch"
	"gpuconv/conv"
	"gpuconv/cpu"
)

// numbers is four images of one pixel: 0, 1, 2 and 3.
type numbers struct{}

func (numbers) Shape() conv.Shape { return conv.Shape{4, 1, 1, 1} }

func (numbers) Draw(dst *conv.Tensor, first int) error {
	for i := range dst.Shape.N() {
		dst.Plane(i, 0)[0] = float32(first + i)
	}
	return nil
}

// Images are doubled without ever being in memory together.
func ExampleJob() {
	problem, err := batch.Portion(conv.Problem{Src: numbers{}.Shape(), Weight: conv.Shape{1, 1, 1, 1}})
	if err != nil {
		log.Fatal(err)
	}
	plan, err := cpu.Engine{}.Plan(problem, &conv.Tensor{Shape: problem.Weight, Data: []float32{2}}, nil)
	if err != nil {
		log.Fatal(err)
	}
	defer plan.Close()
	job := batch.Job{Source: numbers{}, Problem: problem, Plan: plan, Sink: func(first int, _, dst *conv.Tensor) error {
		fmt.Println("from image", first, "on:", dst.Data)
		return nil
	}}
	stats, err := job.Run(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(stats.Images, "images")
	// Output:
	// from image 0 on: [0 2 4 6]
	// 4 images
}
