package main

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"gpuconv/conv"
	"gpuconv/cpu"
	"gpuconv/fault"
	"gpuconv/verify"
)

// suites is the part of JUnit's XML that the tests read, with a parser that is not the writer.
type suites struct {
	XMLName xml.Name `xml:"testsuites"`
	Tests   int      `xml:"tests,attr"`
	Errors  int      `xml:"errors,attr"`
	Suites  []struct {
		Cases []struct {
			Name  string `xml:"name,attr"`
			Error *struct {
				Message string `xml:"message,attr"`
			} `xml:"error"`
		} `xml:"testcase"`
	} `xml:"testsuite"`
}

// readJUnit reads a file as a CI system does. It returns the number of cases, and the message of an error if there is
// one.
func readJUnit(t *testing.T, path string) (cases int, message string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var all suites
	if err := xml.Unmarshal(text, &all); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	for _, s := range all.Suites {
		for _, c := range s.Cases {
			cases++
			if c.Error != nil {
				message = c.Error.Message
			}
		}
	}
	if cases != all.Tests || (message != "") != (all.Errors == 1) {
		t.Errorf("%s has %d cases and the error %q, and says %d and %d", path, cases, message, all.Tests, all.Errors)
	}
	return cases, message
}

// readLines reads a file of lines of JSON. It returns how many cases it has, and whether its last line says that this
// is the end.
func readLines(t *testing.T, path string) (cases int, end bool) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		var content struct {
			Case string `json:"case"`
			End  bool   `json:"end"`
		}
		if err := json.Unmarshal([]byte(line), &content); err != nil || end {
			t.Errorf("%s: %v: %.100q", path, err, line)
		}
		if end = content.End; content.Case != "" {
			cases++
		}
	}
	return cases, end
}

const longProof = "verify --backend cpu --json new/v.json --jsonl new/v.jsonl --junit v.xml --pictures new/pictures"

// TestProofInterrupted: a proof that a signal ends, or a time limit, leaves reports which say that they are
// not whole.
func TestProofInterrupted(t *testing.T) {
	unixOnly(t)
	for name, c := range map[string]struct {
		args   string
		signal os.Signal
		want   string
	}{
		"interrupted": {longProof, os.Interrupt, "interrupted"},
		"terminated":  {longProof, syscall.SIGTERM, "interrupted"},
		"limited":     {longProof + " --time-limit 1500ms", nil, "the time limit of 1.5s is over"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cmd := program(t, strings.Fields(c.args)...)
			cmd.Dir, cmd.Env = t.TempDir(), append(cmd.Env, graceVariable+"=1m")
			var stdout, stderr bytes.Buffer
			cmd.Stdout, cmd.Stderr = &stdout, &stderr
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			ended := make(chan error, 1)
			go func() { ended <- cmd.Wait() }()
			if c.signal != nil {
				waitFor(t, filepath.Join(cmd.Dir, "new/v.jsonl"), ended)
				time.Sleep(300 * time.Millisecond)
				if err := cmd.Process.Signal(c.signal); err != nil {
					t.Fatal(err)
				}
			}
			select {
			case err := <-ended:
				var exit *exec.ExitError
				if !errors.As(err, &exit) || exit.ExitCode() != exitFailed {
					t.Errorf("it ended with %v, want exit code %d", err, exitFailed)
				}
			case <-time.After(time.Minute): // on a machine that does much else
				cmd.Process.Kill()
				t.Fatal("it does not end")
			}
			checkStopped(t, cmd.Dir, c.want, stdout.String(), stderr.String())
		})
	}
}

