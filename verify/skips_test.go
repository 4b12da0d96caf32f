package verify

import (
	"fmt"
	"slices"
	"testing"
)

// TestSkips: reasons are counted by algorithm and words, and given in the words of the first.
func TestSkips(t *testing.T) {
	entry := func(status, algorithm, why string) Entry {
		return Entry{Backend: "gpu", Algorithm: algorithm, Status: status, Why: why}
	}
	r := Report{Cases: []Entry{
		entry("skipped", "winograd", "gpu: winograd: a kernel of 7×7, it takes 3×3"),
		entry("passed", "winograd", ""),
		entry("skipped", "fft", "gpu: fft: a stride of 2"),
		entry("skipped", "winograd", "gpu: winograd: a kernel of 5×11, it takes 3×3"),
		entry("failed", "fft", "gpu: fft: a stride of 2"),
		entry("skipped", "igemm", "gpu: igemm: a stride of 2"),
		entry("skipped", "winograd", "gpu: winograd: a stride of 2"),
		{Backend: "cpu", Algorithm: "fft", Status: "skipped", Why: "a stride of 2"},
		{Backend: "cpu", Status: "skipped", Why: "too large"},
	}}
	want := []string{"2 × gpu winograd: a kernel of 7×7, it takes 3×3", "1 × gpu fft: a stride of 2",
		"1 × gpu igemm: a stride of 2",
		"1 × gpu winograd: a stride of 2", "1 × cpu fft: a stride of 2", "1 × cpu: too large"}
	var got []string
	for _, s := range r.Skips() {
		got = append(got, fmt.Sprint(s))
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
