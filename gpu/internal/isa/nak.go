package isa

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// nakStats are the statistics that NAK prints, by name, each with the figure that it sets. "Spills to reg" is not among
// them: it counts predicates and uniform registers that NAK moves to vector registers. That needs no memory, and
// package isa counts it as moves.
var nakStats = map[string]func(f *Figures, n int){
	"Num GPRs":      func(f *Figures, n int) { f.Registers = n },
	"Spills to mem": func(f *Figures, n int) { f.Spills += n },
	"SLM size":      func(f *Figures, n int) { f.Scratch = n },
	"Max warps/SM":  func(f *Figures, n int) { f.Waves = n },
}

const (
	nakForm   = "NAK IR" // begins a program as a pass has made it; the last one counts
	nakShared = "shared_size: "
)

var (
	nakStat        = regexp.MustCompile(`^([A-Za-z/ ]+): (\d+)$`)
	nakInstruction = regexp.MustCompile(`^\s*(?:@!?u?p\d+\s+)?(?:.* = )?([a-z][a-z0-9]*)`)
)

// readNAK reads what NAK, Mesa's compiler for NVIDIA's GPUs, prints of one program (NAK_DEBUG=print). If a statistic is
// printed twice, the first one counts. known is false if there are no statistics. It is an error if one is missing, or
// if there are no instructions.
func readNAK(lines []string) (f Figures, known bool, err error) {
	var b blocks
	stats := map[string]bool{}
	inside := false
	for _, line := range lines {
		stat := nakStat.FindStringSubmatch(line)
		switch {
		case strings.HasPrefix(line, nakForm):
			b, inside = blocks{}, true
		case strings.HasPrefix(line, nakShared):
			f.Shared, err = strconv.Atoi(strings.TrimPrefix(line, nakShared))
		case stat != nil:
			inside = false
			n, err := strconv.Atoi(stat[2])
			if set := nakStats[stat[1]]; set != nil && err == nil && !stats[stat[1]] {
				stats[stat[1]] = true
				set(&f, n)
			}
		case inside && strings.HasPrefix(line, "block"):
			b.next()
		case inside:
			code, _, _ := strings.Cut(line, "//")
			if m := nakInstruction.FindStringSubmatch(code); m != nil {
				b.current[nakKind(m[1], code)]++
			}
		}
		if err != nil {
			return f, true, err
		}
	}
	b.next()
	f.Length, f.Main = b.length, b.main
	switch {
	case len(stats) == 0:
		return f, false, nil
	case len(stats) != len(nakStats) || f.Length == 0:
		return f, true, fmt.Errorf("%d statistics and %d instructions, want %d statistics", len(stats),
			f.Length, len(nakStats))
	}
	return f, true, nil
}

// nakKinds tell the kinds of NVIDIA's instructions apart by how their names begin; the first that fits counts.
var nakKinds = []struct {
	begins string
	kind   Kind
}{
	{"ffma", FMA},
	{"fadd", Float}, {"fmul", Float}, {"fmnmx", Float}, {"mufu", Float},
	{"fsel", Select}, {"sel", Select}, {"isetp", Select}, {"fsetp", Select}, {"plop3", Select}, {"psetp", Select},
	{"mov", Move}, {"prmt", Move}, {"r2ur", Move}, {"s2r", Move}, {"cs2r", Move}, {"shfl", Move},
	{"lds", Shared}, {"sts", Shared},
	{"ldc", Constant}, {"uldc", Constant},
	{"ld", Memory}, {"st", Memory}, {"atom", Memory}, {"tld", Memory}, {"tex", Memory}, {"red", Memory},
	{"bra", Flow}, {"bsync", Flow}, {"bssy", Flow}, {"bclear", Flow}, {"nop", Flow}, {"exit", Flow}, {"bar", Flow},
	{"bmov", Flow}, {"break", Flow}, {"warpsync", Flow}, {"depbar", Flow}, {"membar", Flow},
	{"", Integer},
}

// nakKind returns the kind of an instruction with this name. code is its whole text: a vector instruction whose result
// goes into a uniform register (ur0 and up) is scalar.
func nakKind(name, code string) Kind {
	for _, k := range nakKinds {
		switch {
		case !strings.HasPrefix(name, k.begins):
		case k.kind.vector() && strings.HasPrefix(strings.TrimSpace(code), "ur"):
			return Scalar
		default:
			return k.kind
		}
	}
	return Integer
}
