//go:build cgo && !nogl

package gpu

import "gpuconv/gpu/internal/egl"

// VendorFiles names the environment variable that lists the files of EGL's vendors, separated by colons, in place of
// those of [VendorFolders].
const VendorFiles = egl.VendorFilesVariable

// VendorFolders lists the folders whose files name EGL's vendors, if EGL is GLVND's. There are none but on Linux.
func VendorFolders() []string {
	return egl.VendorFolders()
}

// Vendors lists the files of EGL's vendors, in the order in which EGL loads their libraries. It loads none.
func Vendors() (files []string) {
	for _, v := range egl.Vendors() {
		files = append(files, v.File)
	}
	return files
}
