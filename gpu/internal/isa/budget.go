package isa

import (
	"bufio"
	"fmt"
	"io"
	"path"
	"strconv"
	"strings"
)

// Budget bounds one figure of stages.
type Budget struct {
	Pattern string // which stages, as path.Match matches chip/problem/algorithm/shader; - means a space
	Figure  string // registers, spills, scratch, shared, waves, fma (Main.Share) or length
	Least   bool   // Bound is the least that is allowed, not the most
	Bound   int    // in the figure's unit: see [Figures]
}

// ReadBudgets reads budgets, one on each line: a pattern, a figure, <= or >=, and a bound. Text after # is a comment.
func ReadBudgets(r io.Reader) (all []Budget, err error) {
	lines := bufio.NewScanner(r)
	for number := 1; lines.Scan(); number++ {
		text, _, _ := strings.Cut(lines.Text(), "#")
		fields := strings.Fields(text)
		if len(fields) == 0 {
			continue
		}
		b, err := readBudget(fields)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", number, err)
		}
		all = append(all, b)
	}
	return all, lines.Err()
}

// readBudget reads the four fields of a line.
func readBudget(fields []string) (b Budget, err error) {
	if len(fields) != 4 || fields[2] != "<=" && fields[2] != ">=" {
		return b, fmt.Errorf("%q: want a pattern, a figure, <= or >=, and a number", strings.Join(fields, " "))
	}
	b = Budget{Pattern: fields[0], Figure: fields[1], Least: fields[2] == ">="}
	if bounded[b.Figure] == nil {
		return b, fmt.Errorf("%q: want registers, spills, scratch, shared, waves, fma or length", b.Figure)
	}
	if _, err := path.Match(b.Pattern, ""); err != nil {
		return b, fmt.Errorf("%q: %w", b.Pattern, err)
	}
	b.Bound, err = strconv.Atoi(fields[3])
	return b, err
}

// Over says which figures of a stage on a chip are outside its budgets, and by how much. If several budgets of one
// figure match the stage, the last of them counts. A mutant has the budgets of the stage that it was made from.
func Over(budgets []Budget, chip string, s Stage) (all []string) {
	name, _, _ := strings.Cut(chip+"/"+strings.ReplaceAll(s.Name, " ", "-"), ",-with-")
	last := map[string]Budget{}
	var order []string
	for _, b := range budgets {
		if ok, _ := path.Match(b.Pattern, name); !ok {
			continue
		}
		if _, seen := last[b.Figure]; !seen {
			order = append(order, b.Figure)
		}
		last[b.Figure] = b
	}
	for _, figure := range order {
		b, got := last[figure], bounded[figure](s.Figures)
		switch {
		case b.Least && got < b.Bound:
			all = append(all, fmt.Sprintf("%s %d, %d below the budget of %d", figure, got, b.Bound-got, b.Bound))
		case !b.Least && got > b.Bound:
			all = append(all, fmt.Sprintf("%s %d, %d above the budget of %d", figure, got, got-b.Bound, b.Bound))
		}
	}
	return all
}
