package experiment_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"gpuconv/conv"
	"gpuconv/cpu"
	"gpuconv/experiment"
	"gpuconv/filters"
	"gpuconv/param"
	"gpuconv/stimuli"
)

// Five gratings go through the tutorial's bank of filters, on the CPU.
func Example() {
	orientations, err := param.ParseValues("-90,-45,0,45,90")
	if err != nil {
		log.Fatal(err)
	}
	gratings, err := stimuli.NewSweep(stimuli.NMA{}, orientations)
	if err != nil {
		log.Fatal(err)
	}
	bank, err := experiment.TutorialBank(filters.NMA{Channels: 6, Size: 7})
	if err != nil {
		log.Fatal(err)
	}
	parent, err := os.MkdirTemp("", "")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(parent)
	folder := filepath.Join(parent, "out")

	job := experiment.Job{Images: gratings, Bank: bank, Spec: conv.Spec{Padding: conv.Pad(3, 3)},
		Check: experiment.Checking{Images: -1}}
	report, err := job.Run(context.Background(), cpu.Engine{}, folder)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(report.ActivationsShape, "from", report.StimuliShape, "and", report.FiltersShape)
	fmt.Println(report.Check.Images, "images checked,", report.Check.Wrong, "outputs wrong")
	files, err := os.ReadDir(folder)
	if err != nil {
		log.Fatal(err)
	}
	for _, f := range files {
		fmt.Println(f.Name())
	}
	// Output:
	// [5 6 48 64] from [5 1 48 64] and [6 1 7 7]
	// 5 images checked, 0 outputs wrong
	// activations.npy
	// activations.png
	// cells.csv
	// filters.csv
	// filters.png
	// run.json
	// stimuli.csv
	// stimuli.png
}
