package conv

import (
	"slices"
	"strconv"
	"strings"
)

// names has the text of each constant of an enumeration that counts from 0, as used on the command line and in JSON.
type names struct {
	of    string // what the constants are, for errors
	texts []string
}

var (
	paddingModes = names{"padding mode", []string{"zeros", "reflect", "replicate", "circular", "symmetric"}}
	activations  = names{"activation", []string{"none", "relu", "energy"}}
	poolKinds    = names{"pool", []string{"none", "max", "avg"}}
	precisions   = names{"precision", []string{"exact", "fast"}}
)

// text returns the name of v, or its digits if v has no name.
func (n names) text(v int) string {
	if v < 0 || v >= len(n.texts) {
		return strconv.Itoa(v)
	}
	return n.texts[v]
}

// check refuses a value without a name.
func (n names) check(v int) error {
	if v < 0 || v >= len(n.texts) {
		return &ShapeError{n.of, strconv.Itoa(v), n.rule()}
	}
	return nil
}

// marshal returns the name of v.
func (n names) marshal(v int) ([]byte, error) {
	if err := n.check(v); err != nil {
		return nil, err
	}
	return []byte(n.texts[v]), nil
}

// unmarshal sets v to the constant whose name is text.
func (n names) unmarshal(v *int, text []byte) error {
	at := slices.Index(n.texts, string(text))
	if at < 0 {
		return &ShapeError{n.of, strconv.Quote(string(text)), n.rule()}
	}
	*v = at
	return nil
}

func (n names) rule() string {
	last := len(n.texts) - 1
	return "want " + strings.Join(n.texts[:last], ", ") + " or " + n.texts[last]
}
