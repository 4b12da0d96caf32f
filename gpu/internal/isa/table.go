package isa

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
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
		s.Registers, s.Scalars, s.Spills, s.Scratch, s.Shared, s.Waves, s.Main.Share(), s.Length,
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

// ReadTable reads what WriteTable wrote.
func ReadTable(r io.Reader) (all []Stage, err error) {
	lines := bufio.NewScanner(r)
	want := strings.Join(columns(), "\t")
	for number := 1; lines.Scan(); number++ {
		switch {
		case number == 1 && lines.Text() != want:
			return nil, fmt.Errorf("line 1: %q, want %q", lines.Text(), want)
		case number > 1:
			s, err := readStage(strings.Split(lines.Text(), "\t"))
			if err != nil {
				return nil, fmt.Errorf("line %d: %w", number, err)
			}
			all = append(all, s)
		}
	}
	return all, lines.Err()
}

// readStage reads the cells of a line.
func readStage(cells []string) (s Stage, err error) {
	if len(cells) != len(columns()) {
		return s, fmt.Errorf("%d cells, want %d", len(cells), len(columns()))
	}
	s.Name, s.Tile = cells[0], cells[1]
	var share int
	numbers := []*int{&s.Registers, &s.Scalars, &s.Spills, &s.Scratch, &s.Shared, &s.Waves, &share, &s.Length}
	for k := range s.Main {
		numbers = append(numbers, &s.Main[k])
	}
	for i, to := range numbers {
		if *to, err = strconv.Atoi(cells[2+i]); err != nil {
			return s, err
		}
	}
	if share != s.Main.Share() || s.Length < s.Main.Total() {
		return s, fmt.Errorf("%s: FMA %d %% and length %d, its kinds give %d %% and at least %d", s.Name, share,
			s.Length, s.Main.Share(), s.Main.Total())
	}
	return s, nil
}
