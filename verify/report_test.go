package verify

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"gpuconv/compare"
	"gpuconv/conv"
	"gpuconv/fault"
)

// TestEntryProblem: the report has all values of a problem, also those that are defaults, in the form of schema 1.
func TestEntryProblem(t *testing.T) {
	e := NewEntry(Record{Case: Case{Problem: conv.Problem{Src: conv.Shape{5, 1, 48, 64},
		Weight: conv.Shape{6, 1, 7, 7}}}})
	const want = `{"src":[5,1,48,64],"weight":[6,1,7,7],"bias":false,"stride":[1,1],"dilation":[1,1],` +
		`"padding":{"Top":0,"Bottom":0,"Left":0,"Right":0},"padding_mode":"zeros","groups":1,"activation":"none","pool":"none"}`
	if text, err := json.Marshal(e.Problem); err != nil || string(text) != want {
		t.Errorf("%s, %v\nwant %s", text, err, want)
	}
}

// TestTiles: the class of a subject's tiles is in its name, in the line of each case, in JSON and in JUnit. So cases of
// several classes can be told apart.
func TestTiles(t *testing.T) {
	refusal := &fault.Error{Package: "gpu", Argument: "direct", Rule: "no room", Err: conv.ErrUnsupported}
	own := Subject{Name: "gpu", Algorithm: "direct", Device: "a renderer", Driver: "4.5"}
	amd := own
	amd.Tiles = "amd"
	if got, want := amd.String(), "gpu direct with the tiles of amd on a renderer, OpenGL 4.5"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	p := conv.Problem{Src: conv.Shape{1, 1, 2, 2}, Weight: conv.Shape{1, 1, 1, 1}}
	var r Report
	for _, s := range []Subject{own, amd} {
		record := Record{Case: Case{Name: "x", Problem: p}, Subject: s, Outcome: compare.Refused("x", p, refusal)}
		if got := strings.Contains(record.Line(), "(gpu direct with the tiles of amd on"); got != (s.Tiles != "") {
			t.Error(record.Line())
		}
		r.Cases = append(r.Cases, NewEntry(record))
	}
	var text, junit bytes.Buffer
	if err := r.WriteJSON(&text); err != nil || strings.Count(text.String(), `"tiles": "amd"`) != 1 ||
		strings.Contains(text.String(), `"tiles": ""`) {
		t.Errorf("%v: %s", err, text.String())
	}
	if err := r.WriteJUnit(&junit); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`<testsuite name="gpu direct on a renderer, OpenGL 4.5"`,
		`classname="gpuconv.gpu.direct"`,
		`<testsuite name="gpu direct with the tiles of amd on a renderer, OpenGL 4.5"`,
		`classname="gpuconv.gpu.amd.direct"`} {
		if strings.Count(junit.String(), want) != 1 {
			t.Errorf("want %s once in %s", want, junit.String())
		}
	}
	if all := r.Skips(); len(all) != 2 || all[1].String() != "1 × gpu direct with the tiles of amd: no room" {
		t.Errorf("skipped %v", all)
	}
}
