package cpu_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"gpuconv/conv"
	"gpuconv/cpu"
)

// square3 is a layer of 3×3 with a padding of 1.
func square3(n, channels, size, filters int) conv.Problem {
	return square(3, n, channels, size, filters)
}

// square is a layer of side×side whose outputs have the size of its images.
func square(side, n, channels, size, filters int) conv.Problem {
	return conv.Problem{Spec: conv.Spec{Padding: conv.Pad(side/2, side/2)}, Src: conv.Shape{n, channels, size, size},
		Weight: conv.Shape{filters, channels, side, side}}
}

// priced are problems with the algorithm that takes less time for packing its weights and computing the batch once. If
// both take about as long, the choice is "". With AVX-512 direct is twice as fast. Transforms wait for memory and gain
// less, so that they pay only for larger problems.
var priced = []struct {
	problem      conv.Problem
	avx2, avx512 string // the choice with these instruction sets
}{
	{square3(1, 512, 7, 512), "direct", "direct"},
	{square3(1, 1024, 7, 1024), "direct", "direct"},
	{square3(1, 512, 8, 8000), "direct", "direct"},
	{square3(8, 512, 7, 512), "direct", "direct"},
	{square3(1, 256, 14, 256), "direct", "direct"},
	{square3(1, 64, 8, 64), "direct", "direct"},
	{square3(8, 512, 14, 512), "winograd", ""},
	{square3(16, 48, 14, 48), "", "direct"},
	{square3(64, 32, 56, 32), "direct", "direct"},
	{square3(1, 64, 56, 64), "winograd", "direct"},
	{square3(8, 64, 28, 64), "winograd", ""},
	{square3(8, 64, 56, 64), "winograd", ""},
	{square3(8, 64, 54, 64), "winograd", ""},
	{square3(8, 128, 28, 128), "winograd", ""},
	{square3(8, 256, 14, 256), "winograd", ""},
	{square3(64, 512, 7, 512), "winograd", "winograd"},
	{square3(8, 256, 56, 256), "winograd", "winograd"},
	{square3(8, 192, 13, 384), "winograd", ""},
	{square3(1, 256, 138, 256), "winograd", "winograd"},
	{square(5, 1, 64, 27, 192), "direct", "direct"},
	{square(5, 8, 64, 27, 192), "winograd", ""},
	{square(5, 64, 64, 27, 192), "winograd", "winograd"},
	{square(5, 1, 96, 4, 64), "direct", "direct"},
}

func TestChoices(t *testing.T) {
	for _, c := range priced {
		for isa, want := range map[cpu.ISA]string{cpu.AVX2: c.avx2, cpu.AVX512: c.avx512} {
			if !slices.Contains(cpu.AvailableISAs(), isa) {
				continue
			}
			d, err := cpu.Engine{ISA: isa, Images: c.problem.Src.N()}.Explain(c.problem)
			if err != nil {
				t.Fatal(err)
			}
			winograd, direct := cpu.Prices(isa, c.problem)
			t.Logf("%v, %v %v: %s, priced at %.2g of direct", isa, c.problem.Src, c.problem.Weight, d.Algorithm,
				winograd/direct)
			if want != "" && d.Algorithm != want {
				t.Errorf("%v, %v %v: %s, want %s", isa, c.problem.Src, c.problem.Weight, d.Algorithm, want)
			}
		}
	}
}

// TestWide: an image that is four times as wide costs about four times as much, also if a row of its outputs has more
// blocks than a task of winograd has otherwise. It may cost less, because a longer row reads the weights as often as a
// short one.
func TestWide(t *testing.T) {
	for _, isa := range cpu.AvailableISAs() {
		for _, channels := range []int{64, 512} {
			p := square3(64, channels, 32, channels)
			p.Src[3] = 512
			winograd, direct := cpu.Prices(isa, p)
			p.Src[3] *= 4
			wide, wideDirect := cpu.Prices(isa, p)
			for name, ratio := range map[string]float64{"winograd": wide / winograd, "direct": wideDirect / direct} {
				if !(ratio > 3 && ratio < 4.5) {
					t.Errorf("%v, %d channels: %s costs %.3g times as much, want about 4", isa, channels, name, ratio)
				}
			}
			if _, err := (cpu.Engine{ISA: isa}).Explain(p); err != nil {
				t.Error(err)
			}
		}
	}
}

// TestExpecting: the choice depends on the number of images of the whole job, not on that of a batch. If nobody says
// how many images there are, the engine expects any number.
func TestExpecting(t *testing.T) {
	for _, c := range []struct {
		problem conv.Problem
		images  int
		choice  string
	}{
		{square3(1, 512, 8, 8000), 1, "direct"},
		{square3(1, 512, 8, 8000), 0, "direct"}, // its weights come from memory for each image
		{square3(8, 192, 13, 384), 0, "winograd"},
		{square3(8, 64, 56, 64), 0, "winograd"},
		{square3(8, 128, 56, 128), 4, "winograd"}, // less than the batch
		{square3(1, 256, 14, 256), 100, "winograd"},
		{square3(1, 32, 56, 32), 1 << 40, "direct"}, // of too few channels
	} {
		d, err := conv.Expecting(cpu.Engine{}, c.images).(cpu.Engine).Explain(c.problem)
		if err != nil {
			t.Fatal(err)
		}
		if d.Algorithm != c.choice {
			t.Errorf("%v %v, %d images: %s, want %s", c.problem.Src, c.problem.Weight, c.images, d.Algorithm, c.choice)
		}
	}
}

