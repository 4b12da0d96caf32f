package bench

import (
	"cmp"
	"fmt"
	"io"
	"math"
	"slices"

	"gpuconv/internal/grid"
	"gpuconv/param"
)

// Count returns how many changes have a verdict.
func (c Comparison) Count(v Verdict) (n int) {
	for _, change := range c.Changes {
		if change.Verdict == v {
			n++
		}
	}
	return n
}

// Times returns how many changes are not Added: the times of the old report, and wrong outputs of the new one.
func (c Comparison) Times() int { return len(c.Changes) - c.Count(Added) }

// Common counts the changes that are not Added and for which the new report has a time, a wrong output, or a reason why
// it has neither.
func (c Comparison) Common() (n int) {
	for _, x := range c.Changes {
		if x.Verdict != Added && (x.Verdict != Gone || x.Why != "") {
			n++
		}
	}
	return n
}

// WriteTable writes the comparison as a table to read, with benchstat's names p, n and geomean. After it, a line for
// each case that is missing, wrong or undecided says why, and the last line is a summary.
func (c Comparison) WriteTable(w io.Writer) error {
	for _, n := range c.Notes {
		fmt.Fprintf(w, "note      %s\n", n)
	}
	if err := c.grid().WriteText(w); err != nil {
		return err
	}
	for _, x := range c.Changes {
		if x.Why != "" {
			fmt.Fprintf(w, "%-9s %s on %s, %s: %s\n", x.word(), x.name(), x.Label, x.Phase, x.Why)
		}
	}
	_, err := fmt.Fprintln(w, c)
	return err
}

// WriteMarkdown writes the table of WriteTable in Markdown.
func (c Comparison) WriteMarkdown(w io.Writer) error { return c.grid().WriteMarkdown(w) }

func (c Comparison) grid() *grid.Grid {
	g := &grid.Grid{Names: []string{"case", "backend", "phase", "new / old", "95 % interval", "calibrated", "p", "n",
		"verdict"}}
	for _, x := range c.Changes {
		interval := "unknown"
		if !math.IsNaN(float64(x.High)) {
			interval = fmt.Sprintf("%.3f … %.3f", x.Low, x.High)
		}
		row := []string{x.name(), x.Label, x.Phase, x.Ratio.text("%.3f"), interval, x.Calibrated.text("%.3f"),
			x.P.text("%.2g"), fmt.Sprintf("%d+%d", x.Old, x.New), string(x.Verdict)}
		if slices.Contains(untested(), x.Verdict) {
			clear(row[3:8])
		}
		g.Add(row...)
	}
	return g
}

// untested lists the verdicts of changes without figures.
func untested() []Verdict { return []Verdict{Wrong, Gone, Added} }

// name returns the case's name for the table, or that it is the geometric mean of several.
func (x Change) name() string {
	if x.Case == Geomean {
		return fmt.Sprintf("geomean of %d cases", x.Cases)
	}
	return readable(x.Case)
}

// word returns the word that begins the line that says why.
func (x Change) word() string {
	return cmp.Or(map[Verdict]string{Gone: "missing", Added: "new"}[x.Verdict], string(x.Verdict))
}

// String returns a summary of one line. What nvbench calls ambiguous (AMBG) are undecided comparisons.
func (c Comparison) String() string {
	text := fmt.Sprintf("%d slower, %d faster, %d equivalent, %d undecided (AMBG)", c.Count(Slower), c.Count(Faster),
		c.Count(Equivalent), c.Count(Undecided))
	for _, v := range untested() {
		if n := c.Count(v); n > 0 {
			text += fmt.Sprintf(", %d %s", n, v)
		}
	}
	return fmt.Sprintf("%s; threshold %.3g %%", text, 100*c.Threshold)
}

// Table returns the changes as a table for CSV, a row for each. A number that is not known is an empty cell.
func (c Comparison) Table() *param.Table {
	return columns(c.Changes, "case", "backend", "threads", "phase", "cases", "ratio", "ratio_low", "ratio_high",
		"calibrated", "p", "n_old", "n_new", "verdict", "why")
}

// WriteJSON writes the comparison as JSON: the threshold, the notes, and the changes with the columns of Table. A
// number that is not known is null.
func (c Comparison) WriteJSON(w io.Writer) error { return writeJSON(w, c) }
