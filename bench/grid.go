package bench

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"
)

// columnsOfText is how many characters wide a table for a terminal is at most, if it can drop enough columns.
const columnsOfText = 120

// grid is a table of texts.
type grid struct {
	Names []string   // of the columns
	Rows  [][]string // the cells of each row, as many as there are names
}

// Bad tells whether a row says that something is lost, wrong or missing.
func (g *grid) Bad(row []string) bool {
	return slices.ContainsFunc(row, func(cell string) bool {
		return cell == "WRONG" || cell == "missing" || cell == "loss" || strings.HasPrefix(cell, "absent: ")
	})
}

// Figure tells whether a cell is a number, with its unit, or a dash.
func (g *grid) Figure(cell string) bool {
	return cell == "–" || cell != "" && cell[0] >= '0' && cell[0] <= '9'
}

// drop removes the column with this name.
func (g *grid) drop(name string) {
	i := slices.Index(g.Names, name)
	g.Names = slices.Delete(slices.Clone(g.Names), i, i+1)
	for j, row := range g.Rows {
		g.Rows[j] = slices.Delete(slices.Clone(row), i, i+1)
	}
}

// dropEmpty removes the columns of figures in which no row has a value.
func (g *grid) dropEmpty() {
	for _, name := range slices.Clone(g.Names[2:]) { // cases and backends stay
		i := slices.Index(g.Names, name)
		if !slices.ContainsFunc(g.Rows, func(row []string) bool { return row[i] != "" && row[i] != "–" }) {
			g.drop(name)
		}
	}
}

// widths returns the width of each column in characters, and that of the whole table, with two spaces before each
// column.
func (g *grid) widths() (each []int, whole int) {
	for i, name := range g.Names {
		width := utf8.RuneCountInString(name)
		for _, row := range g.Rows {
			width = max(width, utf8.RuneCountInString(row[i]))
		}
		each, whole = append(each, width), whole+width+2
	}
	return each, whole
}

// fit drops columns that least names, in its order, until the table fits into columnsOfText or least has no more. It
// returns the names of those that it dropped.
func (g *grid) fit(least []string) (dropped []string) {
	for _, name := range least {
		if _, whole := g.widths(); whole <= columnsOfText {
			break
		}
		if slices.Contains(g.Names, name) {
			g.drop(name)
			dropped = append(dropped, name)
		}
	}
	return dropped
}

// write writes the table with its names first, aligned to the right.
func (g *grid) write(w io.Writer) error {
	each, _ := g.widths()
	for _, row := range slices.Concat([][]string{g.Names}, g.Rows) {
		var line strings.Builder
		for i, cell := range row {
			line.WriteString(strings.Repeat(" ", 2+each[i]-utf8.RuneCountInString(cell)) + cell)
		}
		if _, err := fmt.Fprintln(w, strings.TrimRight(line.String(), " ")); err != nil {
			return err
		}
	}
	return nil
}

// writeMarkdown writes the table in GitHub's form.
func (g *grid) writeMarkdown(w io.Writer) error {
	rule := slices.Repeat([]string{"---"}, len(g.Names))
	for _, row := range slices.Concat([][]string{g.Names, rule}, g.Rows) {
		cells := make([]string, len(row))
		for i, cell := range row {
			cells[i] = strings.ReplaceAll(cell, "|", "\\|")
		}
		if _, err := fmt.Fprintf(w, "| %s |\n", strings.Join(cells, " | ")); err != nil {
			return err
		}
	}
	return nil
}
