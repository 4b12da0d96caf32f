package recipe

import "unsafe"

// route is how images come to the device and outputs back.
type Route int

const (
	Copied Route = iota // OpenGL copies them, out of the caller's memory and into it
	Mapped              // through buffers of the driver's memory that stay mapped
	Lent                // not at all: shaders work in the caller's memory
)

// transfers says how a device moves images.
type Transfers struct {
	Route    Route
	Flights  int // chunks that are on their way at once, each with buffers of its own; 0 is one
	LentFrom int // bytes from which on memory is lent; below, it is copied
	Piece    int // bytes of images and outputs that are worth a flight; see chunk
}

// softwareTransfers: a software renderer computes in the call that dispatches and has
// no memory of its own. Nothing can overlap, but copies can be spared: lending takes
// 10 µs of CPU time off the 105 that an image of the seed's case takes, and costs two
// buffer objects a chunk. With 4 KiB each of src and dst that took a Run 104 µs instead
// of 101, with 32 KiB as long, 134, with 128 KiB 242 instead of 278 (BenchmarkRoutes).
func softwareTransfers(lends bool) Transfers {
	if lends {
		return Transfers{Route: Lent, Flights: 1, LentFrom: 32 << 10}
	}
	return Transfers{Route: Copied, Flights: 1}
}

// hardwareTransfers: while one chunk is computed, the one before it is copied out and
// the next one in, so three are on their way. Where the driver maps for good (OpenGL
// 4.4 or ARB_buffer_storage), its copies to and from mapped memory are asynchronous;
// elsewhere it decides itself what it waits for. No hardware was at hand to measure it.
func hardwareTransfers(maps bool) Transfers {
	if maps {
		return Transfers{Route: Mapped, Flights: 3, Piece: pieceBytes}
	}
	return Transfers{Route: Copied, Flights: 3, Piece: pieceBytes}
}

// sets returns how many sets of buffers a plan has.
func (t Transfers) Sets() int { return max(1, t.Flights) }

// lentAlignment is how lent memory is aligned: as Mesa aligns its own, which compiled
// shaders rely on.
const LentAlignment = 64

// lendable says whether memory is lent to shaders where it is.
func (t Transfers) Lendable(data []float32) bool {
	return t.Route == Lent && len(data) > 0 && 4*len(data) >= t.LentFrom &&
		uintptr(unsafe.Pointer(&data[0]))%LentAlignment == 0
}
