package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"

	"gpuconv/batch"
	engines "gpuconv/cpu"
	"gpuconv/fault"
	"gpuconv/gpu"
	"gpuconv/gpu/probe"
	"gpuconv/machine"

	"github.com/spf13/cobra"
	"golang.org/x/sys/cpu"
)

// inventory is what gpuconv info --json prints. Sizes are in bytes.
type inventory struct {
	Schema      int            `json:"schema"` // 1; it changes when a field changes its meaning
	Program     programReport  `json:"program"`
	CPU         cpuReport      `json:"cpu"`
	Contexts    []string       `json:"contexts"`               // what --context may be here, the default first
	Devices     []deviceReport `json:"devices"`                // that open an OpenGL 4.3 context
	OpenGLError string         `json:"opengl_error,omitempty"` // why there are no devices
	PassedOver  []gpu.Place    `json:"passed_over,omitempty"`  // drivers that died or cannot be loaded
	Algorithms  []string       `json:"algorithms"`             // on a GPU, in the order in which they are tried
	AutoBackend string         `json:"auto_backend"`           // what --backend auto takes
	Cache       cacheReport    `json:"cache"`
}

type cpuReport struct {
	Model      string   `json:"model"`
	Threads    int      `json:"threads"`    // that the program may use
	Features   []string `json:"features"`   // vector extensions
	ISAs       []string `json:"isas"`       // instruction sets that the CPU engine can use here; it takes the first
	Algorithms []string `json:"algorithms"` // of the CPU engine, in the order in which they are tried
}

type deviceReport struct {
	Index    *int   `json:"index"` // as --device takes it; null if it has no number
	Name     string `json:"name"`  // where it was found
	Renderer string `json:"renderer"`
	Vendor   string `json:"vendor"`
	Driver   string `json:"driver"` // GL_VERSION, which has the driver's version too
	Software bool   `json:"software"`
	Class    string `json:"class"` // the class of devices that it belongs to, such as amd; it decides the tiles
	Limits   limits `json:"limits"`
}

// limits are the limits that plans on a device must keep.
type limits struct {
	gpu.Limits
	LoopIterations int `json:"loop_iterations"` // of one invocation's loops together; 0 for no limit
}

