package gpu

import "gpuconv/fault"

// Place is where a context is opened, such as "EGL device 0" or "surfaceless", and why none was. It is an error.
type Place struct {
	Name string `json:"name"` // as in Info; the file of a vendor of EGL that could not be loaded
	Why  string `json:"why"`
}

func (p Place) Error() string { return fault.Printable(p.Name) + ": " + p.Why }

// without reports whether a place is to be passed over, and why.
func (o Options) without(name string) (Place, bool) {
	for _, p := range o.Without {
		if p.Name == name {
			return p, true
		}
	}
	return Place{}, false
}

// Listing is the Place of the [Step] that lists places.
const Listing = "EGL"

// Step is what [Probe] is about to try, or, if it is done, what came of it.
type Step struct {
	Place  string `json:"place"`            // as in Info; the file of a vendor of EGL; or Listing
	Vendor string `json:"vendor,omitempty"` // the library that the vendor's file names
	Done   bool   `json:"done,omitempty"`
	Info   *Info  `json:"info,omitempty"` // of what opened
	Err    string `json:"err,omitempty"`  // why it did not
}
