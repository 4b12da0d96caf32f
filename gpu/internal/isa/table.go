package isa

import (
	"fmt"
	"io"
	"strings"
)

// columns are the headings of a table: the stage, its figures, and the kinds of instructions of its main block.
func columns() []string {
	all := []string{"stage", "tile", "registers", "scalars", "spills", "scratch", "shared", "waves", "FMA %", "length"}
	for k := range kinds {
		all = append(all, k.String())
	}
	return all
}

func (s Stage) cells() []string {
	all := []string{s.Name, s.Tile}
	for _, n := range []int{
		s.Registers, s.Scalars, s.Spills, s.Scratch, s.Shared, s.Waves, s.Main.Share(), s.Program.Total(),
	} {
		all = append(all, fmt.Sprint(n))
	}
	for _, n := range s.Main {
		all = append(all, fmt.Sprint(n))
	}
	return all
}

// WriteTable writes stages as lines of figures with tabs between them: registers, memory, and the main block by kinds
// of instructions.
func WriteTable(w io.Writer, stages []Stage) error {
	lines := []string{strings.Join(columns(), "\t")}
	for _, s := range stages {
		lines = append(lines, strings.Join(s.cells(), "\t"))
	}
	_, err := fmt.Fprintln(w, strings.Join(lines, "\n"))
	return err
}
