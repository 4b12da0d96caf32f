package machine

import (
	"context"
	"fmt"
	"math"
	"path"
	"strconv"
	"strings"

	"gpuconv/internal/input"

	"github.com/shirou/gopsutil/v4/mem"
)

// CheckMemory returns an error, which begins with what, if there are fewer bytes of free memory; see [FreeMemory]. It
// returns nil where the system does not tell.
func CheckMemory(what string, bytes float64) error {
	free := FreeMemory()
	if bytes <= free {
		return nil
	}
	return fmt.Errorf("%s would need %s of memory, %s are free", what, Size(bytes), Size(free))
}

// FreeMemory returns how many bytes this process may still take: what the machine has free, the control groups leave
// that the process is in, and the limits of its address space. It is +Inf where the system does not tell.
func FreeMemory() float64 {
	free := math.Inf(1)
	if memory, err := mem.VirtualMemory(); err == nil {
		free = float64(memory.Available)
	}
	return max(0, min(free, groupMemory(""), addressSpace()))
}

// groupMemory returns what control groups leave to this process: its own, and each around it, since the limit of any
// holds. Linux's cgroups(7) has the files, in versions 1 and 2. All are below root, which is "" but in tests.
func groupMemory(root string) float64 {
	free := math.Inf(1)
	own := ownGroups(root)
	for line := range strings.Lines(read(root + "/proc/self/mountinfo")) {
		version, top, at := groupMount(line)
		group, ok := own[version]
		if version == 0 || !ok {
			continue
		}
		inside, found := strings.CutPrefix(group, strings.TrimSuffix(top, "/"))
		if !found { // it is mounted from elsewhere: what is mounted may be around the group
			inside = "/"
		}
		for group = path.Clean("/" + inside); ; group = path.Dir(group) {
			free = min(free, room(root+path.Join(at, group), version))
			if group == "/" {
				break
			}
		}
	}
	return free
}

// ownGroups returns the path of the group for memory in each version, from /proc/self/cgroup.
func ownGroups(root string) map[int]string {
	own := map[int]string{}
	for line := range strings.Lines(read(root + "/proc/self/cgroup")) { // such as 4:memory:/a/b, in version 2 0::/a/b
		_, rest, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ":")
		controllers, group, _ := strings.Cut(rest, ":")
		switch {
		case controllers == "":
			own[2] = group
		case has(controllers, "memory"):
			own[1] = group
		}
	}
	return own
}

// groupMount reads a line of /proc/self/mountinfo: the version of control groups that is mounted, 0 for anything else,
// which group is the top of it, and where. See proc_pid_mountinfo(5).
func groupMount(line string) (version int, top, at string) {
	mount, system, _ := strings.Cut(line, " - ")
	m, s := strings.Fields(mount), strings.Fields(system)
	switch {
	case len(m) < 5 || len(s) < 1:
		return 0, "", ""
	case s[0] == "cgroup2":
		version = 2
	case s[0] == "cgroup" && has(s[len(s)-1], "memory"):
		version = 1
	}
	unescape := strings.NewReplacer(`\040`, " ", `\011`, "\t", `\134`, `\`)
	return version, unescape.Replace(m[3]), unescape.Replace(m[4])
}

func has(list, word string) bool { return strings.Contains(","+list+",", ","+word+",") }

// room returns what a group's limit leaves. What the group uses includes copies of files, most of which the system
// drops when memory runs short.
func room(folder string, version int) float64 {
	limitFile, usedFile, cached := "memory.max", "memory.current", []string{"active_file", "inactive_file"}
	if version == 1 {
		limitFile, usedFile = "memory.limit_in_bytes", "memory.usage_in_bytes"
		cached = []string{"total_active_file", "total_inactive_file"}
	}
	limit, err := strconv.ParseFloat(strings.TrimSpace(read(folder+"/"+limitFile)), 64)
	if err != nil { // "max", or there is no such file
		return math.Inf(1)
	}
	used, _ := strconv.ParseFloat(strings.TrimSpace(read(folder+"/"+usedFile)), 64)
	for line := range strings.Lines(read(folder + "/memory.stat")) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		if bytes, err := strconv.ParseFloat(value, 64); err == nil && (name == cached[0] || name == cached[1]) {
			used -= bytes
		}
	}
	return max(0, limit-max(0, used))
}

// read returns what the kernel says in a file; nothing if there is no such file.
func read(path string) string {
	text, _ := input.ReadFile(context.Background(), input.System, path)
	return string(text)
}
