package verify

import (
	"fmt"
	"slices"
	"testing"

	"gpuconv/compare"
	"gpuconv/conv"
	"gpuconv/fault"
)

// TestSkips: reasons are counted by algorithm and words, and given in the words of the first.
func TestSkips(t *testing.T) {
	entry := func(status, algorithm, reason string) Entry {
		return Entry{Backend: "gpu", Algorithm: algorithm, Status: status, Why: "gpu: " + algorithm + ": " + reason,
			reason: reason}
	}
	r := Report{Cases: []Entry{
		entry("skipped", "winograd", "a kernel of 7×7: want 3×3"),
		entry("passed", "winograd", ""),
		entry("skipped", "fft", "a stride of 2"),
		entry("skipped", "winograd", "a kernel of 5×11: want 3×3"),
		entry("failed", "fft", "a stride of 2"),
		entry("skipped", "igemm", "a stride of 2"),
		entry("skipped", "winograd", "a stride of 2"),
		{Backend: "cpu", Algorithm: "fft", Status: "skipped", Why: "a stride of 2"},
		{Backend: "cpu", Status: "skipped", Why: "too large"},
	}}
	want := []string{"2 × gpu winograd: a kernel of 7×7: want 3×3", "1 × gpu fft: a stride of 2",
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

// TestReason: a reason is what the backend gives, without its own name and the algorithm's.
func TestReason(t *testing.T) {
	refusal := &fault.Error{Package: "gpu", Argument: "fft", Rule: "a stride of 2", Err: conv.ErrUnsupported}
	outcome := compare.Refused("x", conv.Problem{}, fmt.Errorf("planning: %w", refusal))
	e := NewEntry(Record{Subject: Subject{Name: "gpu", Algorithm: "fft"}, Outcome: outcome})
	if e.Why != "gpu: fft: a stride of 2" {
		t.Errorf("why %q", e.Why)
	}
	if got := (Report{Cases: []Entry{e}}).Skips(); len(got) != 1 || got[0].String() != "1 × gpu fft: a stride of 2" {
		t.Errorf("got %v", got)
	}
}
