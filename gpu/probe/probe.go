// Package probe tries OpenGL drivers in a child process, so that one that aborts, crashes or hangs does not take the
// program with it. The child is the same program, started again. Its function main must call [Child] first.
//
// [Prober.Open] tries the devices that gpu.Open would try, [Prober.Devices] those of gpu.Devices. Both return what the
// child found. After Prober.Open the caller calls gpu.Open in its own process, with the places that died in
// Options.Without.
//
// Children are started on Linux only, by programs that have OpenGL. Elsewhere nothing is tried.
package probe

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"time"

	"gpuconv/gpu"
)

// variable is the environment variable that makes a process a child. Its value is the request, in JSON.
const variable = "GPUCONV_PROBE"

// limit is how long one step may take before the child is killed. An NVIDIA driver that no program uses yet takes
// seconds to initialise each GPU of a server.
const limit = 30 * time.Second

// Prober starts children.
type Prober struct {
	// Folder keeps, for later processes, what Open found; "" keeps nothing. Open makes the folder when it has something
	// to keep. A record is used until one of these changes: the environment, the user or groups, the limits of the
	// process, the program, or a library or device file that the child used. Open keeps nothing if a driver died, if no
	// device opened, or if an environment variable such as GALLIUM_DRIVER chooses the driver.
	Folder string
	Limit  time.Duration // for one step; default 30 s
}

// Found is what a child found.
type Found struct {
	Devices []gpu.Info  `json:"devices"` // the devices that opened
	Died    []gpu.Place `json:"-"`       // places where the child died or hung
	Failed  []gpu.Place `json:"failed"`  // places and EGL vendors that gave an error
	Reason  string      `json:"reason"`  // the child's error, if nothing opened
}

// PassedOver lists the places where the child died or hung, and the EGL vendors that cannot be loaded.
func (f Found) PassedOver() []gpu.Place {
	all := append([]gpu.Place(nil), f.Died...)
	for _, p := range f.Failed {
		if strings.HasPrefix(p.Name, "/") || strings.HasSuffix(p.Name, ".json") {
			all = append(all, p)
		}
	}
	return all
}

// Err returns the error for a machine on which nothing opened. It gives the reasons in one line.
func (f Found) Err() error {
	if len(f.Died) == 0 && f.Reason != "" {
		return fmt.Errorf("%w%s", gpu.ErrNoDevice, strings.TrimPrefix(f.Reason, gpu.ErrNoDevice.Error()))
	}
	return fmt.Errorf("%w; %s", gpu.ErrNoDevice, Together(append(f.Died[:len(f.Died):len(f.Died)], f.Failed...)))
}

// Together describes places in one line: "surfaceless, default display: the driver died of SIGABRT; …". Places that
// follow each other and have the same reason are named together.
func Together(places []gpu.Place) string {
	var groups []gpu.Place
	for _, p := range places {
		if last := len(groups) - 1; last >= 0 && groups[last].Why == p.Why {
			groups[last].Name += ", " + p.Name
			continue
		}
		groups = append(groups, p)
	}
	var texts []string
	for _, g := range groups {
		texts = append(texts, g.Error())
	}
	return strings.Join(texts, "; ")
}

// Open tries places as gpu.Open does, until one opens. tried is false if no child could run; then nothing is known
// about the drivers. If ctx ends first, Open kills the child and returns the error of ctx.
func (p Prober) Open(ctx context.Context, o gpu.Options) (found Found, tried bool, err error) {
	return p.probe(ctx, o, false)
}

// Devices tries places as gpu.Devices does. It does not use what Open has kept, and keeps nothing itself. It removes
// what Open has kept for this environment.
func (p Prober) Devices(ctx context.Context, provider gpu.Provider) (found Found, tried bool, err error) {
	return p.probe(ctx, gpu.Options{Provider: provider}, true)
}

// request says what a child must try.
type request struct {
	Device   string      `json:"device"`
	Provider string      `json:"provider"`
	All      bool        `json:"all"`
	Without  []gpu.Place `json:"without"`
}

// message is what a child writes: a step. The last message has End set, the libraries that the child has loaded in
// Files, and in Err why nothing opened.
type message struct {
	gpu.Step
	End   bool     `json:"end,omitempty"`
	Files []string `json:"files,omitempty"`
}

// Child returns at once unless this process was started as a child. In a child it does what the request says and ends
// the process.
func Child() {
	text, ok := os.LookupEnv(variable)
	if !ok {
		return
	}
	var r request
	if json.Unmarshal([]byte(text), &r) != nil || len(gpu.Providers()) == 0 {
		os.Exit(1)
	}
	o := gpu.Options{Without: r.Without}
	var err error
	if o.Device, err = gpu.ParseSelector(r.Device); err != nil {
		os.Exit(1)
	}
	if o.Provider, err = gpu.ParseProvider(r.Provider); err != nil {
		os.Exit(1)
	}
	serve(o, r.All)
	os.Exit(0)
}
