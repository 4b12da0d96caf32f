//go:build unix

package experiment

import (
	"math/rand/v2"
	"runtime"
	"testing"

	"gpuconv/batch"
	"gpuconv/conv"
	"gpuconv/param"

	"golang.org/x/sys/unix"
)

// photographs is a job of 5 images of 256×256 pixels, of noise: the check treats them like photographs.
func photographs(t *testing.T, filters, channels, size int) Job {
	t.Helper()
	r := rand.New(rand.NewPCG(5, 5))
	weight, err := conv.NewTensor(conv.Shape{filters, channels, size, size})
	if err != nil {
		t.Fatal(err)
	}
	images, err := conv.NewTensor(conv.Shape{5, channels, 256, 256})
	if err != nil {
		t.Fatal(err)
	}
	for _, values := range [][]float32{weight.Data, images.Data} {
		for i := range values {
			values[i] = r.Float32() - 0.5
		}
	}
	return Job{Images: inMemory{batch.InMemory{Images: images}}, Bank: UnknownBank(weight),
		Spec: conv.Spec{Padding: conv.Pad(size/2, size/2)}, Check: Checking{Sample: true}}
}

// inMemory is a set of images without a description.
type inMemory struct{ batch.InMemory }

func (inMemory) Table() (*param.Table, error) { return param.NewTable("image"), nil }
func (inMemory) Title(int) string             { return "" }

// cpuSeconds returns how long the process's threads had a core so far.
func cpuSeconds(t *testing.T) float64 {
	t.Helper()
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return float64(u.Utime.Nano()+u.Stime.Nano()) / 1e9
}

// TestCheckTakesLeastTime: whatever the shapes, the check of a job that itself takes no time costs at most leastTime on
// each core, and a little more to find out what an output costs. The CPU time of the check is measured, because on a
// busy machine it also waits.
func TestCheckTakesLeastTime(t *testing.T) {
	if testing.Short() {
		t.Skip("in full only: the race detector slows the reference many times, so that fewer outputs are judged")
	}
	const slack = 0.15
	for name, c := range map[string]struct {
		job   Job
		costs bool // outputs are so costly that fewer are judged
	}{
		"64 filters of 65×65": {photographs(t, 64, 1, 65), false},
		"photographs":         {photographs(t, 4, 1, 11), false},
		"costly":              {photographs(t, 1, 16, 255), true},
	} {
		w := &watched{}
		problem, err := c.job.Problem()
		if err != nil {
			t.Fatal(err)
		}
		on := Prepared{Problem: problem, Plan: zeros{}}
		if w.check, err = newChecker(on, c.job.Weight(), nil, 5, c.job.Check); err != nil {
			t.Fatal(err)
		}
		defer w.check.close()
		shape, err := problem.Dst()
		if err != nil {
			t.Fatal(err)
		}
		src, _ := conv.NewTensor(problem.Src)
		out, _ := conv.NewTensor(shape)
		start := cpuSeconds(t)
		for first := 0; first < 5; first += problem.Src.N() {
			n := min(problem.Src.N(), 5-first)
			if err := w.check.look(t.Context(), first, src.Images(0, n), out.Images(0, n)); err != nil {
				t.Fatal(err)
			}
		}
		took := (cpuSeconds(t) - start) / float64(runtime.GOMAXPROCS(0))
		share := w.check.drawn().finds(5 * float64(shape[1]*shape[2]*shape[3]))
		t.Logf("%s: %d outputs in %.3f s, finds %.2g", name, w.check.result.Elements, took, share)
		if took > leastTime.Seconds()+slack {
			t.Errorf("%s: %.3f s on each core: want at most 0.2 s", name, took)
		}
		if w.check.result.Elements == 0 || c.costs != (share > 0.001) {
			t.Errorf("%s: %d outputs find %.2g", name, w.check.result.Elements, share)
		}
	}
}

// zeros is a plan of outputs that are 0, which they are for images of zeros.
type zeros struct{ conv.Plan }
