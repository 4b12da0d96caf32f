//go:build cgo && !nogl

package gpu

import "slices"

// Devices opens and closes, one after the other, each device that the provider numbers. It returns those that open with
// an OpenGL 4.3 context. If there are none, it tries all places, including those without a number, such as the default
// display. If nothing opens, the error wraps [ErrNoDevice].
func Devices(p Provider) ([]Info, error) {
	candidates, err := Options{Provider: p}.candidates()
	if err != nil {
		return nil, Any().failed(err)
	}
	numbered := slices.DeleteFunc(slices.Clone(candidates), func(c candidate) bool { return c.index < 0 })
	found, reasons := openEach(numbered)
	if len(found) == 0 {
		found, reasons = openEach(candidates)
	}
	if len(found) == 0 {
		return nil, noDevice(Any(), "", candidates, reasons)
	}
	return found, nil
}

// openEach opens and closes candidates. It returns those that open, and why others do not.
func openEach(candidates []candidate) (found []Info, reasons []error) {
	for _, c := range candidates {
		d, err := openCandidate(c, Options{}, func(*Device) {})
		if err != nil {
			reasons = append(reasons, err)
			continue
		}
		found = append(found, d.info)
		d.thread.close()
	}
	return found, reasons
}
