//go:build cgo && !nogl

package gpu

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"gpuconv/gpu/internal/egl"
)

// placed is an EGL device that is not software, and which piece of hardware it is.
type placed struct {
	candidate
	egl.Identity
}

// settle returns [Task] with the number of its GPU, and why it is that one. It returns any other selector as it is.
// lookup reads the environment.
func (s Selector) settle(candidates []candidate, lookup func(string) (string, bool)) (Selector, string, error) {
	if s.kind != taskDevice {
		return s, "", nil
	}
	var gpus []placed
	for _, c := range candidates {
		if c.index >= 0 && !c.software {
			gpus = append(gpus, placed{c, c.identity()})
		}
	}
	slices.SortStableFunc(gpus, func(a, b placed) int { return cmp.Compare(a.PCI, b.PCI) })
	asked, rule := environment(lookup)
	if rule != "" {
		return s, "", fmt.Errorf("%w; %s", ErrNoDevice, rule)
	}
	var said []string
	for _, a := range asked {
		if g, how := find(ofVendor(gpus, a.vendor), a.words, a.at); how != "" {
			s.index = g.index
			return s, fmt.Sprintf("%s is %s, by %s", a.said, g.name, how), nil
		}
		said = append(said, a.said)
	}
	return s, "", fmt.Errorf("%w; %s: want the UUID or number of a GPU, EGL lists %d", ErrNoDevice,
		strings.Join(said, " and "), len(gpus))
}

// ofVendor returns the GPUs of a vendor. Only NVIDIA's have numbers of CUDA.
func ofVendor(gpus []placed, vendor string) (of []placed) {
	for _, g := range gpus {
		if g.Vendor == vendor || vendor == nvidia && g.CUDA >= 0 {
			of = append(of, g)
		}
	}
	return of
}

// find returns the GPU that the word at this position of a list names, and by what it was found; "" if there is none.
// gpus are in the order of their PCI addresses.
func find(gpus []placed, words []string, at int) (found placed, how string) {
	word := strings.TrimSpace(words[at])
	only := func(is func(placed) bool) bool {
		i := slices.IndexFunc(gpus, is)
		if i < 0 || slices.ContainsFunc(gpus[i+1:], is) {
			return false
		}
		found = gpus[i]
		return true
	}
	// For CUDA the start of a UUID is enough.
	if strings.HasPrefix(word, "GPU-") && only(func(g placed) bool {
		return strings.HasPrefix(strings.ToLower(g.UUID), strings.ToLower(word))
	}) {
		return found, "its UUID"
	}
	n, err := strconv.ParseUint(word, 10, 31)
	number := int(n)
	told := slices.ContainsFunc(gpus, func(g placed) bool { return g.UUID != "" })
	// NVIDIA's EGL numbers devices as CUDA does: only those in the list, in the order of the list. A number that is too
	// large for that shows a driver that counts all. The position of a UUID is used only if EGL tells no UUIDs:
	// otherwise the UUID is that of a GPU which is not here. EGL does not list parts of a GPU (MIG-…).
	position, numbered := at, err == nil || strings.HasPrefix(word, "GPU-") && !told
	if slices.ContainsFunc(gpus, func(g placed) bool { return g.CUDA >= len(words) }) {
		position, numbered = number, err == nil
	}
	if numbered && only(func(g placed) bool { return g.CUDA == position }) {
		return found, fmt.Sprintf("its CUDA number %d", position)
	}
	addressed := !slices.ContainsFunc(gpus, func(g placed) bool { return g.PCI == "" || g.CUDA >= 0 })
	if err == nil && addressed && number < len(gpus) {
		return gpus[number], "the order of PCI addresses"
	}
	return placed{}, ""
}