func checkStopped(t *testing.T, dir, want, stdout, stderr string) {
	t.Helper()
	if line := errorLine(t, stderr); !strings.HasPrefix(line, "gpuconv: "+want+": ") {
		t.Errorf("stderr: %s", line)
	}
	lines := strings.Split(strings.TrimSuffix(stdout, "\n"), "\n")
	var passed, failed, skipped int
	if n, err := fmt.Sscanf(lines[len(lines)-1], "%d passed, %d failed, %d skipped", &passed, &failed,
		&skipped); n != 3 {
		t.Fatalf("the last line is %q: %v", lines[len(lines)-1], err)
	}
	cases, message := readJUnit(t, filepath.Join(dir, "v.xml"))
	if cases != passed+failed+skipped+1 || !strings.HasPrefix(message, want+": ") {
		t.Errorf("JUnit has %d cases and the error %q, stdout %d cases", cases, message, passed+failed+skipped)
	}
	if lines, end := readLines(t, filepath.Join(dir, "new/v.jsonl")); lines != passed+failed+skipped || !end {
		t.Errorf("%d lines of cases, end %v, stdout %d cases", lines, end, passed+failed+skipped)
	}
	var report struct{ Stopped string }
	text, err := os.ReadFile(filepath.Join(dir, "new/v.json"))
	if err != nil || json.Unmarshal(text, &report) != nil || report.Stopped != want {
		t.Errorf("%v, stopped %q, want %q", err, report.Stopped, want)
	}
	if got := names(t, dir) + " " + names(t, filepath.Join(dir, "new")); got != "new v.xml pictures v.json v.jsonl" {
		t.Errorf("it left %s", got)
	}
}

// TestProofKilled: a proof that is killed at a random moment leaves reports that can be read, and that say that they
// are not whole. Each other one begins in an empty folder; the others replace what the one before has left. JUnit is
// written first, so that nothing is there without it.
func TestProofKilled(t *testing.T) {
	unixOnly(t)
	dir := t.TempDir()
	kills := 12
	if testing.Short() {
		kills = 4
	}
	read := 0
	for i := range kills {
		moment := 10 * time.Millisecond // before or while the program begins
		if i > 0 {
			moment = time.Duration(rand.Int64N(int64(time.Second) << (i % 3)))
		}
		if i%2 == 0 {
			dir = t.TempDir()
		}
		cmd := program(t, strings.Fields("verify --backend cpu --json v.json --jsonl v.jsonl --junit v.xml")...)
		cmd.Dir = dir
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(moment)
		cmd.Process.Kill()
		cmd.Wait()
		left := names(t, dir)
		if !strings.Contains(" "+left+" ", " v.xml ") {
			if strings.Contains(left, "v.json") {
				t.Errorf("killed after %v: there are %s without JUnit", moment, left)
			}
			continue
		}
		read++
		checkPartial(t, dir)
	}
	if read == 0 {
		t.Error("no process has begun a report")
	}
	cmd := program(t, strings.Fields("verify --backend cpu --cases ^nma/nma/7x7$ --json v.json --jsonl v.jsonl "+
		"--junit v.xml")...)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v: %s", err, out)
	}
	if cases, message := readJUnit(t, filepath.Join(dir, "v.xml")); cases != 2 || message != "" {
		t.Errorf("%d cases, %q", cases, message)
	}
	if got := names(t, dir); got != "v.json v.jsonl v.xml" {
		t.Errorf("it left %s", got)
	}
}

// checkPartial reads what a killed proof has left. The report in lines and that of JSON may be missing.
func checkPartial(t *testing.T, dir string) {
	t.Helper()
	if _, message := readJUnit(t, filepath.Join(dir, "v.xml")); !strings.HasPrefix(message, verify.Running) {
		t.Errorf("JUnit takes a part for the whole: %q", message)
	}
	if lines := filepath.Join(dir, "v.jsonl"); exists(lines) {
		if _, end := readLines(t, lines); end {
			t.Error("the lines have an end")
		}
	}
	var report struct{ Stopped string }
	text, err := os.ReadFile(filepath.Join(dir, "v.json"))
	if errors.Is(err, os.ErrNotExist) {
		return
	}
	if err != nil || json.Unmarshal(text, &report) != nil || report.Stopped != verify.Running {
		t.Errorf("%v, stopped %q", err, report.Stopped)
	}
}

// uncompiled is the engine of a device one of whose shaders does not compile.
type uncompiled struct{ cpu.Engine }

func (u uncompiled) Plan(p conv.Problem, w *conv.Tensor, bias []float32) (conv.Plan, error) {
	if p.Weight.H() == 7 {
		return nil, &fault.Error{Package: "gpu", Err: &conv.SourceError{Shader: "direct",
			Log: "direct.comp:12(3): error: `a' undeclared", File: "direct.comp", Line: 12, Text: "float s = a;"}}
	}
	return u.Engine.Plan(p, w, bias)
}

