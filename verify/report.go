package verify

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"gpuconv/compare"
	"gpuconv/conv"
	"gpuconv/fault"
)

// Count is the number of records of each status.
type Count struct {
	Passed  int `json:"passed"`
	Failed  int `json:"failed"`
	Skipped int `json:"skipped"`
	Known   int `json:"known"` // how many of the skipped ones are failures that were expected
}

// Add counts a record.
func (c *Count) Add(r Record) {
	switch status := r.Outcome.Status(); {
	case status == compare.Passed:
		c.Passed++
	case status == compare.Failed && r.Known == 0:
		c.Failed++
	case status == compare.Failed:
		c.Known++
		c.Skipped++
	default:
		c.Skipped++
	}
}

// Done is the number of records.
func (c Count) Done() int { return c.Passed + c.Failed + c.Skipped }

// String returns the last line of gpuconv verify.
func (c Count) String() string {
	return fmt.Sprintf("%d passed, %d failed, %d skipped", c.Passed, c.Failed, c.Skipped)
}

// Entry is a record in the form in which it is reported.
type Entry struct {
	Case      string       `json:"case"`
	Stimulus  string       `json:"stimulus,omitempty"`
	Bank      string       `json:"bank,omitempty"`
	Problem   conv.Problem `json:"problem"` // with its defaults
	Backend   string       `json:"backend"`
	Algorithm string       `json:"algorithm,omitempty"` // the one that was used
	// the class of devices whose tiles were used; "" for the device's own
	Tiles string `json:"tiles,omitempty"`
	// the class whose tiles computed the case in place of Tiles, because the work is the same; "" if Tiles did
	As      string    `json:"as,omitempty"`
	Device  string    `json:"device"`
	Driver  string    `json:"driver,omitempty"`
	Status  string    `json:"status"`         // passed, failed, skipped, or known for a failure that was expected
	Why     string    `json:"why,omitempty"`  // why it failed or was skipped
	Bits    string    `json:"bits,omitempty"` // a hash of the output's bits for the case's own numbers
	Seconds float64   `json:"seconds"`
	Checks  []finding `json:"checks"`

	subject string
	reason  string // why the subject refused the case, without backend and algorithm; "" if it did not
}

type finding struct {
	Check   string   `json:"check"`
	Numbers string   `json:"numbers,omitempty"` // the kind of numbers in the case; "" means the case's own
	Status  string   `json:"status"`
	Note    string   `json:"note,omitempty"`
	Figures *figures `json:"figures,omitempty"` // if the check compares outputs
}

// figures are what a comparison measured. Infinity and NaN are null, because JSON has neither.
type figures struct {
	Outputs  int     `json:"outputs"`
	Wrong    int     `json:"wrong"`
	NaNs     int     `json:"nans"`
	Warnings int     `json:"warnings"` // within the bound, but larger than a probable error
	BothNaN  int     `json:"both_nan"` // right outputs that are NaN, as the reference's are
	BothInf  int     `json:"both_infinite"`
	MaxError *number `json:"max_error"`
	MaxRatio *number `json:"max_error_over_bound"`
	RMS      *number `json:"rms_error_over_max"`
	Worst    [4]int  `json:"worst"` // image, channel, row and column of max_error_over_bound
	Got      *number `json:"got"`
	Want     *number `json:"want"`
}

type number float64

func finite(v float64) *number {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return nil
	}
	n := number(v)
	return &n
}

// NewEntry returns the entry of a record. It does not keep the record's tensors.
func NewEntry(r Record) Entry {
	p := r.Case.Problem
	p.Spec = p.WithDefaults()
	e := Entry{Case: r.Case.Name, Stimulus: r.Case.Stimulus, Bank: r.Case.Bank, Backend: r.Subject.Name,
		Algorithm: r.Outcome.Algorithm, Tiles: r.Subject.Tiles, As: r.As,
		Device: r.Subject.Device, Driver: r.Subject.Driver,
		Status: r.Status(), Why: r.Outcome.Why(), Seconds: r.Seconds, Checks: []finding{},
		subject: r.Subject.String(),
		Problem: p}
	if e.Algorithm == "" {
		e.Algorithm = r.Subject.Algorithm
	}
	var refusal *fault.Error
	if errors.As(r.Outcome.Err, &refusal) && refusal.Err == conv.ErrUnsupported {
		e.reason = refusal.Rule
	}
	if r.Outcome.Bits != 0 {
		e.Bits = fmt.Sprintf("%016x", r.Outcome.Bits)
	}
	for _, f := range r.Outcome.Findings {
		e.Checks = append(e.Checks, newFinding(f))
	}
	return e
}

func newFinding(f compare.Finding) finding {
	made := finding{Check: f.Check, Numbers: f.Numbers, Status: f.Status.String(), Note: f.Note}
	if r := f.Result; r.Elements > 0 {
		made.Figures = &figures{Outputs: r.Elements, Wrong: r.Wrong, NaNs: r.NaNs, Warnings: r.Warnings, Worst: r.Worst,
			BothNaN: r.BothNaN, BothInf: r.BothInf,
			MaxError: finite(r.MaxError), MaxRatio: finite(r.MaxRatio), RMS: finite(r.RMS), Got: finite(r.Got),
			Want: finite(r.Want)}
	}
	return made
}

