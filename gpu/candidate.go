//go:build cgo && !nogl

package gpu

import (
	"fmt"
	"unsafe"

	"gpuconv/gpu/internal/egl"
	"gpuconv/gpu/internal/glfw"
)

// candidate is a place where Open may try to open a context.
type candidate struct {
	name     string // see Info
	index    int    // see Info
	software bool   // known to be a software renderer before it is opened
	identity func() egl.Identity
	open     func() (current, error)
}

// current is an open context, current on the thread that opened it.
type current interface {
	ProcAddress(name string) unsafe.Pointer
	Close() error
}

// Providers lists the providers that this program was built with, the default first.
func Providers() (built []Provider) {
	if egl.Built {
		built = append(built, EGL)
	}
	if glfw.Built {
		built = append(built, GLFW)
	}
	return built
}

// candidates lists the places where o.Provider may open a context, best first. It opens none. libEGL does not load the
// vendors that o.Without names.
func (o Options) candidates() ([]candidate, error) {
	if o.Provider.resolve() == GLFW {
		if !glfw.Built {
			return nil, errNoGLFW
		}
		return []candidate{hiddenWindow()}, nil
	}
	var without []string
	for _, p := range o.Without {
		without = append(without, p.Name)
	}
	found, err := egl.Candidates(without)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNoDevice, err)
	}
	var all []candidate
	for _, f := range found {
		open := func() (current, error) { return f.Open() }
		all = append(all, candidate{name: f.Name, index: f.Index, software: f.Software, identity: f.Identity,
			open: open})
	}
	return all, nil
}

// hiddenWindow is the only candidate of GLFW.
func hiddenWindow() candidate {
	name := "hidden window"
	if display := glfw.Display(); display != "" {
		name += " on display " + display
	}
	return candidate{name: name, index: -1, open: func() (current, error) { return glfw.Open() }}
}

// order drops the candidates that cannot match s, and puts the likeliest first. If s asks for hardware, known software
// renderers come last, and if it asks for a software renderer, first. None of them is dropped, since what a candidate
// is may show only once it is open: zink on NVK, which is hardware, may open where EGL says software.
func (s Selector) order(candidates []candidate) []candidate {
	var software, rest []candidate
	for _, c := range candidates {
		switch {
		case (s.kind == numberedDevice || s.kind == taskDevice) && c.index != s.index:
		case c.software && (s.kind == softwareDevice || s.kind == hardwareDevice):
			software = append(software, c)
		default:
			rest = append(rest, c)
		}
	}
	if s.kind == hardwareDevice {
		return append(rest, software...)
	}
	return append(software, rest...)
}

// noDevice returns the error for the case that no candidate opens. It joins chosen, which says why [Task] is a certain
// device, and the reasons into one line.
func noDevice(s Selector, chosen string, candidates []candidate, reasons []error) error {
	text := ""
	if chosen != "" {
		text = "; " + chosen
	}
	for _, r := range reasons {
		text += "; " + r.Error()
	}
	if text == "" {
		last := -1
		for _, c := range candidates {
			last = max(last, c.index)
		}
		text = fmt.Sprintf("; EGL numbers its devices from 0 to %d", last)
		if last < 0 {
			text = "; EGL lists none by number"
		}
	}
	return s.failed(fmt.Errorf("%w%s", ErrNoDevice, text))
}
