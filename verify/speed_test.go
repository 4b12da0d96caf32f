//go:build cgo && !nogl

package verify

import (
	"context"
	"fmt"
	"testing"
	"time"

	"gpuconv/cpu"
	"gpuconv/gpu"
)

func TestSpeed(t *testing.T) {
	var subjects []Subject
	for _, name := range append([]string{}, gpu.AlgorithmNames()...) {
		d, err := gpu.Open(gpu.Options{Algorithm: name})
		if err != nil {
			t.Fatal(err)
		}
		defer d.Close()
		subjects = append(subjects, Subject{Backend: d, Name: "gpu", Algorithm: name, Device: d.Info().Renderer, Driver: d.Info().Version})
	}
	subjects = append(subjects, Subject{Backend: cpu.Engine{}, Name: "cpu"})
	n := map[string]int{}
	secs := map[string]float64{}
	began := time.Now()
	err := Runner{Judge: cpu.Reference{}, Subjects: subjects, Cases: Quick(Stimuli(), Banks()), Each: func(r Record) error {
		n[r.Subject.Name+r.Subject.Algorithm+" "+r.Outcome.Status().String()]++
		secs[r.Subject.Name+r.Subject.Algorithm] += r.Seconds
		if r.Outcome.Status().String() == "failed" {
			fmt.Println(r.Line())
		}
		return nil
	}}.Run(context.Background())
	fmt.Println(err, time.Since(began), n, secs)
}
