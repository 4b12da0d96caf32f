package recipe

import "fmt"

// Limits are the bounds of a device's context, to which plans are cut. Sizes are in bytes.
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

// SoftwareLoopLimit is how many iterations llvmpipe gives one invocation in all its loops together. Further ones
// silently do not happen. It is LP_MAX_TGSI_LOOP_ITERATIONS of Mesa. The last iteration of a loop, which only finds
// that the loop is over, counts too. TestLoopLimit of package gpu guards it.
const SoftwareLoopLimit = 65535

// outerIterations returns how often a loop may run around a loop of inner iterations: at most want, and 0 if it may not
// run once.
func (d Profile) outerIterations(want, inner int) int {
	if d.LoopIterations == 0 {
		return want
	}
	return min(want, (d.LoopIterations-1)/(inner+2)) // inner + 1 inside, 1 outside, and the outer loop's last
}

// shared says why a work-group cannot have so many bytes of shared memory. It returns nil if it can.
func (l Limits) shared(bytes int) error {
	if bytes > l.SharedMemory {
		return fmt.Errorf("%d bytes of shared memory per work-group, the device has %d", bytes, l.SharedMemory)
	}
	return nil
}

// invocations says why a work-group cannot have so many invocations along x. It returns nil if it can.
func (l Limits) invocations(n int) error {
	if most := min(l.WorkGroupSize[0], l.WorkGroupInvocations); n > most {
		return fmt.Errorf("%d invocations per work-group, the device has %d", n, most)
	}
	return nil
}

// indexCap bounds what one dispatch counts, since shaders count with int32.
const indexCap = 1 << 30

// units returns how many units of work one dispatch over x and y takes if a work-group takes perGroup of them.
func (l Limits) units(perGroup int) int {
	groups := indexCap / perGroup
	if l.WorkGroups[1] <= groups/l.WorkGroups[0] {
		groups = l.WorkGroups[0] * l.WorkGroups[1]
	}
	return groups * perGroup
}

// bufferCap bounds a buffer whatever the driver offers. Shaders index with int32, and buffers of 2 GiB and more were
// silently inaccessible.
const bufferCap = 1 << 30

// Block returns the size of the largest buffer that a shader may be given, in bytes.
func (l Limits) Block() int { return min(l.StorageBlock, bufferCap) }

// fold spreads n work-groups over x and y, with few left over. n is no more than x and y can count.
func fold(n int, limit [3]int) (x, y int) {
	y = ceilDiv(n, limit[0])
	return ceilDiv(n, y), y
}

func ceilDiv(a, b int) int { return (a + b - 1) / b }

// roundUp returns the first multiple of unit from n on.
func roundUp(n, unit int) int { return ceilDiv(n, unit) * unit }
