package recipe

import "fmt"

// Limits are the limits that OpenGL reports for a device. Plans stay within them. Sizes are in bytes unless a field
// says otherwise.
type Limits struct {
	StorageBlock         int    `json:"storage_block"`          // GL_MAX_SHADER_STORAGE_BLOCK_SIZE
	UniformBlock         int    `json:"uniform_block"`          // GL_MAX_UNIFORM_BLOCK_SIZE
	UniformAlignment     int    `json:"uniform_alignment"`      // GL_UNIFORM_BUFFER_OFFSET_ALIGNMENT
	TextureBuffer        int    `json:"texture_buffer"`         // GL_MAX_TEXTURE_BUFFER_SIZE, in texels
	SharedMemory         int    `json:"shared_memory"`          // GL_MAX_COMPUTE_SHARED_MEMORY_SIZE
	WorkGroups           [3]int `json:"work_groups"`            // GL_MAX_COMPUTE_WORK_GROUP_COUNT
	WorkGroupSize        [3]int `json:"work_group_size"`        // GL_MAX_COMPUTE_WORK_GROUP_SIZE
	WorkGroupInvocations int    `json:"work_group_invocations"` // GL_MAX_COMPUTE_WORK_GROUP_INVOCATIONS
}

// SoftwareLoopLimit is the most iterations that llvmpipe executes for one invocation, in all its loops together. It
// skips further ones without an error. Mesa names the limit LP_MAX_TGSI_LOOP_ITERATIONS. The last check of a loop,
// which ends it, counts as an iteration too. TestLoopLimit of package gpu guards the number.
const SoftwareLoopLimit = 65535

// outerIterations returns how many iterations a loop may have if each contains an inner loop of this many iterations:
// at most want, and 0 if not even one is possible.
func (d Profile) outerIterations(want, inner int) int {
	if d.LoopIterations == 0 {
		return want
	}
	// Each iteration counts as inner + 1 for the inner loop and 1 for the outer; the outer loop's last check adds 1.
	return min(want, (d.LoopIterations-1)/(inner+2))
}

// shared returns an error if a work-group cannot have this many bytes of shared memory.
func (l Limits) shared(bytes int) error {
	if bytes > l.SharedMemory {
		return fmt.Errorf("%d bytes of shared memory per work-group, the device has %d", bytes, l.SharedMemory)
	}
	return nil
}

// invocations returns an error if a work-group cannot have n invocations along x.
func (l Limits) invocations(n int) error {
	if most := min(l.WorkGroupSize[0], l.WorkGroupInvocations); n > most {
		return fmt.Errorf("%d invocations per work-group, the device has %d", n, most)
	}
	return nil
}

// indexCap is the most units of work in one dispatch, since shaders number them with int32.
const indexCap = 1 << 30

// units returns the most units of work that one dispatch over x and y can do if a work-group does perGroup of them. The
// caller decides what a unit is: an output, an invocation or a tile.
func (l Limits) units(perGroup int) int {
	groups := indexCap / perGroup
	if l.WorkGroups[1] <= groups/l.WorkGroups[0] {
		groups = l.WorkGroups[0] * l.WorkGroups[1]
	}
	return groups * perGroup
}

// bufferCap is the most bytes of a buffer, even if the driver allows more. Shaders index with int32. In tests shaders
// could not access buffers of 2 GiB and more, and no error said so.
const bufferCap = 1 << 30

// Block returns the most bytes that a shader's storage buffer may have.
func (l Limits) Block() int { return min(l.StorageBlock, bufferCap) }

// fold returns a grid of x × y work-groups for n of them, with few to spare. n must not exceed limit[0] × limit[1].
func fold(n int, limit [3]int) (x, y int) {
	y = ceilDiv(n, limit[0])
	return ceilDiv(n, y), y
}

func ceilDiv(a, b int) int { return (a + b - 1) / b }

// roundUp returns the smallest multiple of unit that is at least n.
func roundUp(n, unit int) int { return ceilDiv(n, unit) * unit }
