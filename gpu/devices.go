//go:build cgo && !nogl

package gpu

import "slices"

// Devices opens and closes, in turn, each device that the provider lists by number. It returns those on which an OpenGL
// 4.3 context comes up. If the provider lists none, or none of them opens, it returns what opens without choosing a
// device. If nothing opens, the error wraps [ErrNoDevice].
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
		return nil, noDevice(Any(), candidates, reasons)
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
