package gpu

import "gpuconv/fault"

// Place names a place where no context was opened, such as "EGL device 0" or "surfaceless", and says why. It is an
// error.
type Place struct {
	Name string `json:"name"` // [Info].Name, or the file of an EGL vendor
	Why  string `json:"why"`
}

func (p Place) Error() string { return fault.Printable(p.Name) + ": " + p.Why }

// without returns the entry of o.Without for a place, if there is one.
func (o Options) without(name string) (Place, bool) {
	for _, p := range o.Without {
		if p.Name == name {
			return p, true
		}
	}
	return Place{}, false
}

// Listing is [Step].Place of the step in which [Probe] lists all places.
const Listing = "EGL"

// Step is one thing that [Probe] tries. Probe reports each step twice: before it tries, and afterwards with Done set
// and the result.
type Step struct {
	Place  string `json:"place"`            // [Info].Name, the file of an EGL vendor, or Listing
	Vendor string `json:"vendor,omitempty"` // the library that the vendor's file names
	Done   bool   `json:"done,omitempty"`
	Info   *Info  `json:"info,omitempty"` // the device that opened
	Err    string `json:"err,omitempty"`  // why nothing opened
}
