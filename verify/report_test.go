package verify

import (
	"encoding/json"
	"testing"

	"gpuconv/conv"
)

// TestEntryProblem: a reader of the report needs no defaults. This is the form of schema 1.
func TestEntryProblem(t *testing.T) {
	e := NewEntry(Record{Case: Case{Problem: conv.Problem{Src: conv.Shape{5, 1, 48, 64},
		Weight: conv.Shape{6, 1, 7, 7}}}})
	const want = `{"src":[5,1,48,64],"weight":[6,1,7,7],"bias":false,"stride":[1,1],"dilation":[1,1],` +
		`"padding":{"Top":0,"Bottom":0,"Left":0,"Right":0},"padding_mode":"zeros","groups":1,"activation":"none","pool":"none"}`
	if text, err := json.Marshal(e.Problem); err != nil || string(text) != want {
		t.Errorf("%s, %v\nwant %s", text, err, want)
	}
}