// Check implements conv.Checker.
func (u uncompiled) Check(p conv.Problem) error { _, err := u.Plan(p, nil, nil); return err }

// TestProofOfBrokenShader: a compile error is said once, with the line's text, and the cases that need it fail.
func TestProofOfBrokenShader(t *testing.T) {
	var cases []verify.Case
	for _, c := range verify.Quick(verify.Stimuli(), verify.Banks()) {
		if h := c.Problem.Weight.H(); len(cases) < 12 && (h == 7 || h == 3) {
			cases = append(cases, c)
		}
	}
	seven := len(slices.DeleteFunc(slices.Clone(cases), func(c verify.Case) bool { return c.Problem.Weight.H() != 7 }))
	runs := []verify.Runner{{Judge: cpu.Reference{}, Cases: cases, Subjects: []verify.Subject{
		{Backend: uncompiled{}, Name: "gpu", Algorithm: "direct"}, {Backend: cpu.Engine{}, Name: "cpu"}}}}
	var stdout, stderr bytes.Buffer
	p := newProof(&stdout, &stderr, &proofFiles{}, runs)
	if err := errors.Join(p.begin(), p.prove(t.Context(), runs)); err != nil {
		t.Fatal(err)
	}
	err := p.conclude()
	if want := fmt.Sprintf("%d of %d cases failed", seven, 2*len(cases)); seven < 2 || err == nil ||
		err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
	want := fmt.Sprintf("broken    gpu direct: shader direct does not compile: direct.comp:12(3): error: `a' "+
		"undeclared\nbroken    direct.comp:12 | float s = a;\n"+
		"failed    %d × gpu direct: shader direct does not compile, direct.comp:12\n"+
		"%d passed, %d failed, 0 skipped\n", seven, 2*len(cases)-seven, seven)
	if got := stdout.String(); got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
}

// TestProofChecksFirst: a shader that does not compile is named before the first case is run, by each subject once.
func TestProofChecksFirst(t *testing.T) {
	cases := verify.Quick(verify.Stimuli(), verify.Banks())[:2] // the first kernel is 7×7
	runs := []verify.Runner{{Judge: cpu.Reference{}, Cases: cases, Subjects: []verify.Subject{
		{Backend: cpu.Engine{}, Name: "cpu"}, {Backend: uncompiled{}, Name: "gpu", Algorithm: "direct"}}},
		{Judge: cpu.Reference{}, Cases: cases[1:], Subjects: []verify.Subject{
			{Backend: uncompiled{}, Name: "gpu", Algorithm: "direct"}}}}
	var stdout, stderr bytes.Buffer
	p := newProof(&stdout, &stderr, &proofFiles{}, runs)
	defer p.bar.stop()
	p.compile(runs)
	want := "broken    gpu direct: shader direct does not compile: direct.comp:12(3): error: `a' undeclared\n" +
		"broken    direct.comp:12 | float s = a;\n"
	if got := stdout.String(); got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
	if err := p.conclude(); err == nil || stdout.String() != want+"0 passed, 0 failed, 0 skipped\n" {
		t.Errorf("%v\n%s", err, stdout.String())
	}
}

// TestProofStops: a proof stops after a given number of failures.
func TestProofStops(t *testing.T) {
	var cases []verify.Case
	for _, c := range verify.Quick(verify.Stimuli(), verify.Banks()) {
		if len(cases) < 12 && c.Problem.Weight.H() == 7 {
			cases = append(cases, c)
		}
	}
	for most, want := range map[int]string{1: "stopped at a failure", 2: "stopped after 2 failures"} {
		runs := []verify.Runner{{Judge: cpu.Reference{}, Cases: cases,
			Subjects: []verify.Subject{{Backend: uncompiled{}, Name: "gpu"}}}}
		var stdout, stderr bytes.Buffer
		p := newProof(&stdout, &stderr, &proofFiles{}, runs)
		p.most = most
		if err := errors.Join(p.begin(), p.prove(t.Context(), runs)); err != nil {
			t.Fatal(err)
		}
		if err := p.conclude(); err == nil || p.report.Failed != most || p.report.Stopped != want {
			t.Errorf("%v, %d failures, %q, want %q", err, p.report.Failed, p.report.Stopped, want)
		}
	}
}

