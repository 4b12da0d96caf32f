//go:build cgo && !nogl

package gpu

import "gpuconv/gpu/internal/egl"

// VendorFolders lists the folders whose files name EGL's vendors, if EGL is GLVND's. There are none but on Linux.
func VendorFolders() []string { return egl.VendorFolders() }
