package gpu

import "gpuconv/gpu/internal/recipe"

// Limits are the bounds of a device's context, to which plans are cut: its blocks, buffers, shared memory and
// work-groups. Sizes are in bytes.
type Limits = recipe.Limits
