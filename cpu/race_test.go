//go:build race

package cpu_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"gpuconv/conv"
	"gpuconv/cpu"
)

// TestReadsAreAnnounced: the race detector sees that the reference reads its source, though its inner loop is hidden
// from it. A process in which a goroutine writes to the source meanwhile must end with a report.
func TestReadsAreAnnounced(t *testing.T) {
	const variable = "TEST_RACE"
	methods := map[string]func(plan conv.Plan, src *conv.Tensor) error{
		"RunFloat64": func(plan conv.Plan, src *conv.Tensor) error {
			return plan.(conv.Oracle).RunFloat64(make([]float64, 9), make([]float64, 9), src)
		},
		"SampleFloat64": func(plan conv.Plan, src *conv.Tensor) error {
			return plan.(conv.Sampler).SampleFloat64(make([]float64, 1), make([]float64, 1), src, []int{4})
		},
	}
	if method, ok := methods[os.Getenv(variable)]; ok {
		race(t, method)
		return
	}
	for name := range methods {
		cmd := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$")
		cmd.Env = append(os.Environ(), variable+"="+name)
		out, err := cmd.CombinedOutput()
		if err == nil || !strings.Contains(string(out), "WARNING: DATA RACE") {
			t.Errorf("%s: %v, want the report of a race:\n%s", name, err, out)
		}
	}
}

// race runs a method of the reference while a goroutine writes to a pixel.
func race(t *testing.T, method func(conv.Plan, *conv.Tensor) error) {
	drawn := randomly(t, 1, conv.Shape{1, 1, 5, 5}, conv.Shape{1, 1, 3, 3})
	plan, err := cpu.Reference{}.Plan(conv.Problem{Src: drawn[0].Shape, Weight: drawn[1].Shape}, drawn[1], nil)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() { // it races on purpose
		drawn[0].Data[12] = 1
		close(done)
	}()
	if err := method(plan, drawn[0]); err != nil {
		t.Fatal(err)
	}
	<-done
}
