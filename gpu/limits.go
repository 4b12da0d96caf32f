package gpu

import "gpuconv/gpu/internal/recipe"

// Limits are the limits that OpenGL reports for a device: of blocks, buffers, shared memory and work-groups. Plans stay
// within them.
type Limits = recipe.Limits
