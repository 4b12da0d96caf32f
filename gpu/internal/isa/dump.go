package isa

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strings"
)

// The lines that TestStages of package gpu writes. What a driver prints about a stage is between the stage's line and
// endLine.
const (
	deviceLine = "== device "
	stageLine  = "== stage "
	endLine    = "== end"
)

// Read reads a dump: what TestStages and a driver printed. It returns the device's name and version, and the stages in
// their order. It leaves out stages whose program the driver has compiled before, since it prints nothing about these.
func Read(r io.Reader) (device string, all []Stage, err error) {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 1<<24)
	var s *Stage
	var text []string
	for lines.Scan() {
		line := lines.Text()
		switch {
		case strings.HasPrefix(line, deviceLine):
			device = strings.TrimPrefix(line, deviceLine)
		case strings.HasPrefix(line, stageLine):
			name, tile, _ := strings.Cut(strings.TrimPrefix(line, stageLine), ": ")
			s, text = &Stage{Name: name, Tile: tile}, nil
		case line == endLine && s != nil:
			known, err := s.read(text)
			if err != nil {
				return "", nil, fmt.Errorf("%v: %w", s, err)
			}
			if known {
				all = append(all, *s)
			}
			s = nil
		case strings.HasPrefix(line, nakForm):
			// NAK prints a program after each pass. Only the last form counts, and of what is printed before it, only
			// the shared memory.
			text = slices.DeleteFunc(text, func(l string) bool { return !strings.HasPrefix(l, nakShared) })
			text = append(text, line)
		case s != nil:
			text = append(text, line)
		}
	}
	return device, all, lines.Err()
}

// read sets the stage's figures from what a driver printed about it. It returns false if the driver printed nothing.
func (s *Stage) read(lines []string) (known bool, err error) {
	for _, compiler := range []func([]string) (Figures, bool, error){readAMD, readNAK} {
		if s.Figures, known, err = compiler(lines); known || err != nil {
			return known, err
		}
	}
	return false, nil
}
