package verify

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"unicode/utf8"

	"gpuconv/compare"
	"gpuconv/fault"
)

// Known is a list of failures that are expected, for instance those of a driver that others maintain. Its text has one
// failure to a line:
//
//	CASE
//	WHO | CASE
//
// WHO is backend, algorithm and tiles, as the lines of cases name them: "gpu igemm with the tiles of amd". Without WHO
// the line is about every subject. In both, * matches any text. Text after # and empty lines are ignored.
type Known struct{ lines []knownLine }

type knownLine struct {
	number    int
	who, name *regexp.Regexp
	failed    int    // how many records failed as the line says
	passed    int    // how many passed although the line says that they fail
	fixed     string // the first of these
}

// ReadKnown reads such a list.
func ReadKnown(r io.Reader) (*Known, error) {
	k := &Known{}
	lines, number := bufio.NewScanner(r), 1
	for ; lines.Scan(); number++ {
		if strings.ContainsFunc(lines.Text(), func(c rune) bool {
			return c < ' ' && c != '\t' || c == utf8.RuneError
		}) {
			return nil, fault.New("verify", "line", number, "want text, it has control characters")
		}
		text, _, _ := strings.Cut(lines.Text(), "#")
		if text = strings.TrimSpace(text); text == "" {
			continue
		}
		who, name, found := strings.Cut(text, "|")
		if !found {
			who, name = "*", text
		}
		who, name = strings.TrimSpace(who), strings.TrimSpace(name)
		if who == "" || name == "" {
			return nil, fault.New("verify", "line", number, "want CASE or WHO | CASE")
		}
		k.lines = append(k.lines, knownLine{number: number, who: wildcard(who), name: wildcard(name)})
	}
	if errors.Is(lines.Err(), bufio.ErrTooLong) {
		return nil, fault.New("verify", "line", number, "want fewer than %d bytes, it has more", bufio.MaxScanTokenSize)
	}
	return k, lines.Err()
}

// wildcard returns an expression that matches whole texts. In text, * matches any text.
func wildcard(text string) *regexp.Regexp {
	return regexp.MustCompile("^" + strings.ReplaceAll(regexp.QuoteMeta(text), `\*`, ".*") + "$")
}

// Look sets Known of a record that failed and is in the list. It counts what each line is about. k may be nil.
func (k *Known) Look(r *Record) {
	if k == nil {
		return
	}
	used := NewEntry(*r).Who()
	subject := Subject{Name: r.Subject.Name, Algorithm: r.Subject.Algorithm, Tiles: r.Subject.Tiles}.String()
	for i := range k.lines {
		l := &k.lines[i]
		if !l.who.MatchString(used) && !l.who.MatchString(subject) || !l.name.MatchString(r.Case.Name) {
			continue
		}
		switch r.Outcome.Status() {
		case compare.Failed:
			l.failed++
			r.Known = l.number
		case compare.Passed:
			if l.passed++; l.passed == 1 {
				l.fixed = r.Case.Name
			}
		}
	}
}

// Stale says which lines of the list are wrong now: cases that are fixed and, if all cases were run, lines about no
// case at all.
func (k *Known) Stale(all bool) (texts []string) {
	if k == nil {
		return nil
	}
	for _, l := range k.lines {
		switch {
		case l.passed > 0 && l.failed == 0:
			texts = append(texts, fmt.Sprintf("line %d: fixed, its cases pass: %s; the line can go", l.number,
				l.those()))
		case l.passed > 0:
			texts = append(texts, fmt.Sprintf("line %d: %d of its %d cases pass: %s", l.number, l.passed,
				l.passed+l.failed, l.those()))
		case l.failed == 0 && all:
			texts = append(texts, fmt.Sprintf("line %d is about no case that passed or failed", l.number))
		}
	}
	return texts
}

// those names the first case that passed, and says how many others did.
func (l knownLine) those() string {
	if l.passed == 1 {
		return l.fixed
	}
	return fmt.Sprintf("%s and %d more", l.fixed, l.passed-1)
}
