package calls

import (
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"gpuconv/conv"
	"gpuconv/cpu"
	"gpuconv/fault"
	"gpuconv/gpu"
	"gpuconv/internal/input"
	"gpuconv/machine"
	"gpuconv/whole"
)

// Options say what Open opens. The zero value takes a hardware GPU if there is one, else the CPU engine.
type Options struct {
	Backend   string // auto, gpu, cpu or reference; "" is auto
	Device    string // of a GPU: any, gpu, software, task or a number that Devices lists; "" is any
	Algorithm string // forces one of the backend's; "" forces none
	Precision string // exact or fast; "" is exact
	Programs  string // folder that keeps compiled shaders; "" for none
}

// device is an open backend.
type device struct {
	conv.Backend
	close func() error // nil for the CPU
	info  DeviceInfo
	asked bool // the caller chose the algorithm or conv.Fast
	auto  bool // the caller left the choice: plans may fall back to the CPU engine
}

// DeviceInfo is what [Table.Info] and [Devices] say about a device.
type DeviceInfo struct {
	Backend  string `json:"backend"`            // gpu, cpu or reference
	Name     string `json:"name"`               // the processor, or the renderer as its driver names it
	Place    string `json:"place,omitempty"`    // of a GPU: where it was found
	Index    *int   `json:"index,omitempty"`    // of a GPU: its number, if it has one
	Vendor   string `json:"vendor,omitempty"`   // GL_VENDOR
	Version  string `json:"version,omitempty"`  // GL_VERSION, with the driver's version
	Software bool   `json:"software"`           // an OpenGL renderer that computes on the CPU
	Features string `json:"features,omitempty"` // of the CPU engine: the instructions that it uses
	Threads  int    `json:"threads,omitempty"`  // of the CPU
	Note     string `json:"note,omitempty"`     // why auto took no GPU
}

// Open opens a device.
func (t *Table) Open(o Options) (Handle, error) {
	d, err := open(o)
	if err != nil {
		return 0, err
	}
	return t.add(d), nil
}

func open(o Options) (*device, error) {
	precision := conv.Exact
	if o.Precision != "" {
		if err := precision.UnmarshalText([]byte(o.Precision)); err != nil {
			return nil, err
		}
	}
	asked := o.Algorithm != "" || precision == conv.Fast
	onCPU := o.Backend == "cpu" || o.Backend == "reference"
	if onCPU && o.Device != "" && o.Device != "any" {
		return nil, fault.New("gpuconv", "device", fault.Printable(o.Device),
			"want none with backend %s, it chooses a GPU", o.Backend)
	}
	switch o.Backend {
	case "cpu":
		return onEngine(o.Algorithm, "", precision, asked)
	case "reference":
		if o.Algorithm != "" {
			return nil, fault.New("gpuconv", "algorithm", fault.Printable(o.Algorithm),
				"want none, reference has only one")
		}
		return &device{Backend: cpu.Reference{}, info: onProcessor("reference")}, nil
	case "gpu":
		return onGPU(o, precision, asked)
	case "", "auto":
		ofTask := o.Device == gpu.Task().String()
		if (o.Device != "" && o.Device != "any" && !ofTask) || o.Algorithm != "" {
			return onGPU(o, precision, asked)
		}
		if !ofTask {
			o.Device = gpu.Hardware().String()
		}
		d, err := onGPU(o, precision, asked)
		if errors.Is(err, gpu.ErrNoDevice) || errors.Is(err, gpu.ErrUnavailable) {
			return onEngine("", strings.Join(strings.Fields(err.Error()), " "), precision, asked)
		}
		if d != nil {
			d.auto = true
		}
		return d, err
	}
	return nil, fault.New("gpuconv", "backend", fault.Printable(o.Backend), "want auto, gpu, cpu or reference")
}

func onProcessor(backend string) DeviceInfo {
	return DeviceInfo{Backend: backend, Name: machine.Processor(), Threads: runtime.GOMAXPROCS(0)}
}

func onEngine(algorithm, note string, precision conv.Precision, asked bool) (*device, error) {
	if algorithm != "" && !slices.Contains(cpu.AlgorithmNames(), algorithm) {
		return nil, fault.New("gpuconv", "algorithm", fault.Printable(algorithm), "want %s on the CPU",
			strings.Join(cpu.AlgorithmNames(), ", "))
	}
	info := onProcessor("cpu")
	info.Features = cpu.AvailableISAs()[0].String()
	info.Note = note
	return &device{Backend: cpu.Engine{Algorithm: algorithm, Precision: precision}, info: info, asked: asked}, nil
}

func onGPU(o Options, precision conv.Precision, asked bool) (*device, error) {
	options := gpu.Options{Algorithm: o.Algorithm, Precision: precision}
	if o.Algorithm != "" && !slices.Contains(gpu.AlgorithmNames(), o.Algorithm) {
		return nil, fault.New("gpuconv", "algorithm", fault.Printable(o.Algorithm), "want %s on a GPU",
			strings.Join(gpu.AlgorithmNames(), ", "))
	}
	var err error
	if o.Device != "" {
		if options.Device, err = gpu.ParseSelector(o.Device); err != nil {
			return nil, err
		}
	}
	if o.Programs != "" {
		if options.Programs, err = safeFolder(o.Programs); err != nil {
			return nil, err
		}
	}
	d, err := gpu.Open(options)
	if err != nil {
		return nil, err
	}
	return &device{Backend: d, close: d.Close, info: describeGPU(d.Info()), asked: asked}, nil
}

// safeFolder refuses a folder that others may write to, because drivers run the programs in it.
func safeFolder(folder string) (string, error) {
	folder, err := filepath.Abs(folder)
	if err != nil {
		return "", err
	}
	if err := input.CheckFolder(folder); err != nil {
		return "", &fault.Error{Package: "gpuconv", Argument: "programs", Value: fault.Printable(folder),
			Err: whole.Cause(err)}
	}
	return folder, nil
}

func describeGPU(i gpu.Info) DeviceInfo {
	d := DeviceInfo{Backend: "gpu", Name: i.Renderer, Place: i.Name, Vendor: i.Vendor, Version: i.Version,
		Software: i.Software}
	if i.Index >= 0 {
		d.Index = &i.Index
	}
	return d
}

// Info says what an open device is.
func (t *Table) Info(h Handle) (DeviceInfo, error) {
	d, err := find[*device](t, h)
	if err != nil {
		return DeviceInfo{}, err
	}
	return d.info, nil
}

// Inventory is what the machine has.
type Inventory struct {
	Devices []DeviceInfo `json:"devices"`          // the CPU first, then each OpenGL device that opens
	Reason  string       `json:"reason,omitempty"` // why there is no OpenGL device
}

// Devices opens and closes each OpenGL device of the machine. A driver that crashes takes the process with it.
func Devices() Inventory {
	engine := onProcessor("cpu")
	engine.Features = fmt.Sprint(cpu.AvailableISAs()[0])
	all := Inventory{Devices: []DeviceInfo{engine}}
	found, err := gpu.Devices(gpu.DefaultProvider)
	for _, i := range found {
		all.Devices = append(all.Devices, describeGPU(i))
	}
	if err != nil {
		all.Reason = strings.Join(strings.Fields(err.Error()), " ")
	}
	return all
}
