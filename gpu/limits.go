package gpu

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
	LoopIterations       int    `json:"loop_iterations"`        // of one invocation's loops together; 0 for no limit
}
