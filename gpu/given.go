package gpu

import (
	"fmt"
	"strconv"
	"strings"

	"gpuconv/fault"
)

// localVariable has the number of a Slurm task on its node. Alone it says nothing: the only task of each job of an
// array has the number 0, whatever GPUs the job has.
const localVariable = "SLURM_LOCALID"

// visible are the variables that list the GPUs of a process, and the vendors of these.
var visible = []struct{ name, vendor string }{{"CUDA_VISIBLE_DEVICES", nvidia}, {"ROCR_VISIBLE_DEVICES", amd}}

// The numbers of PCI vendors. They are those of package egl, which a program without OpenGL does not link.
const (
	nvidia = "0x10de"
	amd    = "0x1002"
)

// given are the GPUs of one vendor that the environment gives this process.
type given struct {
	vendor string
	words  []string // numbers or UUIDs
	at     int      // which of words is that of this task
	said   string   // the variables with their values
}

// environment reads what a scheduler gives this process. The text says what is wrong with it; "" if nothing is.
func environment(lookup func(string) (string, bool)) (all []given, rule string) {
	text, ofSlurm := lookup(localVariable)
	local, err := strconv.ParseUint(text, 10, 31)
	if ofSlurm && err != nil {
		return nil, fmt.Sprintf("%s is %q: want a whole number", localVariable, text)
	}
	for _, v := range visible {
		list, set := lookup(v.name)
		if !set {
			continue
		}
		g := given{vendor: v.vendor, words: strings.Split(list, ","),
			said: fmt.Sprintf("%s=%s", v.name, fault.Printable(list))}
		if ofSlurm && len(g.words) > 1 {
			g.at = int(local) % len(g.words)
			g.said += fmt.Sprintf(" with %s=%d", localVariable, local)
		}
		all = append(all, g)
	}
	if len(all) == 0 {
		return nil, fmt.Sprintf("want %s or %s in the environment", visible[0].name, visible[1].name)
	}
	return all, ""
}
