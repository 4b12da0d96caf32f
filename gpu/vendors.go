//go:build cgo && !nogl

package gpu

import "gpuconv/gpu/internal/egl"

// VendorFolders lists the folders where GLVND's libEGL looks for drivers, which it calls vendors. For each vendor there
// is a file in these folders, which names the driver's library. Only Linux has such folders.
func VendorFolders() []string { return egl.VendorFolders() }
