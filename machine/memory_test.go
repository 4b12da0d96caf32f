package machine

import (
	"math"
	"os"
	"path/filepath"
	"testing"
)

// machineOf writes the files that describe a machine, and returns their folder.
func machineOf(t *testing.T, files map[string]string) string {
	t.Helper()
	root := t.TempDir()
	for name, content := range files {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

// TestGroupMemory: the limits of the process's control group and of each group around it count, in both versions,
// wherever they are mounted.
func TestGroupMemory(t *testing.T) {
	const (
		v2 = "30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate\n"
		v1 = "35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory\n" +
			"36 31 0:33 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n"
	)
	for _, c := range []struct {
		name  string
		files map[string]string
		want  float64
	}{
		{"none", nil, math.Inf(1)},
		{"version 2, no limit", map[string]string{"proc/self/mountinfo": v2, "proc/self/cgroup": "0::/a/b\n",
			"sys/fs/cgroup/a/b/memory.max": "max\n"}, math.Inf(1)},
		{"version 2, own", map[string]string{"proc/self/mountinfo": v2, "proc/self/cgroup": "0::/a/b\n",
			"sys/fs/cgroup/a/b/memory.max": "1000\n", "sys/fs/cgroup/a/b/memory.current": "400\n",
			"sys/fs/cgroup/a/b/memory.stat": "anon 90\ninactive_file 200\nactive_file 10\nfile 310\n"}, 810},
		{"version 2, two levels above", map[string]string{"proc/self/mountinfo": v2, "proc/self/cgroup": "0::/a/b/c\n",
			"sys/fs/cgroup/a/memory.max": "500\n", "sys/fs/cgroup/a/memory.current": "100\n",
			"sys/fs/cgroup/a/b/c/memory.max": "1000\n", "sys/fs/cgroup/d/memory.max": "1\n"}, 400},
		{"version 2, the top of a container", map[string]string{"proc/self/mountinfo": v2, "proc/self/cgroup": "0::/\n",
			"sys/fs/cgroup/memory.max": "700\n"}, 700},
		{"version 2, mounted from within", map[string]string{
			"proc/self/mountinfo": "30 23 0:26 /a/b /sys/fs/cgroup ro - cgroup2 cgroup2 rw\n", "proc/self/cgroup": "0::/a/b/c\n",
			"sys/fs/cgroup/c/memory.max": "300\n", "sys/fs/cgroup/memory.max": "600\n"}, 300},
		{"version 2, outside of its namespace", map[string]string{"proc/self/mountinfo": v2, "proc/self/cgroup": "0::/../x\n",
			"sys/fs/cgroup/memory.max": "600\n"}, 600},
		{"version 1, two levels above", map[string]string{"proc/self/mountinfo": v1,
			"proc/self/cgroup": "9:name=systemd:/\n4:cpu:/x\n3:hugetlb,memory:/docker/id/sub\n0::/\n",
			"sys/fs/cgroup/memory/docker/memory.limit_in_bytes": "2000\n", "sys/fs/cgroup/memory/docker/memory.usage_in_bytes": "600",
			"sys/fs/cgroup/memory/docker/memory.stat":                  "inactive_file 1\ntotal_inactive_file 50\ntotal_active_file 50\n",
			"sys/fs/cgroup/memory/docker/id/sub/memory.limit_in_bytes": "9223372036854771712\n",
			"sys/fs/cgroup/cpu/x/memory.limit_in_bytes":                "1"}, 1500},
		{"version 1, no limit", map[string]string{"proc/self/mountinfo": v1, "proc/self/cgroup": "3:memory:/a\n",
			"sys/fs/cgroup/memory/a/memory.limit_in_bytes": "9223372036854771712\n",
			"sys/fs/cgroup/memory/a/memory.usage_in_bytes": "600"}, math.Inf(1)},
		{"version 1, mounted from within", map[string]string{
			"proc/self/mountinfo": "35 31 0:32 /docker/id /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n",
			"proc/self/cgroup":    "3:memory:/docker/id\n", "sys/fs/cgroup/memory/memory.limit_in_bytes": "250\n"}, 250},
		{"both, full", map[string]string{"proc/self/mountinfo": v1 + v2, "proc/self/cgroup": "3:memory:/\n0::/a\n",
			"sys/fs/cgroup/memory/memory.limit_in_bytes": "250\n", "sys/fs/cgroup/memory/memory.usage_in_bytes": "250\n",
			"sys/fs/cgroup/a/memory.max": "1000\n"}, 0},
	} {
		if got := groupMemory(machineOf(t, c.files)); got != c.want {
			t.Errorf("%s: %v bytes, want %v", c.name, got, c.want)
		}
	}
}