// Report has the results of a verification.
type Report struct {
	Schema  int     `json:"schema"` // 1; it changes if a field changes its meaning
	Program any     `json:"program"`
	Command string  `json:"command"`
	Seconds float64 `json:"seconds"`
	// Stopped says why the report is not a proof: not all cases were run ("interrupted", for instance), or all were
	// skipped. Otherwise it is "".
	Stopped string `json:"stopped,omitempty"`
	Total   int    `json:"total"` // how many cases there are; each counts once for every subject
	Count
	Cases []Entry `json:"cases"`
}

// Running is Report.Stopped of a report that is written while the verification runs. A reader finds it if the
// process was killed.
const Running = "it was still running when this was written"

// WriteJSON writes the report with every case and its figures.
func (r Report) WriteJSON(w io.Writer) error {
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", " ")
	return encoder.Encode(r)
}

// The elements of JUnit's XML that CI systems read: a suite for each subject, with a test case for each case.
type suitesXML struct {
	XMLName  xml.Name `xml:"testsuites"`
	Name     string   `xml:"name,attr"`
	Tests    int      `xml:"tests,attr"`
	Failures int      `xml:"failures,attr"`
	Errors   int      `xml:"errors,attr"`
	Skipped  int      `xml:"skipped,attr"`
	Time     string   `xml:"time,attr"`
	Suites   []*suiteXML
}

type suiteXML struct {
	XMLName  xml.Name `xml:"testsuite"`
	Name     string   `xml:"name,attr"`
	Tests    int      `xml:"tests,attr"`
	Failures int      `xml:"failures,attr"`
	Errors   int      `xml:"errors,attr"`
	Skipped  int      `xml:"skipped,attr"`
	Time     string   `xml:"time,attr"`
	Cases    []caseXML

	seconds float64
}

type caseXML struct {
	XMLName xml.Name    `xml:"testcase"`
	Class   string      `xml:"classname,attr"`
	Name    string      `xml:"name,attr"`
	Time    string      `xml:"time,attr"`
	Failure *messageXML `xml:"failure"`
	Error   *messageXML `xml:"error"`
	Skipped *messageXML `xml:"skipped"`
}

type messageXML struct {
	Message string `xml:"message,attr"`
	Text    string `xml:",chardata"`
}

// WriteJUnit writes the report as JUnit XML. If it was stopped, one more test case says so, as an error: a reader must
// not take the rest for a proof.
func (r Report) WriteJUnit(w io.Writer) error {
	all := suitesXML{Name: "gpuconv verify", Tests: len(r.Cases), Failures: r.Failed, Skipped: r.Skipped,
		Time: fmt.Sprintf("%.3f", r.Seconds)}
	suites := map[string]*suiteXML{}
	for _, e := range r.Cases {
		suite, ok := suites[e.subject]
		if !ok {
			suite = &suiteXML{Name: e.subject}
			suites[e.subject] = suite
			all.Suites = append(all.Suites, suite)
		}
		suite.add(e)
	}
	if r.Stopped != "" {
		all.Tests++
		all.Errors++
		all.Suites = append(all.Suites, r.stoppedXML())
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	encoder := xml.NewEncoder(w)
	encoder.Indent("", " ")
	if err := encoder.Encode(all); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

// class is what groups cases in reports of CI systems: "gpuconv.gpu.igemm", "gpuconv.gpu.amd.igemm".
func (e Entry) class() string {
	words := []string{"gpuconv", e.Backend, e.Tiles, e.Algorithm}
	if e.Tiles == "" {
		words = slices.Delete(words, 2, 3)
	}
	return strings.Join(words, ".")
}

func (s *suiteXML) add(e Entry) {
	c := caseXML{Class: e.class(), Name: e.Case, Time: fmt.Sprintf("%.3f", e.Seconds)}
	switch e.Status {
	case compare.Failed.String():
		s.Failures++
		c.Failure = &messageXML{Message: e.Why, Text: e.subject + ": " + e.Why}
	case statusKnown:
		s.Skipped++
		c.Skipped = &messageXML{Message: "known failure: " + e.Why}
	case compare.Skipped.String():
		s.Skipped++
		c.Skipped = &messageXML{Message: e.Why}
	}
	s.Tests++
	s.seconds += e.Seconds
	s.Time = fmt.Sprintf("%.3f", s.seconds)
	s.Cases = append(s.Cases, c)
}

// stoppedXML is the suite with the test case that says that not all cases were run.
func (r Report) stoppedXML() *suiteXML {
	why := fmt.Sprintf("%s: %d of %d cases were run", r.Stopped, r.Done(), r.Total)
	if r.Total == 0 {
		why = r.Stopped + ": no case was run" // how many there are is not known yet
	}
	return &suiteXML{Name: "gpuconv verify", Tests: 1, Errors: 1, Time: "0.000",
		Cases: []caseXML{{Class: "gpuconv.verify",
			Name: "all cases were run", Time: "0.000", Error: &messageXML{Message: why, Text: why}}}}
}
