package isa

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// amdStats are the statistics that radeonsi prints, by name, each with the figure that it sets.
var amdStats = map[string]func(f *Figures, n int){
	"SGPRS":         func(f *Figures, n int) { f.Scalars = n },
	"VGPRS":         func(f *Figures, n int) { f.Registers = n },
	"Spilled SGPRs": func(f *Figures, n int) { f.Spills += n },
	"Spilled VGPRs": func(f *Figures, n int) { f.Spills += n },
	"LDS":           func(f *Figures, n int) { f.Shared = n },
	"Scratch":       func(f *Figures, n int) { f.Scratch = n },
	"Max Waves":     func(f *Figures, n int) { f.Waves = n },
}

const amdStatsLine = "Shader Stats: "

var (
	amdStat  = regexp.MustCompile(`([A-Z][A-Za-z]*(?: [A-Z][A-Za-z]*)?): (\d+)`)
	amdBlock = regexp.MustCompile(`^\s*BB\d+:`)
)

// readAMD reads radeonsi's statistics and assembly of one program (AMD_DEBUG=cs,asm,stats). If a statistic is printed
// twice, the first one counts. known is false if there are no statistics. It is an error if one is missing, or if there
// are no instructions.
func readAMD(lines []string) (f Figures, known bool, err error) {
	var b blocks
	stats := map[string]bool{}
	for _, line := range lines {
		if rest, ok := strings.CutPrefix(line, amdStatsLine); ok {
			for _, m := range amdStat.FindAllStringSubmatch(rest, -1) {
				n, err := strconv.Atoi(m[2])
				if set := amdStats[m[1]]; set != nil && err == nil && !stats[m[1]] {
					stats[m[1]] = true
					set(&f, n)
				}
			}
			continue
		}
		if amdBlock.MatchString(line) {
			b.next()
			continue
		}
		code, _, _ := strings.Cut(line, ";")
		for part := range strings.SplitSeq(code, "::") { // RDNA 3 has lines with two instructions
			if fields := strings.Fields(part); len(fields) > 0 {
				b.countAMD(fields[0])
			}
		}
	}
	b.next()
	f.Length, f.Main = b.length, b.main
	switch {
	case len(stats) == 0:
		return f, false, nil
	case len(stats) != len(amdStats) || f.Length == 0:
		return f, true, fmt.Errorf("%d statistics and %d instructions, want %d statistics", len(stats),
			f.Length, len(amdStats))
	}
	return f, true, nil
}

// amdKinds tell the kinds of AMD's instructions apart by how their names begin; the first expression that matches
// counts.
var amdKinds = []struct {
	begins *regexp.Regexp
	kind   Kind
}{
	{regexp.MustCompile(`^v_(dual_)?(pk_)?(fma|fmac|fmaak|fmamk|mad|mac|madak|madmk)_(legacy_)?f32`), FMA},
	{regexp.MustCompile(`^v_(readlane|writelane|readfirstlane|mov|dual_mov|accvgpr)`), Move},
	{regexp.MustCompile(`^v_(dual_)?(cndmask|cmp)`), Select},
	{regexp.MustCompile(`^v_.*_f(16|32|64)`), Float},
	{regexp.MustCompile(`^v_`), Integer},
	{regexp.MustCompile(`^ds_`), Shared},
	{regexp.MustCompile(`^(buffer|tbuffer|global|flat|scratch|image)_`), Memory},
	{regexp.MustCompile(`^s_(buffer_)?load`), Constant},
	{regexp.MustCompile(`^s_(c?branch|barrier|wait|nop|endpgm|delay|clause|sleep|sendmsg|inst_prefetch)`), Flow},
	{regexp.MustCompile(`^s_(setprio|setpc|swappc|call|code_end|set_inst)`), Flow},
	{regexp.MustCompile(`^s_`), Scalar},
}

// countAMD counts an instruction by its name. A name that no expression matches is not an instruction, and is not
// counted.
func (b *blocks) countAMD(name string) {
	for _, k := range amdKinds {
		if k.begins.MatchString(name) {
			b.current[k.kind]++
			return
		}
	}
}
