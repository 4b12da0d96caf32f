package bench_test

import (
	"bytes"
	"strings"
	"testing"
	"unicode/utf8"

	"gpuconv/bench"
)

// TestTableFits: the table fits into 120 columns and says which of its columns it leaves out; the wide one leaves out
// nothing. Intervals are low … high, and a case without times is missing.
func TestTableFits(t *testing.T) {
	r := fixed()
	r.Cases = append(r.Cases, bench.CaseInfo{Suite: r.Cases[0].Suite, Case: "n=7/lost"})
	r.Missing = append(r.Missing, bench.Missing{Case: "n=7/lost", Backend: r.Backends[0].Backend,
		Threads: r.Backends[0].Threads, Why: "the time was up"})
	text := func(wide bool) string {
		var text bytes.Buffer
		if err := r.WriteTable(&text, wide); err != nil {
			t.Fatal(err)
		}
		return text.String()
	}
	narrow, wide := text(false), text(true)
	for line := range strings.Lines(narrow) {
		if strings.Contains(line, "n=") && !strings.HasPrefix(line, "short") &&
			utf8.RuneCountInString(strings.TrimSpace(line)) > 120 {
			t.Errorf("%d columns: %s", utf8.RuneCountInString(line), line)
		}
	}
	if !strings.Contains(narrow, "columns   without ") || strings.Contains(wide, "columns   without ") {
		t.Errorf("want a note in the narrow table alone:\n%s\n%s", narrow, wide)
	}
	for _, want := range []string{"95 % interval", " … ", "GPU/CPU", "missing"} {
		if !strings.Contains(narrow, want) || !strings.Contains(wide, want) {
			t.Errorf("no %q in\n%s\n%s", want, narrow, wide)
		}
	}
	var list bytes.Buffer
	if err := r.WriteMarkdown(&list); err != nil || !strings.HasPrefix(list.String(), "| case | backend | ") {
		t.Errorf("%v: %s", err, list.String())
	}
	if table := r.Table(); table.Check() != nil || table.Len() != len(r.Results)+len(r.Missing) {
		t.Errorf("%v, %d rows", table.Check(), table.Len())
	}
}

// TestAboveRoof: a case above a roof that it cannot pass is marked and explained. Where multiplications are
// saved, it can be passed.
func TestAboveRoof(t *testing.T) {
	for algorithm, want := range map[string]string{"direct": "150 %!", "winograd": "150 %", "repeats": "150 %"} {
		r := fixed()
		for i := range r.Results {
			if x := &r.Results[i]; x.Correct && x.Phase == bench.PhaseTotal {
				percent, gflops := 150.0, 1e9
				x.Algorithm, x.PercentOfRoofline, x.GFLOPS = algorithm, &percent, &gflops
				if algorithm == "repeats" {
					x.Algorithm, x.Repeated = "direct", 1
				}
			}
		}
		var text bytes.Buffer
		if err := r.WriteTable(&text, true); err != nil {
			t.Fatal(err)
		}
		marked := strings.Contains(text.String(), "150 %!")
		explained := strings.Contains(text.String(), "roof      ! above the peak")
		if !strings.Contains(text.String(), want) || marked != explained || marked != (algorithm == "direct") {
			t.Errorf("%s: want %q, explained if marked:\n%s", algorithm, want, text.String())
		}
		if strings.Contains(text.String(), "\nrepeats   in ") != (algorithm == "repeats") {
			t.Errorf("%s: want a note about repeats only there:\n%s", algorithm, text.String())
		}
	}
}

// TestBusy: a load average above the number of cores gives a warning. At the end of a run, the load that the run itself
// makes does not count.
func TestBusy(t *testing.T) {
	for load, busy := range map[[2]float64]bool{{0.5, 2.5}: false, {2.5, 2}: true, {1, 3.5}: true, {-1, -1}: false} {
		m := bench.Machine{Threads: 2, Load: load}
		if got := m.Busy(); (got != "") != busy {
			t.Errorf("load %v: %q", load, got)
		}
	}
}
