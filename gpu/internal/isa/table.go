package isa

import (
	"fmt"
	"io"
	"strings"
)

// columns are the names of a table's columns, with the kinds of instructions last.
func columns() []string {
	all := []string{"stage", "tile", "registers", "scalars", "spills", "scratch", "shared", "waves", "FMA %", "length"}
	for k := range kinds {
		all = append(all, k.String())
	}
	return all
}

// cells returns the stage's line of the table. The counts by kind are those of the main block.
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

// WriteTable writes a line of names, then a line of figures for each stage, with tabs between them: registers, memory,
// and how many instructions of each kind the main block has.
func WriteTable(w io.Writer, stages []Stage) error {
	lines := []string{strings.Join(columns(), "\t")}
	for _, s := range stages {
		lines = append(lines, strings.Join(s.cells(), "\t"))
	}
	_, err := fmt.Fprintln(w, strings.Join(lines, "\n"))
	return err
}