// TestExpectingWhole: how a job is cut into batches makes no difference to the choice.
func TestExpectingWhole(t *testing.T) {
	differs := false
	for _, layer := range []conv.Problem{square3(1, 128, 8, 128), square3(1, 64, 4, 64), square3(1, 256, 8, 256),
		square3(1, 64, 16, 64), square3(1, 512, 8, 512)} {
		for _, images := range []int{1, 8, 60, 500, 10_000} {
			choice := func(batch, images int) string {
				p := layer
				p.Src = p.Src.WithN(batch)
				d, err := conv.Expecting(cpu.Engine{}, images).(cpu.Engine).Explain(p)
				if err != nil {
					t.Fatal(err)
				}
				return d.Algorithm
			}
			want := choice(images, images)
			for batch := 1; batch < images; batch = 2*batch + 1 {
				if got := choice(batch, images); got != want {
					t.Errorf("%v %v, %d of %d images: %s, want %s", layer.Src, layer.Weight, batch, images, got, want)
				}
				differs = differs || choice(batch, 0) != want
			}
		}
	}
	if !differs {
		t.Error("the batch never makes a difference: want a case where it would")
	}
}

// TestBatchesKeepBits: however a job of many channels is cut into batches, its outputs have the same bits.
func TestBatchesKeepBits(t *testing.T) {
	const images, job = 12, 500 // job counts images of other batches, too
	p := square3(images, 128, 8, 128)
	random := rand.New(rand.NewPCG(1, 2))
	tensor := func(shape conv.Shape) *conv.Tensor {
		made, err := conv.NewTensor(shape)
		if err != nil {
			t.Fatal(err)
		}
		for i := range made.Data {
			made.Data[i] = random.Float32() - 0.5
		}
		return made
	}
	src, weight := tensor(p.Src), tensor(p.Weight)
	var want []float32
	for _, batch := range []int{images, 1, 5} {
		p.Src = p.Src.WithN(batch)
		plan, err := conv.Expecting(cpu.Engine{}, job).Plan(p, weight, nil)
		if err != nil {
			t.Fatal(err)
		}
		var got []float32
		for first := 0; first < images; first += batch {
			part := src.Images(first, min(first+batch, images))
			shape, _ := p.Dst()
			dst := tensor(shape.WithN(part.Shape.N()))
			if err := plan.Run(dst, part); err != nil {
				t.Fatal(err)
			}
			got = append(got, dst.Data...)
		}
		plan.Close()
		if want == nil {
			want = got
		}
		if !slices.Equal(got, want) {
			t.Errorf("batches of %d make other bits", batch)
		}
	}
}

// payMost is how many times as long as direct a choice may take. Wrong choices that people reported took 8 to 13 times
// as long. It is more than 1 because machines differ: a plan of 5 ms that takes 0.8 of direct's time on one machine
// takes 1.5 of it on another, where memory that is written for the first time costs more.
const payMost = 2

// TestChoicesPay times packing and one run together, with the algorithm that is chosen and with direct. It tries them
// in turn and takes the least time of each: processor time, or the wall clock's on systems that do not tell it.
func TestChoicesPay(t *testing.T) {
	if testing.Short() {
		t.Skip("it times, which the race detector disturbs")
	}
	for _, c := range priced {
		if c.problem.MACs() > 2e9 {
			continue // it takes too long, and nobody doubts it
		}
		t.Run(fmt.Sprintf("%v/%v", c.problem.Src, c.problem.Weight), func(t *testing.T) {
			drawn, itself := painted(t, 20, c.problem, normal), cpu.Engine{Images: c.problem.Src.N()}
			job := func(e cpu.Engine) float64 {
				wall, start := time.Now(), cpuSeconds()
				computed(t, e, drawn)
				if used := cpuSeconds() - start; used > 0 {
					return used
				}
				return time.Since(wall).Seconds()
			}
			chosen, direct := job(itself), job(cpu.Engine{Algorithm: "direct"})
			for try := 0; chosen > payMost*direct || try < 3; try++ {
				if try == ratioTries {
					t.Fatalf("%.3g s, direct takes %.3g", chosen, direct)
				}
				chosen, direct = min(chosen, job(itself)), min(direct, job(cpu.Engine{Algorithm: "direct"}))
			}
			t.Logf("%.3g s, %.2f of what direct takes", chosen, chosen/direct)
		})
	}
}
