// Package probe tries OpenGL drivers in a child process, so that one that aborts, crashes or hangs does not take the
// program with it. The child is the program itself, started again: its function main calls [Child] first.
//
// [Prober.Open] tries what gpu.Open opens, [Prober.Devices] what gpu.Devices does. Both return what the child found.
// After Open the caller opens the device in its own process, with the places that died in Options.Without.
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

// variable makes a process the child. Its value is a request.
const variable = "GPUCONV_PROBE"

// limit is how long one step may take before the child is killed. An NVIDIA driver that is not resident initialises
// each GPU of a server for seconds when a first program asks.
const limit = 30 * time.Second

// Prober starts children.
type Prober struct {
	// Folder keeps what was found for later processes, and is made when there is something to keep; "" keeps nothing.
	// What is kept holds while the environment, the user and groups, the limits of the process, the program and
	// every library and device file that the child used stay as they are. That a driver died is never kept.
	Folder string
	Limit  time.Duration // of one step; default 30 s
}

// Found is what a child found.
type Found struct {
	Devices []gpu.Info  `json:"devices"` // that opened
	Died    []gpu.Place `json:"-"`       // that ended or stopped the child
	Failed  []gpu.Place `json:"failed"`  // that answered with an error, vendors of EGL included
	Reason  string      `json:"reason"`  // the error of gpu.Open or gpu.Devices, where nothing opened and nothing died
}

// PassedOver lists what died and the vendors of EGL whose libraries cannot be loaded.
func (f Found) PassedOver() []gpu.Place {
	all := append([]gpu.Place(nil), f.Died...)
	for _, p := range f.Failed {
		if strings.HasPrefix(p.Name, "/") || strings.HasSuffix(p.Name, ".json") {
			all = append(all, p)
		}
	}
	return all
}

// Err is the error of a machine on which nothing opened. It says why, in one line; places that follow each other and
// share a reason are named together.
func (f Found) Err() error {
	if len(f.Died) == 0 && f.Reason != "" {
		return fmt.Errorf("%w%s", gpu.ErrNoDevice, strings.TrimPrefix(f.Reason, gpu.ErrNoDevice.Error()))
	}
	return fmt.Errorf("%w; %s", gpu.ErrNoDevice, Together(append(f.Died[:len(f.Died):len(f.Died)], f.Failed...)))
}

// Together is the text of places: "surfaceless, default display: the driver died of SIGABRT; …".
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

// Open tries places as gpu.Open does, until one answers. tried is false where no child could try: that says nothing of
// the drivers. The error is that of ctx, if it is done before: then the child is killed.
func (p Prober) Open(ctx context.Context, o gpu.Options) (found Found, tried bool, err error) {
	return p.probe(ctx, o, false)
}

// Devices tries places as gpu.Devices does. It neither reads nor keeps what was found, and removes what Open has kept
// in this environment.
func (p Prober) Devices(ctx context.Context, provider gpu.Provider) (found Found, tried bool, err error) {
	return p.probe(ctx, gpu.Options{Provider: provider}, true)
}

// request is what a child is to try.
type request struct {
	Device   string      `json:"device"`
	Provider string      `json:"provider"`
	All      bool        `json:"all"`
	Without  []gpu.Place `json:"without"`
}

// message is what a child says: a step, or that it is at its end and which files it has loaded.
type message struct {
	gpu.Step
	End   bool     `json:"end,omitempty"`
	Files []string `json:"files,omitempty"`
}

// Child returns unless this process was started as a child. Then it tries what it was asked to, and ends the process.
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
