package verify

import (
	"fmt"

	"gpuconv/compare"
	"gpuconv/conv"
)

// Batches returns batches whose sizes are around what a work-group computes (64 blocks of outputs, or 256 positions),
// and batches of just under and just over 2¹⁶ images.
func Batches() (all []Case) {
	one := conv.Problem{Weight: conv.Shape{3, 1, 3, 3}, Src: conv.Shape{0, 1, 3, 3}, Bias: true}
	wide := conv.Problem{Spec: conv.Spec{Padding: conv.Pad(1, 1)}, Weight: conv.Shape{3, 1, 3, 3},
		Src: conv.Shape{0, 1, 2, 4}, Bias: true}
	tiny := conv.Problem{Weight: conv.Shape{1, 1, 1, 2}, Src: conv.Shape{0, 1, 1, 2}}
	for _, n := range []int{63, 64, 65, 255, 256, 257, 513} {
		all = append(all, batch("one output", one, n), batch("2x4 outputs", wide, n))
	}
	return append(all, batch("one output", tiny, 65535), batch("one output", tiny, 65537))
}

// Layers returns a few problems of realistic size: the tutorial's layer, and small layers with the shapes of a
// network's first and middle ones.
func Layers() (all []Case) {
	tutorial := conv.Problem{Spec: conv.Spec{Padding: conv.Pad(3, 3)}, Weight: conv.Shape{6, 1, 7, 7},
		Src: conv.Shape{0, 1, 48, 64}}
	first := conv.Problem{Spec: conv.Spec{Padding: conv.Pad(3, 3), Stride: [2]int{2, 2}},
		Weight: conv.Shape{16, 3, 7, 7}, Src: conv.Shape{0, 3, 37, 41}, Bias: true}
	middle := conv.Problem{Spec: conv.Spec{Padding: conv.Pad(1, 1), Activation: conv.ReLU},
		Weight: conv.Shape{64, 64, 3, 3}, Src: conv.Shape{0, 64, 9, 10}, Bias: true}
	return append(all, batch("the tutorial's layer", tutorial, 3), batch("a first layer", first, 2),
		batch("a middle layer", middle, 1))
}

// Edges returns batches whose sizes are around those at which a subject cuts batches into chunks. It returns none if
// the subject does not say where it cuts, refuses such problems, or cuts only from 128 images on. Strides and pools
// keep the outputs few for the judge.
func Edges(s Subject) (all []Case) {
	strided := conv.Problem{Spec: conv.Spec{Stride: [2]int{8, 8}}, Weight: conv.Shape{2, 1, 1, 1},
		Src: conv.Shape{0, 1, 512, 1024}}
	pooled := conv.Problem{Weight: conv.Shape{1, 1, 1, 1}, Src: conv.Shape{0, 1, 512, 1024}}
	pooled.Pool = conv.Pool{Kind: conv.MaxPool, Size: [2]int{8, 8}}
	explainer, ok := s.Backend.(conv.Explainer)
	if !ok {
		return nil
	}
	const many = 256 // images, of 2 MiB each
	for i, p := range []conv.Problem{strided, pooled} {
		name := [2]string{"strided", "pooled"}[i]
		p.Src[0] = many
		d, err := explainer.Explain(p)
		if err != nil || d.Chunk >= many/2 {
			continue
		}
		batches := []int{d.Chunk - 1, d.Chunk, d.Chunk + 1, 2*d.Chunk + 1}
		if i == 1 {
			batches = batches[2:3] // the judge computes every sum, half a million for each image
		}
		for _, n := range batches {
			if n > 0 {
				all = append(all, batch(fmt.Sprintf("chunks of %d, %s", d.Chunk, name), p, n))
			}
		}
	}
	return all
}

func batch(name string, p conv.Problem, n int) Case {
	p.Src[0] = n
	name = fmt.Sprintf("batch/%s/n=%d", name, n)
	return Case{Name: name, Problem: p, Stimulus: "random", Bank: "random",
		fill: func(name string) (compare.Case, error) { return compare.Random(name, p) }}
}
