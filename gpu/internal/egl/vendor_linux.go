package egl

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/ebitengine/purego"

	"gpuconv/internal/input"
)

// Variables of GLVND's libEGL: files of vendors, or folders of them.
const (
	VendorFilesVariable   = "__EGL_VENDOR_LIBRARY_FILENAMES"
	vendorFoldersVariable = "__EGL_VENDOR_LIBRARY_DIRS"
)

// Vendors lists the drivers that GLVND's libEGL loads, in its order. It loads none. A libEGL that is a driver itself
// reads no such files.
func Vendors() (all []Vendor) {
	for _, file := range vendorPaths() {
		all = append(all, readVendor(file))
	}
	return all
}

// VendorFolders lists the folders that may hold files of vendors.
func VendorFolders() []string {
	if named := os.Getenv(vendorFoldersVariable); named != "" {
		return filepath.SplitList(named)
	}
	return []string{"/etc/glvnd/egl_vendor.d", "/usr/share/glvnd/egl_vendor.d"}
}

func vendorPaths() (files []string) {
	if named := os.Getenv(VendorFilesVariable); named != "" {
		return filepath.SplitList(named)
	}
	for _, folder := range VendorFolders() {
		entries, _ := os.ReadDir(folder) // libEGL passes over a folder that cannot be read
		for _, e := range entries {
			if strings.HasSuffix(e.Name(), ".json") {
				files = append(files, filepath.Join(folder, e.Name()))
			}
		}
	}
	return files
}

func readVendor(file string) Vendor {
	v := Vendor{File: file}
	text, err := input.ReadFile(context.Background(), input.System, file)
	if err != nil {
		v.err = fmt.Errorf("%s cannot be read: %w", file, errors.Unwrap(err))
		return v
	}
	var content struct {
		ICD struct {
			Path string `json:"library_path"`
		}
	}
	if err := json.Unmarshal(text, &content); err != nil {
		v.err = fmt.Errorf("%s: %w", file, err)
	} else if v.Library = content.ICD.Path; v.Library == "" {
		v.err = fmt.Errorf("%s: want a library in ICD.library_path", file)
	}
	return v
}

// Load loads the vendor's library, as libEGL does. The library stays loaded.
func (v Vendor) Load() error {
	if v.err != nil {
		return v.err
	}
	if _, err := purego.Dlopen(v.Library, purego.RTLD_LAZY|purego.RTLD_LOCAL); err != nil {
		return fmt.Errorf("%s: %w", v.File, err)
	}
	return nil
}

// missingVendors says which vendors' libraries cannot be loaded, or returns nil.
func (lib *library) missingVendors() error {
	if !strings.Contains(strings.ToLower(lib.queryString(0, version)), "libglvnd") {
		return nil // this libEGL reads no files of vendors
	}
	var texts []string
	for _, v := range Vendors() {
		if err := v.Load(); err != nil {
			texts = append(texts, err.Error())
		}
	}
	if len(texts) == 0 {
		return nil
	}
	return fmt.Errorf("egl: %s", strings.Join(slices.Compact(texts), "; "))
}

// crashes are the signals that a driver that fails raises.
var crashes = []syscall.Signal{syscall.SIGABRT, syscall.SIGSEGV, syscall.SIGBUS, syscall.SIGFPE, syscall.SIGILL}

// DieOnCrash gives the signals of a crash their default action, which ends the process. Otherwise Go prints its stacks.
func DieOnCrash() error {
	address, err := purego.Dlsym(purego.RTLD_DEFAULT, "signal")
	if err != nil {
		return err
	}
	var signal func(number int32, handler uintptr) uintptr
	purego.RegisterFunc(&signal, address)
	for _, number := range crashes {
		signal(int32(number), 0)
	}
	return nil
}
