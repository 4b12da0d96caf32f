package gpu

import "strings"

// Info says what a device is, in the words of its driver, and what its context can do.
type Info struct {
	Name     string // where it was found: "EGL device 0 (/dev/dri/renderD128)", "hidden window on display :0"
	Index    int    // number of the EGL device, for [Numbered]; −1 if it has none
	Vendor   string // GL_VENDOR
	Renderer string // GL_RENDERER
	Version  string // GL_VERSION, which includes the driver's version
	Software bool   // it is a software renderer: a CPU does the work
	Class    string // the device's own class, one of [ClassNames]
	Tiles    string // [Options].Tiles: the class as which it cuts problems; "" for its own class
	Task     string // of [Task]: which device it chose, and why
	Limits   Limits // those of the class in Tiles may be lower than the driver's

	// LoopIterations is the most iterations that all loops of one invocation may run in total; 0 for no limit.
	LoopIterations int
}

// String names the renderer, and says if it is software.
func (i Info) String() string {
	if i.Software {
		return "software renderer " + i.Renderer
	}
	return i.Renderer
}

// driver identifies a driver and its version. Drivers with different texts do not load each other's programs.
func (i Info) driver() string { return strings.Join([]string{i.Vendor, i.Renderer, i.Version}, "\n") }
