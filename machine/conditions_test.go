package machine

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// TestConditions: what a system says is read, and what it does not say is unknown.
func TestConditions(t *testing.T) {
	const unknown = "unknown: the system does not say"
	for _, c := range []struct {
		name  string
		files map[string]string
		want  []string // energy, governor, turbo, SMT, NUMA
		clock string
	}{
		{"nothing", nil, []string{"unknown: no RAPL counter can be read", unknown, unknown, unknown, unknown}, ""},
		{"AMD", map[string]string{
			"class/powercap/intel-rapl:0/energy_uj":            "12\n",
			"class/powercap/intel-rapl:0:0/energy_uj":          "12\n",
			"devices/system/cpu/cpu0/cpufreq/scaling_governor": "performance\n",
			"devices/system/cpu/cpu1/cpufreq/scaling_governor": "performance\n",
			"devices/system/cpu/cpufreq/boost":                 "1\n",
			"devices/system/cpu/smt/active":                    "0\n",
			"devices/system/node/node0/x":                      "", "devices/system/node/node1/x": "",
			"class/drm/card0/device/pp_dpm_sclk": "0: 300Mhz\n1: 1500Mhz *\n",
		}, []string{"1 RAPL counter", "performance", "on", "off", "2 nodes"}, "1500 MHz"},
		{"Intel", map[string]string{
			"devices/system/cpu/cpu0/cpufreq/scaling_governor": "performance\n",
			"devices/system/cpu/cpu1/cpufreq/scaling_governor": "powersave\n",
			"devices/system/cpu/intel_pstate/no_turbo":         "1\n",
			"devices/system/cpu/smt/active":                    "1\n",
			"devices/system/node/node0/x":                      "",
			"class/drm/card1/gt_act_freq_mhz":                  "900\n",
		}, []string{"unknown: no RAPL counter can be read", "performance, powersave", "off", "on", "1 node"}, "900 MHz"},
	} {
		sys := t.TempDir()
		for name, text := range c.files {
			path := filepath.Join(sys, name)
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		var got []string
		for _, x := range conditions(sys) {
			got = append(got, x.Value)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
		if got := gpuClocks(sys); got != c.clock {
			t.Errorf("%s: clocks %q, want %q", c.name, got, c.clock)
		}
	}
}
