package verify

import (
	"fmt"
	"slices"
	"strings"
)

// Devices compares several devices. It returns a line for each device, with how many cases passed by each algorithm,
// and a line for each algorithm and device whose outputs differ in bits from those of the first device. Such a
// difference is not a failure: the order of a sum is free. It returns nil if the report has fewer than two devices.
func (r Report) Devices() (lines []string) {
	var devices, algorithms []string
	counts := map[[2]string]*Count{}
	for _, e := range r.Cases {
		who := e.Who()
		key := [2]string{e.Device, who}
		if counts[key] == nil {
			counts[key] = &Count{}
		}
		counts[key].add(e.Status)
		if !slices.Contains(devices, e.Device) {
			devices = append(devices, e.Device)
		}
		if !slices.Contains(algorithms, who) {
			algorithms = append(algorithms, who)
		}
	}
	if len(devices) < 2 {
		return nil
	}
	for _, d := range devices {
		var cells []string
		for _, who := range algorithms {
			if c := counts[[2]string{d, who}]; c != nil && c.Passed+c.Failed > 0 {
				cells = append(cells, fmt.Sprintf("%s %d of %d", who, c.Passed, c.Passed+c.Failed))
			}
		}
		lines = append(lines, fmt.Sprintf("%s passed: %s", d, strings.Join(cells, ", ")))
	}
	return append(lines, r.differences(devices, algorithms)...)
}

// differences compares the bits of outputs with those of the first device that computed the same case by the same
// algorithm.
func (r Report) differences(devices, algorithms []string) (lines []string) {
	type sum struct{ device, bits string }
	first := map[[2]string]sum{} // by algorithm and case
	differ, same := map[[3]string]int{}, map[[3]string]int{}
	for _, e := range r.Cases {
		if e.Bits == "" {
			continue
		}
		key := [2]string{e.Who(), e.Case}
		one, ok := first[key]
		switch pair := [3]string{e.Who(), one.device, e.Device}; {
		case !ok:
			first[key] = sum{e.Device, e.Bits}
		case one.device == e.Device:
		case one.bits == e.Bits:
			same[pair]++
		default:
			differ[pair]++
		}
	}
	for _, who := range algorithms {
		for _, a := range devices {
			for _, b := range devices {
				if pair := [3]string{who, a, b}; differ[pair] > 0 {
					lines = append(lines, fmt.Sprintf("%s gives other bits on %s than on %s in %d of %d cases", who, b,
						a, differ[pair], differ[pair]+same[pair]))
				}
			}
		}
	}
	return lines
}

// add counts the status of an entry.
func (c *Count) add(status string) {
	switch status {
	case "passed":
		c.Passed++
	case "failed", statusKnown:
		c.Failed++
	default:
		c.Skipped++
	}
}
