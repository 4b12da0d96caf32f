package verify

import (
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gpuconv/compare"
	"gpuconv/conv"
	"gpuconv/cpu"
	"gpuconv/fault"
	"gpuconv/whole"
)

// few are some of the quick cases, from all parts of the table.
func few(n int) (all []Case) {
	cases := append(Quick(Stimuli(), Banks()), Batches()[:7]...)
	for i := 0; i < len(cases); i += max(1, len(cases)/n) {
		if cases[i].Problem.MACs() < 5e5 {
			all = append(all, cases[i])
		}
	}
	return all
}

func records(t *testing.T, r Runner) []Record {
	t.Helper()
	var all []Record
	r.Each = func(record Record) error { all = append(all, record); return nil }
	if err := r.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(all) != r.Records() {
		t.Fatalf("%d records, want %d", len(all), r.Records())
	}
	return all
}

// TestRun runs some cases on the engine, on the reference and on an engine with a fault. Only the last one fails any.
func TestRun(t *testing.T) {
	subjects := []Subject{{Backend: cpu.Engine{}, Name: "cpu"}, {Backend: cpu.Reference{}, Name: "reference"},
		{Backend: biased{}, Name: "biased", Algorithm: "wrong", Device: "a device", Driver: "4.5"}}
	n := 150
	if testing.Short() {
		n = 20
	}
	relations := map[string]bool{}
	for _, r := range records(t, Runner{Judge: cpu.Reference{}, Subjects: subjects, Cases: few(n)}) {
		want := compare.Passed
		if r.Subject.Name == "biased" && (r.Case.Problem.Bias || strings.Contains(r.Case.Relation.Name, "bias")) {
			want = compare.Failed
			if line := r.Line(); !strings.HasPrefix(line,
				"failed    "+r.Case.Name+" (biased wrong on a device, OpenGL 4.5): ") {
				t.Error(line)
			}
		}
		if r.Outcome.Status() != want {
			t.Error(r.Line())
		}
		for _, f := range r.Outcome.Findings {
			if f.Status == compare.Passed {
				relations[f.Check] = true
			}
		}
	}
	for _, r := range compare.Relations() {
		if !relations[r.Name] && !testing.Short() {
			t.Errorf("no case was held to %q", r.Name)
		}
	}
}

// biased adds 1 to the last bias.
type biased struct{ cpu.Engine }

func (b biased) Plan(p conv.Problem, w *conv.Tensor, bias []float32) (conv.Plan, error) {
	if len(bias) > 0 {
		bias = append([]float32(nil), bias...)
		bias[len(bias)-1] += 1
	}
	return b.Engine.Plan(p, w, bias)
}

// broken reports errors.
type broken struct {
	cpu.Engine
	explain, plan error
}

func (b broken) Explain(p conv.Problem) (conv.Description, error) {
	return conv.Description{}, b.explain
}

func (b broken) Plan(conv.Problem, *conv.Tensor, []float32) (conv.Plan, error) { return nil, b.plan }

// TestRunErrors: an error fails the case and the run continues. A refusal skips the case, and the judge is not asked. A
// lost device ends the run after its record.
func TestRunErrors(t *testing.T) {
	refusal := &fault.Error{Rule: "it takes none", Err: conv.ErrUnsupported}
	memory := errors.New("out of memory")
	cases := few(20)
	for _, r := range records(t, Runner{Judge: cpu.Reference{}, Cases: cases,
		Subjects: []Subject{{Backend: broken{plan: memory}, Name: "memory"}, {Backend: cpu.Engine{}, Name: "cpu"}}}) {
		if want := map[string]compare.Status{"memory": compare.Failed,
			"cpu": compare.Passed}[r.Subject.Name]; r.Outcome.Status() != want {
			t.Error(r.Line())
		}
	}
	for _, r := range records(t, Runner{Judge: nil, Cases: cases,
		Subjects: []Subject{{Backend: broken{explain: refusal, plan: memory}}}}) {
		if r.Outcome.Status() != compare.Skipped || r.Outcome.Why() != "it takes none" {
			t.Error(r.Line())
		}
	}
	var seen []Record
	lost := Runner{Judge: cpu.Reference{}, Cases: cases,
		Each: func(r Record) error { seen = append(seen, r); return nil },
		Subjects: []Subject{{Backend: broken{plan: fmt.Errorf("gpu: reset: %w", conv.ErrLost)}, Name: "gpu"},
			{Backend: cpu.Engine{}, Name: "cpu"}}}
	if err := lost.Run(t.Context()); !errors.Is(err, conv.ErrLost) || !strings.Contains(err.Error(), cases[0].Name) {
		t.Errorf("a lost device: %v", err)
	}
	if len(seen) != 1 || seen[0].Outcome.Status() != compare.Failed {
		t.Errorf("%d records of a lost device", len(seen))
	}
}