func newInfo() *cobra.Command {
	var asJSON bool
	var problem problemFlags
	var backend backendFlags
	var roof string
	cmd := &cobra.Command{
		Use:   "info [--problem …]",
		Short: "Show devices, their limits and CPU features, or how a convolution would be computed",
		Example: "  gpuconv info --json\n  gpuconv info --problem 512,1,48,64,6,7,3,1,1 --backend gpu\n" +
			"  gpuconv info --problem --input 1,3,224,224 --weight 64,3,7,7 --stride 2 --padding 3\n" +
			"  gpuconv info --problem 4096,1,48,64,6,7,3,1,1 --tiles nvidia --roof 67e12,4.8e12",
		RunE: func(cmd *cobra.Command, args []string) error {
			shown, err := showInfo(&problem, &backend, roof, cmd.Flags().Changed("problem"), cmd, args)
			if err != nil {
				return err
			}
			text := []byte(shown.String())
			if asJSON {
				if text, err = json.MarshalIndent(shown, "", "  "); err != nil {
					return err
				}
				text = append(text, '\n')
			}
			_, err = cmd.OutOrStdout().Write(text)
			return err
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	problem.register(cmd.Flags())
	backend.register(cmd.Flags())
	backend.registerTiles(cmd.Flags())
	cmd.Flags().StringVar(&roof, "roof", "",
		"with --problem: predict the time on paper, on hardware of the class in --tiles with these peaks,\n"+
			"operations of float32 and bytes of memory a second: 67e12,4.8e12 for an H200")
	return cmd
}

// showInfo returns what info prints: the machine or, if asked, the explanation of a problem.
func showInfo(problem *problemFlags, backend *backendFlags, roof string, asked bool, cmd *cobra.Command,
	args []string) (fmt.Stringer, error) {
	if !asked {
		if err := flagsOnly(cmd, args); err != nil {
			return nil, err
		}
		if err := withoutProblem(cmd.Flags(), false); err != nil {
			return nil, err
		}
		if backend.tiles != "" {
			return nil, refused("tiles", backend.tiles, errors.New("want --problem with it"))
		}
		if roof != "" {
			return nil, refused("roof", roof, errors.New("want --problem with it"))
		}
		return takeInventory(cmd.Context(), backend)
	}
	if len(args) > 1 {
		return nil, flagsOnly(cmd, args[1:])
	}
	p, err := problem.problem(cmd.Context(), strings.Join(args, ""))
	if err != nil {
		return nil, err
	}
	if err := backend.validate(); err != nil {
		return nil, err
	}
	peaks, err := parsePeaks(roof, backend)
	if err != nil {
		return nil, err
	}
	c, err := backend.open(cmd.Context())
	if err != nil {
		return nil, err
	}
	defer c.close()
	e, err := explain(p, c)
	if err == nil {
		err = problem.describe(cmd.Context(), p, c, &e)
	}
	if err == nil && roof != "" {
		e.Prediction, err = predict(p, c, peaks, roof)
		return e, err
	}
	return e, backend.elsewhere(err)
}

// takeInventory finds out what the machine has. A machine without OpenGL is not an error.
func takeInventory(ctx context.Context, backend *backendFlags) (inventory, error) {
	if err := backend.validate(); err != nil {
		return inventory{}, err
	}
	options, err := backend.options()
	if err != nil {
		return inventory{}, err
	}
	found := inventory{
		Cache:  openCache().report(),
		Schema: 1, Program: describeProgram(),
		CPU: cpuReport{Model: machine.Processor(), Threads: runtime.GOMAXPROCS(0), Features: cpuFeatures(),
			ISAs: isaNames(), Algorithms: engines.AlgorithmNames()},
		Contexts: []string{}, Devices: []deviceReport{}, Algorithms: gpu.AlgorithmNames(), AutoBackend: "cpu",
	}
	for _, c := range gpu.Providers() {
		found.Contexts = append(found.Contexts, c.String())
	}
	devices, died, err := devicesOf(ctx, options.Provider)
	if ctx.Err() != nil {
		return inventory{}, ctx.Err()
	}
	found.PassedOver = died
	if err != nil {
		found.OpenGLError = oneLine(fault.Beside("device", "any", err))
	}
	for _, d := range devices {
		r := deviceReport{Name: d.Name, Renderer: d.Renderer, Vendor: d.Vendor, Driver: d.Version, Software: d.Software,
			Class: d.Class, Limits: limits{d.Limits, d.LoopIterations}}
		if d.Index >= 0 {
			r.Index = &d.Index
		}
		if !d.Software {
			found.AutoBackend = "gpu"
		}
		found.Devices = append(found.Devices, r)
	}
	return found, nil
}

// devicesOf lists the devices that open and the drivers that are broken. It tries drivers in a child process, because a
// broken one may end its process.
func devicesOf(ctx context.Context, p gpu.Provider) (devices []gpu.Info, broken []gpu.Place, err error) {
	found, tried, err := openCache().prober().Devices(ctx, p)
	switch {
	case err != nil:
		return nil, nil, err
	case tried && len(found.Devices) > 0:
		return found.Devices, found.PassedOver(), nil
	case tried: // asking drivers again here could end this process
		return nil, found.PassedOver(), found.Err()
	}
	err = batch.Await(ctx, func() (err error) { devices, err = gpu.Devices(p); return err })
	if err != nil {
		return nil, nil, err
	}
	return devices, nil, nil
}

func isaNames() (names []string) {
	for _, isa := range engines.AvailableISAs() {
		names = append(names, isa.String())
	}
	return names
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

// String is the inventory for people.
func (found inventory) String() string {
	var b strings.Builder
	printLine(&b, "gpuconv   %s, %s, %s", found.Program.Git, found.Program.Go, found.Program.Platform)
	printLine(&b, "CPU       %s, %d threads, %s", found.CPU.Model, found.CPU.Threads, strings.Join(found.CPU.Features,
		" "))
	printLine(&b, "          the engine computes with %s (of %s), algorithms: %s",
		found.CPU.ISAs[0], strings.Join(found.CPU.ISAs, ", "), strings.Join(found.CPU.Algorithms, ", "))
	for _, d := range found.Devices {
		d.print(&b)
	}
	if len(found.Devices) == 0 {
		printLine(&b, "OpenGL    none: %s", found.OpenGLError)
	} else if len(found.PassedOver) > 0 {
		printLine(&b, "          passed over: %s", probe.Together(found.PassedOver))
	}
	if len(found.Contexts) > 0 {
		printLine(&b, "contexts that this program was built with: %s", strings.Join(found.Contexts, ", "))
	}
	printLine(&b, "algorithms on a GPU, in the order in which they are tried: %s", strings.Join(found.Algorithms, ", "))
	printLine(&b, "cache     %v", found.Cache)
	printLine(&b, "--backend auto takes %s", found.AutoBackend)
	return b.String()
}

func (d deviceReport) print(w io.Writer) {
	kind := "GPU"
	if d.Software {
		kind = "software renderer"
	}
	number := ""
	if d.Index != nil {
		number = fmt.Sprintf("--device %d: ", *d.Index)
	}
	l := d.Limits
	printLine(w, "OpenGL    %s%s %s (%s), %s, OpenGL %s", number, kind, d.Renderer, d.Vendor, d.Name, d.Driver)
	printLine(w, "          storage block %s, uniform block %s, shared memory %s, work-groups %v, invocations %d in %v",
		machine.Size(float64(l.StorageBlock)), machine.Size(float64(l.UniformBlock)),
		machine.Size(float64(l.SharedMemory)), l.WorkGroups, l.WorkGroupInvocations, l.WorkGroupSize)
	printLine(w, "          tiles of the class %s", d.Class)
	if l.LoopIterations > 0 {
		printLine(w, "          one invocation may take %d loop iterations", l.LoopIterations)
	}
}
