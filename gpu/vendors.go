//go:build cgo && !nogl

package gpu

import "gpuconv/gpu/internal/egl"

// VendorFolders lists the folders where GLVND's libEGL finds its drivers, which it calls vendors: a file for each names
// the driver's library. Only Linux has such folders.
func VendorFolders() []string { return egl.VendorFolders() }
