package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"gpuconv/autotune"
	"gpuconv/fault"
	"gpuconv/gpu/probe"
	"gpuconv/internal/input"
	"gpuconv/machine"
	"gpuconv/whole"
)

// cacheVariable is the environment variable that names the cache, a folder in which one run keeps files for the next.
// "off" means no cache.
const cacheVariable = "GPUCONV_CACHE"

// cache is that folder. It can be removed at any time: that costs the next run time and nothing else.
type cache struct {
	folder string // "" for none
	why    string // why there is none
	unsafe bool   // others may write to it
}

// openCache finds the folder, which need not exist. Drivers run the programs in it, so it is not used if others may
// write to it.
func openCache() cache {
	var c cache
	switch named := os.Getenv(cacheVariable); named {
	case "":
		folder, err := os.UserCacheDir()
		if err != nil {
			return cache{why: err.Error()}
		}
		c.folder = filepath.Join(folder, "gpuconv")
	case "off":
		return cache{why: cacheVariable + "=off"}
	default:
		c.folder = named
	}
	for _, folder := range []string{c.folder, c.programs(), c.tuned().Folder, c.prober().Folder} {
		if err := input.CheckFolder(folder); err != nil {
			unsafe := &fault.Error{Argument: folder, Err: whole.Cause(err)}
			return cache{why: unsafe.Error(), unsafe: true}
		}
	}
	return c
}

// note returns a line that says that the folder is not used, and why, if others may write to it. Otherwise it returns
// "".
func (c cache) note() string {
	if !c.unsafe {
		return ""
	}
	return "nothing is kept for the next run: " + c.why
}

// programs is the folder of linked shader programs; see gpu.Options.
func (c cache) programs() string { return c.part("programs") }

// tuned is the store of the results of gpuconv autotune.
func (c cache) tuned() autotune.Store { return autotune.Store{Folder: c.part("tuned")} }

// prober tries drivers in child processes, and keeps in the folder what it found.
func (c cache) prober() probe.Prober { return probe.Prober{Folder: c.part("probed")} }

func (c cache) part(name string) string {
	if c.folder == "" {
		return ""
	}
	return filepath.Join(c.folder, name)
}

// cacheReport is what gpuconv info prints about the cache. Sizes are in bytes.
type cacheReport struct {
	Folder       string `json:"folder"` // "" for none
	Why          string `json:"why,omitempty"`
	Programs     int    `json:"programs"`
	ProgramBytes int64  `json:"program_bytes"`
	Tuned        int    `json:"tuned"` // how many problems are tuned
}

func (c cache) report() cacheReport {
	r := cacheReport{Folder: c.folder, Why: c.why, Tuned: c.tuned().Len()}
	r.Programs, r.ProgramBytes = count(c.programs(), ".program")
	return r
}

// count returns how many files in a folder have an extension, and how many bytes they have together.
func count(folder, extension string) (files int, bytes int64) {
	entries, _ := os.ReadDir(folder) // a folder that cannot be read counts as empty
	for _, e := range entries {
		info, err := e.Info()
		if err == nil && info.Mode().IsRegular() && strings.HasSuffix(e.Name(), extension) {
			files++
			bytes += info.Size()
		}
	}
	return files, bytes
}

func (r cacheReport) String() string {
	if r.Folder == "" {
		return "none: " + r.Why
	}
	return fmt.Sprintf("%s: %s, %s; %s", fault.Printable(r.Folder), counted(r.Programs, "compiled program"),
		machine.Size(float64(r.ProgramBytes)), counted(r.Tuned, "tuned problem"))
}
