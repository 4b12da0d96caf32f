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

// CheckMemory returns an error if less memory is free than the given bytes: see [FreeMemory]. The error's text begins
// with the parameter what, such as "the filters". CheckMemory returns nil if the system does not say how much is free.
func CheckMemory(what string, bytes float64) error {
	free := FreeMemory()
	if bytes <= free {
		return nil
	}
	return fmt.Errorf("%s would need %s of memory, %s are free", what, Size(bytes), Size(free))
}

// FreeMemory returns how many bytes this process can still take. It is the least of three: what the machine has free,
// what the process's control groups leave, and what the limits of its address space leave. It is +Inf if the system
// does not say.
func FreeMemory() float64 {
	free := math.Inf(1)
	if memory, err := mem.VirtualMemory(); err == nil {
		free = float64(memory.Available)
	}
	return max(0, min(free, groupMemory(""), addressSpace()))
}

// PeakMemory returns the largest resident memory that this process has had so far, in bytes, or 0 if the system does
// not say. It is VmHWM of proc_pid_status(5).
func PeakMemory() float64 {
	for line := range strings.Lines(read("/proc/self/status")) {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kib, _ := strconv.ParseFloat(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), "kB")), 64)
			return 1024 * kib
		}
	}
	return 0
}

// groupMemory returns how many bytes control groups (cgroups) leave to this process: the least that its own group or
// any group around it leaves. Linux's cgroups(7) describes the files of versions 1 and 2. root is put before each path;
// it is "" except in tests.
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
		if !found { // another part of the tree is mounted: its top may be a group around this one
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

// ownGroups returns the path of the process's memory group for each version of control groups, from /proc/self/cgroup.
func ownGroups(root string) map[int]string {
	own := map[int]string{}
	for line := range strings.Lines(read(root + "/proc/self/cgroup")) { // 4:memory:/a/b, or 0::/a/b in version 2
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

// groupMount reads a line of /proc/self/mountinfo. It returns the version of the control groups that are mounted, the
// group at the top of the mount, and where it is mounted. The version is 0 if something else is mounted. See
// proc_pid_mountinfo(5).
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

// room returns how many bytes the limit of a control group leaves, +Inf if it has no limit. folder has the group's
// files. The kernel counts cached files as used, but drops most of them when memory runs short. So room counts them as
// free.
func room(folder string, version int) float64 {
	limitFile, usedFile, cached := "memory.max", "memory.current", []string{"active_file", "inactive_file"}
	if version == 1 {
		limitFile, usedFile = "memory.limit_in_bytes", "memory.usage_in_bytes"
		cached = []string{"total_active_file", "total_inactive_file"}
	}
	limit, err := strconv.ParseFloat(strings.TrimSpace(read(folder+"/"+limitFile)), 64)
	const most = 1 << 62             // version 1 says 2⁶³ less a page if there is no limit
	if err != nil || limit >= most { // or "max", or there is no such file
		return math.Inf(1) // the statistics take the kernel a third of a millisecond
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

// read returns the text of one of the kernel's files, or "" if it cannot be read.
func read(path string) string {
	text, _ := input.ReadFile(context.Background(), input.System, path)
	return string(text)
}
