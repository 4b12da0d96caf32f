package isa

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strings"
)

// The lines that package gpu's TestStages writes. A driver prints between them.
const (
	deviceLine = "== device "
	stageLine  = "== stage "
	endLine    = "== end"
)

// Read reads what TestStages and a driver printed: the device, and the stages in their order. Programs that the driver
// has compiled before, about which it prints nothing, are left out.
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
			// NAK prints a program after each pass: of what is before the last, only the shared memory counts.
			text = slices.DeleteFunc(text, func(l string) bool { return !strings.HasPrefix(l, nakShared) })
			text = append(text, line)
		case s != nil:
			text = append(text, line)
		}
	}
	return device, all, lines.Err()
}

// read reads a driver's words about the stage. It returns false if there are none.
func (s *Stage) read(lines []string) (known bool, err error) {
	for _, compiler := range []func([]string) (Figures, bool, error){readAMD, readNAK} {
		if s.Figures, known, err = compiler(lines); known || err != nil {
			return known, err
		}
	}
	return false, nil
}
