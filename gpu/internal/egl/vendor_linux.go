package egl

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/ebitengine/purego"

	"gpuconv/fault"
	"gpuconv/internal/input"
)

// The environment variables in which GLVND's libEGL looks for the files of vendors, or for their folders.
const (
	vendorFilesVariable   = "__EGL_VENDOR_LIBRARY_FILENAMES"
	vendorFoldersVariable = "__EGL_VENDOR_LIBRARY_DIRS"
)

// Vendors lists the drivers that GLVND's libEGL loads, in the order of libEGL, from the files that name them. It loads
// none of them. A libEGL that is a driver itself reads no such files.
func Vendors() (all []Vendor) {
	for _, file := range vendorPaths() {
		all = append(all, readVendor(file))
	}
	return all
}

// VendorFolders lists the folders in which libEGL looks for the files of vendors.
func VendorFolders() []string {
	if named := os.Getenv(vendorFoldersVariable); named != "" {
		return filepath.SplitList(named)
	}
	return []string{"/etc/glvnd/egl_vendor.d", "/usr/share/glvnd/egl_vendor.d"}
}

// vendorPaths lists the files of vendors that libEGL reads, in its order.
func vendorPaths() (files []string) {
	if named := os.Getenv(vendorFilesVariable); named != "" {
		// libEGL skips empty names too
		return slices.DeleteFunc(filepath.SplitList(named), func(file string) bool { return file == "" })
	}
	for _, folder := range VendorFolders() {
		entries, _ := os.ReadDir(folder) // libEGL skips a folder that cannot be read
		for _, e := range entries {
			if strings.HasSuffix(e.Name(), ".json") {
				files = append(files, filepath.Join(folder, e.Name()))
			}
		}
	}
	return files
}

// readVendor reads the file of a vendor. If it cannot, Load of the vendor returns the error.
func readVendor(file string) Vendor {
	v := Vendor{File: file}
	text, err := input.ReadFile(context.Background(), input.System, file)
	if err != nil {
		v.err = fmt.Errorf("%s cannot be read: %w", fault.Printable(file), errors.Unwrap(err))
		return v
	}
	var content struct {
		ICD struct {
			Path string `json:"library_path"`
		}
	}
	if err := json.Unmarshal(text, &content); err != nil {
		v.err = fmt.Errorf("%s: %w", fault.Printable(file), err)
	} else if v.Library = content.ICD.Path; v.Library == "" {
		v.err = fmt.Errorf("%s: want a library in ICD.library_path", fault.Printable(file))
	}
	return v
}

// Load loads the vendor's library, as libEGL does. The library stays loaded.
func (v Vendor) Load() error {
	if v.err != nil {
		return v.err
	}
	handle, err := openLibrary(v.Library, purego.RTLD_LAZY)
	if err != nil {
		return fmt.Errorf("%s: %w", fault.Printable(v.File), err)
	}
	if _, err := purego.Dlsym(handle, "__egl_Main"); err != nil {
		return fmt.Errorf("%s: %s is not a driver of EGL: it has no __egl_Main", fault.Printable(v.File),
			fault.Printable(v.Library))
	}
	return nil
}

// missingVendors says which vendors' libraries cannot be loaded, or that there is no vendor. It returns nil if all can.
func (lib *library) missingVendors() error {
	if !strings.Contains(strings.ToLower(lib.queryString(0, version)), "libglvnd") {
		return nil // this libEGL is a driver itself, and reads no files of vendors
	}
	all := Vendors()
	if len(all) == 0 && os.Getenv(vendorFilesVariable) != "" {
		return fmt.Errorf("egl: %s names no file", vendorFilesVariable)
	}
	if len(all) == 0 {
		return fmt.Errorf("egl: no driver is installed: no file for one in %s (Debian and Ubuntu: apt-get install "+
			"libegl-mesa0)", strings.Join(VendorFolders(), " or "))
	}
	var texts []string
	for _, v := range all {
		if slices.Contains(lib.without, v.File) {
			continue // loading it may end the process
		}
		if err := v.Load(); err != nil {
			texts = append(texts, err.Error())
		}
	}
	if len(texts) == 0 {
		return nil
	}
	return fmt.Errorf("egl: %s", strings.Join(slices.Compact(texts), "; "))
}

// hideVendors makes libEGL leave out the vendors whose files are in hidden, if it loads vendors before restore is
// called. It changes the environment variable in which libEGL looks for the files, in the environment of C. Go's
// environment, which child processes get, stays.
func hideVendors(hidden []string) (restore func(), err error) {
	all := vendorPaths()
	left := slices.DeleteFunc(slices.Clone(all), func(file string) bool { return slices.Contains(hidden, file) })
	if len(left) == len(all) {
		return func() {}, nil
	}
	if len(left) == 0 {
		left = []string{os.DevNull} // names no vendor
	}
	var set func(name, value string, overwrite int32) int32
	var unset func(name string) int32
	if err := cmp.Or(find(&set, "setenv"), find(&unset, "unsetenv")); err != nil {
		return nil, err
	}
	was, named := os.LookupEnv(vendorFilesVariable)
	if set(vendorFilesVariable, strings.Join(left, ":"), 1) != 0 {
		return nil, fmt.Errorf("egl: %s cannot be set", vendorFilesVariable)
	}
	return func() {
		if named {
			set(vendorFilesVariable, was, 1)
		} else {
			unset(vendorFilesVariable)
		}
	}, nil
}
