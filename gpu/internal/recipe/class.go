package recipe

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"gpuconv/fault"
)

// Class is a kind of device. Each class has tiles of its own.
type Class int

const (
	Other    Class = iota // hardware of any other maker
	NVIDIA                // hardware of NVIDIA, with any driver
	AMD                   // hardware of AMD
	Intel                 // hardware of Intel
	Software              // a software renderer: a CPU does the work
)

// traits are the properties of a class of devices from which the sizes of tiles follow.
type traits struct {
	name  string
	words *regexp.Regexp // in GL_RENDERER or GL_VENDOR, in lower case; nil if nothing names the class

	wave   int  // invocations that compute in step
	waves  int  // of a work-group without shared memory: one for each scheduler of a multiprocessor
	vector int  // registers that an invocation may take so that the device still holds enough waves to hide loads
	scalar int  // registers of a wave for values that all its invocations share; 0 if weights in uniforms take none
	masks  bool // conditions of an invocation take vector instructions: masks of bits take fewer
	shared int  // bytes of shared memory that a work-group may have, as its drivers say
	banks  int  // of shared memory, each of which serves 4 bytes at a time
	code   int  // multiplications that the cache of instructions holds
	fill   int  // invocations that keep a device busy
	busy   int  // work-groups of many waves that keep a device busy; 0 if any number does
}

// classes is the table of classes, in the order of the constants. No GPU was at hand. The numbers come from the manuals
// that are named beside them, and from what Mesa's compilers made of the shaders, which needs no GPU: those of radeonsi
// (ACO and LLVM), RADV, nvc0 and NVK (NAK).
var classes = [...]traits{
	Other: {
		name: "other",
		wave: 64, waves: 1, // Adreno's, the widest that are common (Qualcomm, OpenCL programming guide)
		vector: 64,       // Mali's most (Arm, Mali offline compiler: half of the invocations run with more than 32)
		shared: 32 << 10, // the least that OpenGL 4.3 promises
		banks:  16,       // as many as a warp of Mali's has lanes
		code:   2048,     // 32 KiB at 16 bytes each, a usual cache
		fill:   1 << 14,  // a dozen multiprocessors
		busy:   2 * 64,
	},
	NVIDIA: {
		name: "nvidia",
		// NVIDIA's own driver says NVIDIA Corporation; Mesa's nouveau says Mesa or nouveau, and a chip such as NV136;
		// NVK through zink says the card's name and NVK.
		words: regexp.MustCompile(`\b(nvidia|geforce|quadro|tesla|nvk|nouveau|nv[0-9a-f]{2,3})\b`),
		wave:  32, waves: 4, // CUDA C++ programming guide: warps, and four schedulers from Maxwell on
		vector: 128,      // 65,536 of a multiprocessor / 128 = 16 warps, four for each scheduler; 255 is the most
		scalar: 0,        // NAK: all 2,352 multiplications of the tutorial's case take weights from the constant bank
		masks:  true,     // NAK: six predicates, so that a selection by two conditions takes four instructions
		shared: 48 << 10, // as nvc0, NVK and NVIDIA's driver say
		banks:  32,       // CUDA C++ programming guide, shared memory
		code:   4096,     // 64 KiB: half of the instruction cache that two multiprocessors of Hopper share
		fill:   1 << 16,  // 132 multiprocessors of an H100 × 4 schedulers × 4 warps × 32
		busy:   2 * 132,  // two for each of them
	},
	AMD: {
		name: "amd",
		// radeonsi says AMD or X.Org, and AMD Radeon, NAVI22, GFX1100 or AMD RAVEN; zink on RADV says RADV.
		words: regexp.MustCompile(`\b(amd|ati|radeon|radeonsi|radv|navi[0-9]*|gfx[0-9a-f]{3,4}|advanced micro devices)\b`),
		wave:  64, waves: 1, // GCN's; RDNA takes 32 or 64 (RDNA 2 ISA, wave32 and wave64), and Mesa 64 for compute
		vector: 96,       // RDNA holds five waves of 64 with them, GCN two, and with more than 128 one (ISA guides)
		scalar: 104,      // 102 on GCN 3, 106 on RDNA (ISA guides): ACO spills more to lanes of vector registers
		shared: 64 << 10, // as radeonsi says; a compute unit of GCN has no more
		banks:  32,       // a compute unit's (ISA guides, local data share)
		code:   2048,     // 32 KiB for up to 4 compute units of GCN, 2 of RDNA; 16 bytes each, with loads and addresses
		fill:   1 << 15,  // 60 compute units of an RX 6800 × 2 schedulers × 4 waves × 64
		busy:   2 * 60,   // two for each of them
	},
	Intel: {
		name: "intel",
		// iris and crocus say Intel and Mesa Intel(R) …, ANV through zink Intel(R) …
		words: regexp.MustCompile(`\bintel\b`),
		wave:  16, waves: 4, // SIMD16, of 8, 16 and 32 (Intel, The Compute Architecture of Gen9, 5.3.5)
		vector: 64,       // a thread has 128 of 32 bytes (there, 5.3): 64 for each of 16 invocations
		scalar: 128,      // a register holds 8 uniforms: 16 registers of the 128 are left for them
		shared: 64 << 10, // of a subslice (there, 5.5.2)
		banks:  16,       // Intel, oneAPI GPU optimization guide, shared local memory
		code:   2048,     // 48 KiB a subslice, with 16 bytes for each multiplication of 16
		fill:   1 << 14,  // 24 to 96 units × 7 threads × 16
		busy:   2 * 64,
	},
	Software: {
		name: "software",
		words: regexp.MustCompile(`\b(llvmpipe|softpipe|swrast|swr|lavapipe|software rasterizer)\b` +
			`|swiftshader|basic render`),
		wave:   8, // vectors of 256 bits
		waves:  8,
		vector: 16,       // AVX2's
		shared: 32 << 10, // as llvmpipe says
		banks:  8,        // one vector: neighbours read neighbours
		code:   64,       // it serves to prove the shaders of hardware: compiling takes most of the time
		fill:   1,
	},
}