// slow is a writer that ends a context at its first line, and takes long for each.
type slow struct {
	stop   func()
	inside atomic.Int32
}

func (s *slow) Write(text []byte) (int, error) {
	s.inside.Add(1)
	defer s.inside.Add(-1)
	s.stop()
	time.Sleep(200 * time.Millisecond)
	return len(text), nil
}

// TestProofStoppedInARecord: a proof that is stopped while it prints a record ends after that one, and counts no other.
func TestProofStoppedInARecord(t *testing.T) {
	var cases []verify.Case
	for _, c := range verify.Quick(verify.Stimuli(), verify.Banks()) {
		if len(cases) < 4 && c.Problem.Weight.H() == 7 {
			cases = append(cases, c)
		}
	}
	runs := []verify.Runner{{Judge: cpu.Reference{}, Cases: cases, Subjects: []verify.Subject{
		{Backend: uncompiled{}, Name: "first"}, {Backend: uncompiled{}, Name: "second"}}}}
	ctx, cancel := context.WithCancel(t.Context())
	stdout, stderr := &slow{stop: cancel}, &bytes.Buffer{}
	p := newProof(stdout, stderr, &proofFiles{}, runs)
	if err := errors.Join(p.begin(), p.prove(ctx, runs)); err != nil {
		t.Fatal(err)
	}
	if stdout.inside.Load() != 0 {
		t.Error("a record is looked at after the proof was stopped")
	}
	done := p.report.Done()
	if time.Sleep(time.Second); p.report.Done() != done || done > 2 || p.report.Stopped != "interrupted" {
		t.Errorf("%d records, and later %d, %q", done, p.report.Done(), p.report.Stopped)
	}
}

// gone is a device that is lost at once.
type gone struct{ cpu.Engine }

func (gone) Plan(conv.Problem, *conv.Tensor, []float32) (conv.Plan, error) { return nil, conv.ErrLost }

// TestProofOfLostDevice: a proof that a lost device ends has a last line with its counts, and a report with its time.
func TestProofOfLostDevice(t *testing.T) {
	cases := verify.Quick(verify.Stimuli(), verify.Banks())[:2]
	runs := []verify.Runner{{Judge: cpu.Reference{}, Cases: cases,
		Subjects: []verify.Subject{{Backend: gone{}, Name: "gpu"}}}}
	var stdout, stderr bytes.Buffer
	path := filepath.Join(t.TempDir(), "v.json")
	p := newProof(&stdout, &stderr, &proofFiles{json: output{flag: "json", path: path}}, runs)
	if err := p.begin(); err != nil {
		t.Fatal(err)
	}
	stopped := false
	err := p.whole(t.Context(), func() { stopped = true }, runs)
	const last = "\n0 passed, 1 failed, 0 skipped\n"
	if !errors.Is(err, conv.ErrLost) || !stopped || !strings.HasSuffix(stdout.String(), last) {
		t.Errorf("%v, stopped: %v, %s", err, stopped, stdout.String())
	}
	var report struct {
		Seconds float64
		Failed  int
		Stopped string
	}
	text, err := os.ReadFile(path)
	if err != nil || json.Unmarshal(text, &report) != nil || report.Seconds == 0 || report.Failed != 1 ||
		report.Stopped == "" {
		t.Errorf("%v, %.200s", err, text)
	}
}

// TestProofWithoutLines: if the first line cannot be written, as on a full disk, the reports do not say that the proof
// is still running.
func TestProofWithoutLines(t *testing.T) {
	dir := t.TempDir()
	out := &proofFiles{junit: output{flag: "junit", path: filepath.Join(dir, "v.xml")},
		jsonl: output{flag: "jsonl", path: filepath.Join(dir, "v.jsonl")}}
	p := newProof(io.Discard, io.Discard, out, nil)
	if err := errors.Join(out.create(blankReport()), out.lines.Close()); err != nil {
		t.Fatal(err)
	}
	err := p.begin()
	if _, message := readJUnit(t, out.junit.path); err == nil || !strings.HasPrefix(message, err.Error()+": ") {
		t.Errorf("%v, JUnit says %q", err, message)
	}
}
