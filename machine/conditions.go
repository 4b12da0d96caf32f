package machine

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/shirou/gopsutil/v4/cpu"
)

// Condition is a property of a computer that times depend on, such as its governor, and the value that it has.
type Condition struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// GPUClock is the name of the condition that changes during a run.
const GPUClock = "GPU clock"

// Conditions lists properties of the computer that times depend on, as Linux reports them: energy counters, the
// governor and turbo of the processor, SMT, NUMA, and the processors that this process may use. The value of a property
// that cannot be read is "unknown", with the reason. clocks has what GPUClocks returned before and after the run.
func Conditions(clocks [2]string) []Condition {
	gpu := "unknown: no driver lists it in /sys, OpenGL and EGL do not tell it, and NVML is not used"
	if clocks[0] != "" {
		gpu = clocks[0] + " before, " + clocks[1] + " after"
	}
	may := pinned()
	if all, err := cpu.Counts(true); err == nil {
		may = fmt.Sprintf("%s of %d", may, all)
	}
	return append(conditions("/sys"), Condition{"processors", may}, Condition{GPUClock, gpu})
}

// conditions is Conditions without the last two, of the system in the given folder.
func conditions(sys string) []Condition {
	const unknown = "unknown: the system does not say"
	text := func(path string) string { return strings.TrimSpace(read(filepath.Join(sys, path))) }
	of := func(name, text string, words map[string]string) Condition {
		if word, ok := words[text]; ok {
			return Condition{name, word}
		}
		return Condition{name, unknown}
	}
	energy := Condition{"energy", "unknown: no RAPL counter can be read"}
	if packages := newMeter(sys); len(packages) > 0 {
		energy.Value = count(len(packages), "RAPL counter")
	}
	governor := Condition{"governor", unknown}
	if all := readable(filepath.Join(sys, "devices/system/cpu/cpu[0-9]*/cpufreq/scaling_governor")); len(all) > 0 {
		governor.Value = strings.Join(distinct(all), ", ")
	}
	turbo := of("turbo", text("devices/system/cpu/cpufreq/boost"), map[string]string{"0": "off", "1": "on"})
	if off := text("devices/system/cpu/intel_pstate/no_turbo"); off != "" {
		turbo = of("turbo", off, map[string]string{"0": "on", "1": "off"})
	}
	smt := of("SMT", text("devices/system/cpu/smt/active"), map[string]string{"0": "off", "1": "on"})
	numa := Condition{"NUMA", unknown}
	if nodes, _ := filepath.Glob(filepath.Join(sys, "devices/system/node/node[0-9]*")); len(nodes) > 0 {
		numa.Value = count(len(nodes), "node")
	}
	return []Condition{energy, governor, turbo, smt, numa}
}

// GPUClocks returns the clock of each GPU whose driver lists it in /sys: those of AMD and Intel. It is "" if none does.
func GPUClocks() string { return gpuClocks("/sys") }

func gpuClocks(sys string) string {
	clocks := []string{}
	for _, mhz := range readable(filepath.Join(sys, "class/drm/card[0-9]*/gt_act_freq_mhz")) { // Intel
		clocks = append(clocks, mhz+" MHz")
	}
	for _, list := range readable(filepath.Join(sys, "class/drm/card[0-9]*/device/pp_dpm_sclk")) { // AMD
		for line := range strings.Lines(list) { // such as "1: 1500Mhz *", with the star at the present one
			if fields := strings.Fields(line); len(fields) == 3 && fields[2] == "*" {
				clocks = append(clocks, strings.Replace(fields[1], "Mhz", " MHz", 1))
			}
		}
	}
	return strings.Join(clocks, ", ")
}

// readable returns the texts of those files that match a pattern and can be read.
func readable(pattern string) (texts []string) {
	paths, _ := filepath.Glob(pattern)
	for _, path := range paths {
		if text := strings.TrimSpace(read(path)); text != "" {
			texts = append(texts, text)
		}
	}
	return texts
}

// distinct returns each different text once, in order.
func distinct(texts []string) (all []string) {
	seen := map[string]bool{}
	for _, text := range texts {
		if !seen[text] {
			all = append(all, text)
		}
		seen[text] = true
	}
	return all
}

// count writes a number of things, such as 2 nodes.
func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