// TestRunCancelled: a run ends between records, and with the error of Each.
func TestRunCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	n := 0
	r := Runner{Judge: cpu.Reference{}, Cases: few(20), Subjects: []Subject{{Backend: cpu.Engine{}}},
		Each: func(Record) error {
			if n++; n == 3 {
				cancel()
			}
			return nil
		}}
	if err := r.Run(ctx); !errors.Is(err, context.Canceled) || n != 3 {
		t.Errorf("%v after %d records", err, n)
	}
	full := errors.New("the disk is full")
	r.Each = func(Record) error { return full }
	if err := r.Run(t.Context()); err != full {
		t.Errorf("%v, want %v", err, full)
	}
}

// chunked is a backend that says where it cuts batches.
type chunked struct{ cpu.Engine }

func (chunked) Explain(conv.Problem) (conv.Description, error) {
	return conv.Description{Chunk: 3}, nil
}

func TestEdges(t *testing.T) {
	var got []string
	for _, c := range Edges(Subject{Backend: chunked{}}) {
		got = append(got, fmt.Sprintf("%s %d", strings.Fields(c.Name)[3], c.Problem.Src.N()))
	}
	if want := "strided/n=2 2, strided/n=3 3, strided/n=4 4, strided/n=7 7, pooled/n=4 4"; strings.Join(got,
		", ") != want {
		t.Errorf("%q", got)
	}
	if all := Edges(Subject{Backend: cpu.Engine{}}); len(all) != 0 {
		t.Errorf("%d edges of an engine that cuts nothing", len(all))
	}
}

// TestReports writes what two subjects did and reads it again.
func TestReports(t *testing.T) {
	var r Report
	path := filepath.Join(t.TempDir(), "pictures")
	if err := os.Mkdir(path, 0o755); err != nil {
		t.Fatal(err)
	}
	failed := map[int]string{}
	for i, record := range records(t, Runner{Judge: cpu.Reference{}, Cases: withoutRelations(few(6)),
		Subjects: []Subject{
			{Backend: biased{}, Name: "biased", Algorithm: "a", Device: "<d> & \"e\""},
			{Backend: broken{explain: conv.ErrUnsupported}, Name: "refusing"}}}) {
		r.Count.Add(record)
		r.Cases = append(r.Cases, NewEntry(record))
		drawn, err := WritePictures(path, whole.Options{NoSync: true}, i, record)
		if err != nil || drawn != (record.Outcome.Status() == compare.Failed) {
			t.Errorf("%s: picture %v, %v", record.Case.Name, drawn, err)
		}
		if drawn {
			failed[i] = record.Case.Name
		}
	}
	for i, name := range failed {
		found, _ := filepath.Glob(filepath.Join(path, fmt.Sprintf("%03d-*.txt", i)))
		if len(found) != 1 {
			t.Fatalf("%s: files %q", name, found)
		}
		text, err := os.ReadFile(found[0])
		if err != nil || !strings.HasPrefix(string(text), "subject    biased a on <d> & \"e\"\ncase       "+name) {
			t.Errorf("%.100q, %v", text, err)
		}
	}
	if r.Failed == 0 || r.Skipped != len(r.Cases)/2 ||
		r.String() != fmt.Sprintf("%d passed, %d failed, %d skipped", r.Passed, r.Failed, r.Skipped) {
		t.Errorf("%v", r.Count)
	}
	if pictures, _ := filepath.Glob(filepath.Join(path, "*.png")); len(pictures) != r.Failed {
		t.Errorf("%d pictures of %d failures", len(pictures), r.Failed)
	}
	checkJSON(t, r)
	checkJUnit(t, r)
}

