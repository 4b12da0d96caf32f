package main

import (
	"bytes"
	"encoding/json"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"

	"gpuconv/bench"

	"github.com/spf13/cobra"
)

// lostAfter is a stdout that accepts some bytes and then fails with an error.
type lostAfter struct {
	bytes int
	why   error
}

func (l *lostAfter) Write(text []byte) (int, error) {
	if len(text) > l.bytes {
		return 0, l.why
	}
	l.bytes -= len(text)
	return len(text), nil
}

// TestUnprinted: a verb that cannot print its results fails, with one line. A verb that writes its results into files
// does so, and does not fail because nobody reads its stdout.
func TestUnprinted(t *testing.T) {
	unraced(t)
	t.Chdir(t.TempDir())
	arrayFile(t, "x.npy", nil, 1, 1, 6, 6)
	arrayFile(t, "w.npy", nil, 2, 1, 3, 3)
	correctReport(t, "r.json")
	made := strings.Fields("run --orientations 0:150:30 --channels 2 --backend cpu --output run")
	if code, _, errs := ran(t, made...); code != exitOK {
		t.Fatal(errs)
	}
	prints := []string{"--version", "version --json", "info", "check run", "help", "help run", "",
		"verify --backend cpu --input x.npy --weight w.npy", "bench report r.json", "bench compare r.json r.json"}
	each(newRoot(), func(_ *cobra.Command, verb string) { prints = append(prints, verb+" --help") })
	writes := map[string]string{
		"run --orientations 0 --channels 2 --backend cpu --output": "new/run.json",
		"stimuli --orientations 0 --output":                        "new",
		"filters --channels 2 --output":                            "new",
		"conv --backend cpu --input x.npy --weight w.npy --output": "new",
		"tuning --input run --output":                              "new/tuning.json",
		"verify --backend cpu --input x.npy --weight w.npy --json": "new",
		"bench report r.json --html":                               "new",
	}
	unprinted := func(line string, l lostAfter) (code int, stderr string) {
		var errs bytes.Buffer
		code = execute(t.Context(), strings.Fields(line), &l, &errs)
		return code, errs.String()
	}
	for _, why := range []error{syscall.ENOSPC, syscall.EPIPE} {
		for _, line := range prints {
			code, errs := unprinted(line, lostAfter{10, why})
			if want := "gpuconv: stdout: " + why.Error() + "\n"; code != exitFailed || !strings.HasSuffix(errs, want) {
				t.Errorf("%s: exit code %d, stderr %q, want %q", line, code, errs, want)
			}
		}
		for line, file := range writes {
			code, errs := unprinted(line+" new", lostAfter{10, why})
			want, said := exitFailed, "gpuconv: stdout: its files are written, its lines are not: no space left "+
				"on device\n"
			if why == syscall.EPIPE {
				want, said = exitOK, ""
			}
			if code != want || !strings.HasSuffix(errs, said) ||
				strings.Count(errs, "gpuconv:") != strings.Count(said, "gpuconv:") {
				t.Errorf("%s, %v: exit code %d, stderr %q, want %q", line, why, code, errs, said)
			}
			if _, err := os.Stat(file); err != nil {
				t.Errorf("%s: %v", line, err)
			}
			if err := os.RemoveAll("new"); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// correctReport writes a report of bench whose outputs are all correct.
func correctReport(t *testing.T, path string) {
	t.Helper()
	var r bench.Report
	if err := json.Unmarshal([]byte(reportOf(t, "text")), &r); err != nil {
		t.Fatal(err)
	}
	r.Results = slices.DeleteFunc(r.Results, func(r bench.Result) bool { return !r.Correct })
	text, err := json.Marshal(r)
	if err == nil {
		err = os.WriteFile(path, text, 0o666)
	}
	if err != nil {
		t.Fatal(err)
	}
}