// ClassOf returns the class of a device from what its driver says in GL_VENDOR and GL_RENDERER. The renderer counts
// first, because drivers of Mesa may say Mesa as the vendor, whatever hardware they drive.
func ClassOf(vendor, renderer string) Class {
	vendor, renderer = strings.ToLower(vendor), strings.ToLower(renderer)
	if Software.named(renderer) {
		return Software
	}
	for _, text := range []string{renderer, vendor} {
		for class := range Software {
			if class.named(text) {
				return class
			}
		}
	}
	return Other
}

// DeviceClass returns the class of a device. listed means that EGL lists the device as software. It is then hardware
// only if its renderer names hardware. That can happen: with zink, EGL's software device is the first device of Vulkan,
// which may be a GPU.
func DeviceClass(vendor, renderer string, listed bool) Class {
	class := ClassOf(vendor, renderer)
	if listed && !class.named(strings.ToLower(renderer)) {
		return Software
	}
	return class
}

var mesaVersion = regexp.MustCompile(`Mesa (\d+)\.`)

// Fuses reports whether a renderer is an llvmpipe that computes fma() as one instruction, from what its driver says in
// GL_RENDERER and GL_VERSION. llvmpipe of Mesa 22.3.6 computes it as a multiplication and an addition, that of Mesa
// 26.2.6 as one instruction.
func Fuses(renderer, version string) bool {
	mesa := mesaVersion.FindStringSubmatch(version)
	if mesa == nil || !strings.Contains(renderer, "llvmpipe") {
		return false
	}
	major, err := strconv.Atoi(mesa[1])
	return err == nil && major >= 26
}

// named reports whether a text in lower case names the class.
func (c Class) named(text string) bool {
	words := classes[c].words
	return words != nil && words.MatchString(text)
}

// ClassNames lists the classes as ParseClass reads them: hardware, those with the most tiles of their own first, then
// software.
func ClassNames() (names []string) {
	for _, c := range []Class{NVIDIA, AMD, Intel, Other, Software} {
		names = append(names, c.String())
	}
	return names
}

// String is the name of the class, as ParseClass reads it.
func (c Class) String() string { return classes[c].name }

// ParseClass reads the name of a class.
func ParseClass(name string) (Class, error) {
	for c := range classes {
		if name == classes[c].name {
			return Class(c), nil
		}
	}
	return Other, &fault.Error{Package: "gpu", Argument: "tiles", Value: strconv.Quote(name),
		Rule: fmt.Sprintf("want one of %v", ClassNames())}
}

// lanes is how many invocations a work-group without shared memory has.
func (t traits) lanes() int { return t.wave * t.waves }

// sums is how many sums an invocation holds at most: in half of its registers. The other half is left for pixels,
// weights and addresses.
func (t traits) sums() int { return t.vector / 2 }
