package recipe

import "gpuconv/conv"

// Profile is a device as plans see it.
type Profile struct {
	Class Class
	Limits
	// LoopIterations is how many iterations the loops of one invocation may have together; 0 for no limit. See
	// [SoftwareLoopLimit].
	LoopIterations int
	Transfers      Transfers
	// Busy is how many work-groups keep the device busy; 0 if any number does.
	Busy int
	// Unrolled is how many multiplications a program of a software renderer may write out; 0 for no limit. More run
	// faster and compile longer.
	Unrolled int
	// Compiled reports whether a program costs no compiling, since a cache has it. It is nil if nobody knows.
	Compiled func(Key) bool
	Requests
}

// Class tells devices apart that have tiles of their own.
type Class int

const (
	Other    Class = iota // hardware of any other maker
	NVIDIA                // hardware of NVIDIA
	Software              // a software renderer: a CPU does the work
)

// Requests are what callers, tests and measurements ask of plans. The zero value leaves every choice to the algorithms.
type Requests struct {
	Precision conv.Precision // of an algorithm that is not forced
	Images    int            // of the whole job; 0 if a plan may run any number of times
	Tiling    Tiling         // forces how the algorithm cuts the work; nil leaves it to the algorithm
	Turns     int            // forces how many turns a strip of direct_soft has; 0 makes work-groups enough
	Apart     bool           // makes energy and pools a dispatch of their own, whatever a tile has room for
	Band      int            // forces how many rows of outputs a band has; 0 cuts only images that are too large
}

// NewProfile returns the profile of a device of a class within the limits of its context. maps says whether its driver
// maps buffers for good, lends whether it works in the caller's memory. How many loop iterations an invocation has
// follows from the class.
func NewProfile(class Class, limits Limits, maps, lends bool) Profile {
	d := Profile{Class: class, Limits: limits, Transfers: hardwareTransfers(maps)}
	switch class {
	case NVIDIA:
		d.Busy = 2 * 132 // two for each multiprocessor of an H100
	case Other:
		d.Busy = 2 * 64
	case Software:
		d.Transfers = softwareTransfers(lends)
		d.LoopIterations = SoftwareLoopLimit
		d.Unrolled = softwareUnrolled
	}
	return d
}

// hasCompiled reports whether a program is known to cost no compiling.
func (d Profile) hasCompiled(k Key) bool { return d.Compiled != nil && d.Compiled(k) }

// softwareUnrolled is how many multiplications a program of a software renderer writes out: 2 s of compiling.
// BenchmarkConv guards it.
const softwareUnrolled = 3200
