package main

import (
	"encoding/json"
	"fmt"
	"io"
	"runtime"

	"gpuconv/gpu"

	"github.com/spf13/cobra"
	"golang.org/x/sys/cpu"
)

// inventory is what gpuconv info --json prints. Sizes are in bytes.
type inventory struct {
	Schema     int            `json:"schema"`
	Program    programReport  `json:"program"`
	CPU        cpuReport      `json:"cpu"`
	Devices    []deviceReport `json:"devices"`
	OpenGL     string         `json:"opengl,omitempty"` // why there are no devices
	Algorithms []string       `json:"algorithms"`
	Auto       string         `json:"auto"` // the backend that --backend auto takes
}

type cpuReport struct {
	Threads  int      `json:"threads"`
	Features []string `json:"features"`
}

type deviceReport struct {
	Index    int        `json:"index"` // as --device takes it; −1: cannot be chosen by number
	Name     string     `json:"name"`
	Renderer string     `json:"renderer"`
	Vendor   string     `json:"vendor"`
	Driver   string     `json:"driver"`
	Software bool       `json:"software"`
	Limits   gpu.Limits `json:"limits"`
}

func newInfo() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:     "info",
		Short:   "Show devices, their limits and CPU features",
		Example: "  gpuconv info\n  gpuconv info --json",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			found := takeInventory()
			if !asJSON {
				found.print(cmd.OutOrStdout())
				return nil
			}
			encoder := json.NewEncoder(cmd.OutOrStdout())
			encoder.SetIndent("", "  ")
			return encoder.Encode(found)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// takeInventory looks at the machine. That there is no OpenGL is a finding, not
// an error.
func takeInventory() inventory {
	found := inventory{
		Schema:  1,
		Program: programReport{Git: gitHash(), Go: runtime.Version(), OS: runtime.GOOS + "/" + runtime.GOARCH},
		CPU:     cpuReport{Threads: runtime.GOMAXPROCS(0), Features: cpuFeatures()},
		Devices: []deviceReport{}, Algorithms: gpu.AlgorithmNames(), Auto: "cpu",
	}
	infos, limits, err := gpu.Devices()
	if err != nil {
		found.OpenGL = err.Error()
	}
	for i, d := range infos {
		found.Devices = append(found.Devices, deviceReport{Index: d.Index, Name: d.Name, Renderer: d.Renderer,
			Vendor: d.Vendor, Driver: d.Version, Software: d.Software, Limits: limits[i]})
		if !d.Software {
			found.Auto = "gpu"
		}
	}
	return found
}

// cpuFeatures lists the vector extensions that this processor has.
func cpuFeatures() []string {
	features := []string{}
	for _, f := range []struct {
		name string
		has  bool
	}{
		{"sse4.2", cpu.X86.HasSSE42}, {"avx", cpu.X86.HasAVX}, {"avx2", cpu.X86.HasAVX2}, {"fma", cpu.X86.HasFMA},
		{"avx512f", cpu.X86.HasAVX512F}, {"avx512dq", cpu.X86.HasAVX512DQ}, {"avx512vl", cpu.X86.HasAVX512VL},
		{"asimd", cpu.ARM64.HasASIMD}, {"sve", cpu.ARM64.HasSVE},
	} {
		if f.has {
			features = append(features, f.name)
		}
	}
	return features
}

func (found inventory) print(w io.Writer) {
	fmt.Fprintf(w, "gpuconv   %s, %s, %s\n", found.Program.Git, found.Program.Go, found.Program.OS)
	fmt.Fprintf(w, "CPU       %d threads, %v\n", found.CPU.Threads, found.CPU.Features)
	for _, d := range found.Devices {
		d.print(w)
	}
	if len(found.Devices) == 0 {
		reason := found.OpenGL
		if reason == "" {
			reason = "no device gives an OpenGL 4.3 context"
		}
		fmt.Fprintf(w, "OpenGL    none: %s\n", reason)
	}
	fmt.Fprintf(w, "algorithms on a GPU, in the order in which they are asked: %v\n", found.Algorithms)
	fmt.Fprintf(w, "--backend auto takes %s\n", found.Auto)
}

func (d deviceReport) print(w io.Writer) {
	kind := "GPU"
	if d.Software {
		kind = "software renderer"
	}
	number := ""
	if d.Index >= 0 {
		number = fmt.Sprintf("--device %d: ", d.Index)
	}
	l := d.Limits
	fmt.Fprintf(w, "OpenGL    %s%s %s (%s), %s, OpenGL %s\n", number, kind, d.Renderer, d.Vendor, d.Name, d.Driver)
	fmt.Fprintf(w, "          storage block %s, uniform block %s, shared memory %s, work-groups %v, invocations %d in %v\n",
		size(float64(l.StorageBlock)), size(float64(l.UniformBlock)), size(float64(l.SharedMemory)), l.WorkGroups, l.WorkGroupInvocations, l.WorkGroupSize)
	if l.LoopIterations > 0 {
		fmt.Fprintf(w, "          one invocation may take %d loop iterations\n", l.LoopIterations)
	}
}
