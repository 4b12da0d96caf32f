package recipe

import "gpuconv/conv"

// Profile is a device as plans see it.
type Profile struct {
	Class Class // of devices, whose tiles are taken
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
	Requests
	maps, lends bool // see [NewProfile]
}

// Requests are what callers, tests and measurements ask of plans. The zero value leaves every choice to the algorithms.
type Requests struct {
	Precision conv.Precision // of an algorithm that is not forced
	Tiling    Tiling         // forces how the algorithm cuts the work; nil leaves it to the algorithm
	Turns     int            // forces how many turns a strip of direct_soft has; 0 makes work-groups enough
	Apart     bool           // makes energy and pools a dispatch of their own, whatever a tile has room for
	Band      int            // forces how many rows of outputs a band has; 0 cuts only images that are too large
}

// NewProfile returns the profile of a device of a class within the limits of its context. maps says whether its driver
// maps buffers for good, lends whether it works in the caller's memory. How many loop iterations an invocation has
// follows from the class.
func NewProfile(class Class, limits Limits, maps, lends bool) Profile {
	d := Profile{Class: class, Limits: limits, Transfers: hardwareTransfers(maps), Busy: classes[class].busy,
		maps: maps, lends: lends}
	if class == Software {
		d.Transfers = softwareTransfers(lends)
		d.LoopIterations = SoftwareLoopLimit
		d.Unrolled = softwareUnrolled
	}
	return d
}

// As returns the profile of the same device with the tiles, chunks and algorithms of another class, whatever the device
// is. Its driver's limits stay, and where its loops end. It has no more shared memory than devices of that class.
func (d Profile) As(class Class) Profile {
	as := NewProfile(class, d.Limits, d.maps, d.lends)
	as.Requests = d.Requests
	as.SharedMemory = min(as.SharedMemory, classes[class].shared)
	if d.LoopIterations > 0 {
		as.LoopIterations = d.LoopIterations
	}
	return as
}

// softwareUnrolled is how many multiplications a program of a software renderer writes out: 2 s of compiling.
// BenchmarkConv guards it.
const softwareUnrolled = 3200
