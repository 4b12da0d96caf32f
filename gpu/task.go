//go:build cgo && !nogl

package gpu

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"gpuconv/fault"
	"gpuconv/gpu/internal/egl"
)

// localVariable is the number of a Slurm task on its node.
const localVariable = "SLURM_LOCALID"

// visible are the variables that list the GPUs of a process, and the vendors of these.
var visible = []struct{ name, vendor string }{{"CUDA_VISIBLE_DEVICES", egl.NVIDIA}, {"ROCR_VISIBLE_DEVICES", egl.AMD}}

// placed is an EGL device that is not software, and which piece of hardware it is.
type placed struct {
	candidate
	egl.Identity
}

// settle returns the selector that [Task] stands for, which is a number or [Software], and why. It returns any other
// selector as it is. lookup reads the environment.
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
	text, ofSlurm := lookup(localVariable)
	local, err := strconv.ParseUint(text, 10, 31)
	if ofSlurm && err != nil {
		return s, "", fmt.Errorf("%w; %s is %q: want a whole number", ErrNoDevice, localVariable, text)
	}
	asked := ""
	for _, v := range visible {
		list, set := lookup(v.name)
		if !set {
			continue
		}
		words := strings.Split(list, ",")
		at := int(local) % len(words)
		said := fmt.Sprintf("%s=%s", v.name, fault.Printable(list))
		if ofSlurm && len(words) > 1 {
			said += fmt.Sprintf(" with %s=%d", localVariable, local)
		}
		if g, how := find(ofVendor(gpus, v.vendor), words, at); how != "" {
			return Numbered(g.index), fmt.Sprintf("%s is %s, by %s", said, g.name, how), nil
		}
		asked = cmp.Or(asked, said)
	}
	switch {
	case asked == "" && !ofSlurm:
		return s, "", fmt.Errorf("%w; want %s, %s or %s in the environment", ErrNoDevice, visible[0].name,
			visible[1].name, localVariable)
	case asked == "":
		asked = fmt.Sprintf("%s=%d", localVariable, local)
		if len(gpus) > 0 {
			g := gpus[int(local)%len(gpus)]
			return Numbered(g.index), fmt.Sprintf("%s is %s, by the order of PCI addresses", asked, g.name), nil
		}
	}
	return Software(), asked + " names none of EGL's GPUs: a software renderer computes", nil
}

// ofVendor returns the GPUs of a vendor. Only NVIDIA's have numbers of CUDA.
func ofVendor(gpus []placed, vendor string) (of []placed) {
	for _, g := range gpus {
		if g.Vendor == vendor || vendor == egl.NVIDIA && g.CUDA >= 0 {
			of = append(of, g)
		}
	}
	return of
}

// find returns the GPU that is the word at this position of a list, and by what it was found; "" if by nothing. gpus
// are in the order of their PCI addresses.
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
	// NVIDIA's EGL counts as CUDA does: of the devices in the list only, in the order of the list. A number that is too
	// large for that shows a driver that counts all.
	position, numbered := at, err == nil || strings.HasPrefix(word, "GPU-") || strings.HasPrefix(word, "MIG-")
	if slices.ContainsFunc(gpus, func(g placed) bool { return g.CUDA >= len(words) }) {
		position, numbered = number, err == nil
	}
	if numbered && only(func(g placed) bool { return g.CUDA == position }) {
		return found, "its CUDA number"
	}
	addressed := !slices.ContainsFunc(gpus, func(g placed) bool { return g.PCI == "" || g.CUDA >= 0 })
	if err == nil && addressed && number < len(gpus) {
		return gpus[number], "the order of PCI addresses"
	}
	return placed{}, ""
}