func checkJSON(t *testing.T, r Report) {
	var text strings.Builder
	if err := r.WriteJSON(&text); err != nil {
		t.Fatal(err)
	}
	var read Report
	if err := json.Unmarshal([]byte(text.String()), &read); err != nil {
		t.Fatal(err)
	}
	if read.Count != r.Count || len(read.Cases) != len(r.Cases) || read.Cases[0].Why != r.Cases[0].Why {
		t.Errorf("%v read, %v written", read.Count, r.Count)
	}
	for _, e := range read.Cases {
		measured := 0
		for _, c := range e.Checks {
			if c.Figures != nil && c.Figures.Outputs > 0 {
				measured++
			}
		}
		if e.Status == "passed" && (len(e.Checks) < 4 || measured < 2) {
			t.Errorf("%s: %d of %d checks have figures", e.Case, measured, len(e.Checks))
		}
	}
}

func checkJUnit(t *testing.T, r Report) {
	var text strings.Builder
	if err := r.WriteJUnit(&text); err != nil {
		t.Fatal(err)
	}
	var read struct {
		Tests    int `xml:"tests,attr"`
		Failures int `xml:"failures,attr"`
		Suites   []struct {
			Name  string `xml:"name,attr"`
			Tests int    `xml:"tests,attr"`
			Cases []struct {
				Failure *struct {
					Message string `xml:"message,attr"`
				} `xml:"failure"`
				Skipped *struct{} `xml:"skipped"`
			} `xml:"testcase"`
		} `xml:"testsuite"`
	}
	if err := xml.Unmarshal([]byte(text.String()), &read); err != nil {
		t.Fatal(err)
	}
	if read.Tests != len(r.Cases) || read.Failures != r.Failed || len(read.Suites) != 2 ||
		read.Suites[0].Name != `biased a on <d> & "e"` {
		t.Fatalf("%d tests, %d failures, %d suites", read.Tests, read.Failures, len(read.Suites))
	}
	failed, skipped := 0, 0
	for _, s := range read.Suites {
		if s.Tests != len(s.Cases) {
			t.Errorf("%s: %d tests, %d cases", s.Name, s.Tests, len(s.Cases))
		}
		for _, c := range s.Cases {
			if c.Failure != nil && c.Failure.Message != "" {
				failed++
			}
			if c.Skipped != nil {
				skipped++
			}
		}
	}
	if failed != r.Failed || skipped != r.Skipped {
		t.Errorf("%d failed and %d skipped in JUnit, %v", failed, skipped, r.Count)
	}
}

// panics is an engine that cannot plan.
type panics struct{ cpu.Engine }

func (panics) Plan(conv.Problem, *conv.Tensor, []float32) (conv.Plan, error) { panic("boom") }

// TestRunPanics: a backend that panics ends the run with an error that names the case.
func TestRunPanics(t *testing.T) {
	cases := few(3)
	r := Runner{Judge: cpu.Reference{}, Subjects: []Subject{{Backend: panics{}, Name: "panics"}}, Cases: cases,
		Each: func(Record) error { t.Error("there is a record"); return nil }}
	err := r.Run(t.Context())
	var p *fault.Panic
	if !errors.As(err, &p) || p.Value != "boom" || !strings.HasPrefix(err.Error(), "verify: case "+cases[0].Name+": ") {
		t.Errorf("error %v, want a panic in case %s", err, cases[0].Name)
	}
}
