// Package grid shows tables of texts: as lines for a terminal, in Markdown, and on a web page, by the template "table"
// of package webpage.
package grid

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"
)

// Grid is a table of texts.
type Grid struct {
	Names []string   // of the columns
	Rows  [][]string // the cells of each row, as many as there are names
}

// Add adds a row. Cells that are left out at its end are empty.
func (g *Grid) Add(cells ...string) {
	g.Rows = append(g.Rows, append(cells, make([]string, len(g.Names)-len(cells))...))
}

// Bad tells whether a row says that something is lost, wrong or missing.
func (g *Grid) Bad(row []string) bool {
	return slices.ContainsFunc(row, func(cell string) bool {
		return cell == "WRONG" || cell == "missing" || cell == "loss" || strings.HasPrefix(cell, "absent: ")
	})
}

// Figure tells whether a cell is a number, with or without a unit, or a dash.
func (g *Grid) Figure(cell string) bool {
	digits := strings.TrimPrefix(cell, "-")
	return cell == "–" || digits != "" && digits[0] >= '0' && digits[0] <= '9'
}

// drop removes column i.
func (g *Grid) drop(i int) {
	g.Names = slices.Delete(g.Names, i, i+1)
	for j, row := range g.Rows {
		g.Rows[j] = slices.Delete(row, i, i+1)
	}
}

// DropEmpty removes, from column first on, the columns in which each cell is empty or a dash.
func (g *Grid) DropEmpty(first int) {
	for i := len(g.Names) - 1; i >= first; i-- {
		if !slices.ContainsFunc(g.Rows, func(row []string) bool { return row[i] != "" && row[i] != "–" }) {
			g.drop(i)
		}
	}
}

// widths returns the width of each column in characters, with two spaces before it, and that of the whole table.
func (g *Grid) widths() (each []int, whole int) {
	for i, name := range g.Names {
		width := utf8.RuneCountInString(name)
		for _, row := range g.Rows {
			width = max(width, utf8.RuneCountInString(row[i]))
		}
		each, whole = append(each, width+2), whole+width+2
	}
	return each, whole
}

// Fit removes columns until the lines are at most width characters long. It removes only those that dispensable names,
// one by one in that order, and returns the names of those that it removed.
func (g *Grid) Fit(width int, dispensable ...string) (dropped []string) {
	for _, name := range dispensable {
		_, whole := g.widths()
		if i := slices.Index(g.Names, name); i >= 0 && whole > width {
			g.drop(i)
			dropped = append(dropped, name)
		}
	}
	return dropped
}

// WriteText writes the table as lines, the names first, with columns that are aligned to the right.
func (g *Grid) WriteText(w io.Writer) error {
	each, _ := g.widths()
	for _, row := range slices.Concat([][]string{g.Names}, g.Rows) {
		var line strings.Builder
		for i, cell := range row {
			fmt.Fprintf(&line, "%*s", each[i], cell)
		}
		if _, err := fmt.Fprintln(w, strings.TrimRight(line.String(), " ")); err != nil {
			return err
		}
	}
	return nil
}

// WriteMarkdown writes the table in GitHub's form.
func (g *Grid) WriteMarkdown(w io.Writer) error {
	rule := slices.Repeat([]string{"---"}, len(g.Names))
	for _, row := range slices.Concat([][]string{g.Names, rule}, g.Rows) {
		line := "|"
		for _, cell := range row {
			line += " " + strings.ReplaceAll(cell, "|", "\\|") + " |"
		}
		if _, err := fmt.Fprintln(w, line); err != nil {
			return err
		}
	}
	return nil
}
